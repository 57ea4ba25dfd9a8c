"""Which script writers there are, and the one that comes with Gestral."""

from collections.abc import Mapping

from gestral.errors import InputError
from gestral.plugin import Services
from gestral_video.extend import SCRIPT_WRITERS, Article, Mode, Script, ScriptWriter
from gestral_video.languages import same_language

__all__ = ("OwnWords", "all_writers", "choose_writer")

OWN = "video"
"""The plugin whose writer is used when nobody asks for one."""


class OwnWords:
    """Tells a post in its own sentences. Implements `ScriptWriter`."""

    name = "The post's own words"
    version = "1"
    translates = False

    async def write(self, article: Article, *, mode: Mode, language: str) -> Script:
        """Write a script, in the article's language."""
        import asyncio

        from gestral_video.script.write import write

        del language
        return await asyncio.to_thread(write, article, mode)

    async def titles(self, article: Article, *, language: str, count: int) -> tuple[str, ...]:
        """Propose the article's title."""
        del language
        return (article.title,)[:count]


def all_writers(services: Services) -> Mapping[str, ScriptWriter]:
    """The writers of all plugins, by the plugin's name."""
    return services.all(SCRIPT_WRITERS)


def choose_writer(
    writers: Mapping[str, ScriptWriter], wanted: str, article: Article, language: str
) -> ScriptWriter:
    """The writer that somebody asked for, or our own.

    Args:
        writers: Those there are, by the plugin's name.
        wanted: A plugin; empty for our own.
        article: What is to be told.
        language: BCP 47 tag of the language to tell it in; empty for the article's.

    Raises:
        InputError: There is none of this name (`unknown-writer`), or it does not translate
            (`no-writer`).
    """
    writer = writers.get(wanted or OWN) or (None if wanted else OwnWords())
    if writer is None:
        raise InputError(
            f"There is no script writer {wanted!r}.",
            hint=f"Choose one of {', '.join(sorted(writers))}, or none for the default.",
            code="unknown-writer",
        )
    if not writer.translates and not same_language(language or article.language, article.language):
        able = sorted(name for name, other in writers.items() if other.translates)
        raise InputError(
            f"The post is in the language {article.language!r}, and {writer.name!r} does not "
            f"translate into {language!r}.",
            hint=f"Choose the script writer {' or '.join(able)}."
            if able
            else "Leave the language as it is, or install a plugin with a writer that translates.",
            code="no-writer",
        )
    return writer
