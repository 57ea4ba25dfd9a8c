"""Which voices there are, and which of them reads a script."""

import logging
from collections.abc import Iterable, Sequence

from gestral.errors import InputError
from gestral.plugin import Services
from gestral_video.extend import VOICES, Voice
from gestral_video.languages import primary, same_language

__all__ = ("all_voices", "choose_voice", "default_voice", "offered", "require_voice", "speaks")

NO_VOICE_HINT = "Choose a post in another language, or install a plugin with a voice for this one."

log = logging.getLogger(__name__)

OWN = "video"
"""The plugin whose voices come first: they need neither key nor network."""


def default_voice() -> Voice:
    """The voice that comes with Gestral."""
    from gestral_video.narration.hibari import HibariVoice

    return HibariVoice()


def offered(services: Services) -> tuple[tuple[str, Voice], ...]:
    """The voices of all plugins, each after its plugin's name: our own, then the others.

    Of two with the same id the first is kept.
    """
    given = services.all(VOICES)
    kept: dict[str, tuple[str, Voice]] = {}
    for plugin in sorted(given, key=lambda name: (name != OWN, name)):
        for voice in given[plugin]:
            if voice.id in kept:
                log.warning("the plugin %s brings a second voice %s", plugin, voice.id)
            kept.setdefault(voice.id, (plugin, voice))
    return tuple(kept.values())


def all_voices(services: Services) -> tuple[Voice, ...]:
    """The voices of all plugins, those first that are the default."""
    return tuple(voice for _, voice in offered(services))


def choose_voice(voices: Sequence[Voice], wanted: str, language: str) -> Voice:
    """The voice that somebody asked for, or the first that speaks the language.

    Args:
        voices: Those there are.
        wanted: An id; empty for whichever does.
        language: BCP 47 tag of what is to be read. A voice of the same region goes first.

    Raises:
        InputError: There is no voice of this id (`unknown-voice`), or it does not speak the
            language, or none does (`no-voice`).
    """
    if wanted:
        chosen = next((voice for voice in voices if voice.id == wanted), None)
        if chosen is None:
            raise InputError(
                f"There is no voice {wanted!r}.",
                hint=f"Choose one of {_named(voices)}, or none for the default.",
                code="unknown-voice",
            )
        require_voice(language, chosen, voices)
        return chosen
    able = [voice for voice in voices if speaks(voice, language)]
    if not able:
        spoken = sorted({primary(tag) for voice in voices for tag in voice.languages})
        raise InputError(
            f"No voice speaks the language {language!r}; there are voices for: "
            f"{', '.join(spoken) or 'none'}.",
            hint=NO_VOICE_HINT,
            code="no-voice",
        )
    return next(
        (voice for voice in able if language.lower() in map(str.lower, voice.languages)), able[0]
    )


def require_voice(language: str, voice: Voice, voices: Sequence[Voice] = ()) -> None:
    """Refuse a language that a voice does not speak, before any work is done for it.

    Args:
        language: BCP 47 tag.
        voice: Who is to read.
        voices: Who else there is, to be named.

    Raises:
        InputError: It does not speak it (`no-voice`).
    """
    if speaks(voice, language):
        return
    able = [other for other in voices if speaks(other, language)]
    raise InputError(
        f"What is to be read is in the language {language!r}, which the voice {voice.id} does not "
        f"speak; it speaks: {', '.join(voice.languages)}.",
        hint=f"Choose {_named(able)}." if able else NO_VOICE_HINT,
        code="no-voice",
    )


def speaks(voice: Voice, language: str) -> bool:
    """Whether a voice reads a language, whatever the region."""
    return any(same_language(language, tag) for tag in voice.languages)


_MOST_NAMED = 12


def _named(voices: Iterable[Voice]) -> str:
    ids = [voice.id for voice in voices]
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(ids[:_MOST_NAMED]) + more
