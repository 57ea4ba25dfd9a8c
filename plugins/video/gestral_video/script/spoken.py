"""Written words as they are said: numbers, dates, money, units, addresses, code and signs.

The rules are a table (`RULES`): the earlier rule wins where two would read the same characters.
Each rule reads whole runs of the text, and hands back one part for every written word that the run
touches, so that what is said can always be traced to the word that says it.
"""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
import unicodedata
from collections.abc import Iterator

from gestral_video.script.readings.amounts import AMOUNTS
from gestral_video.script.readings.dates import DATES
from gestral_video.script.readings.names import NAMES
from gestral_video.script.readings.words import WORDS
from gestral_video.script.script import SpokenToken

__all__ = ("RULES", "closed", "spoken", "spoken_tokens")

RULES = (*NAMES, *DATES, *AMOUNTS, *WORDS)
"""In the order in which they read: what an earlier rule has read, a later one leaves alone."""

_KEPT_PUNCTUATION = frozenset(",.;:!?…—()'\"-")
_LETTER_LIKE = ("L", "M", "N")
_FOLDED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "—", "‒": "—", "―": "—"})


def spoken(text: str, language: str = "en") -> str:
    """What a voice reads for a text: the spoken parts of `spoken_tokens`, joined by spaces."""
    return " ".join(token.spoken for token in spoken_tokens(text, language) if token.spoken)


def closed(said: str) -> str:
    """A voice lets its pitch fall only before a full stop, which headings and items lack."""
    return said if not said or not said[-1].isalnum() else said + "."


def spoken_tokens(text: str, language: str = "en") -> tuple[SpokenToken, ...]:
    """Read a text word by word.

    Args:
        text: Any text.
        language: BCP 47 tag. There are rules for English; in any other language every word is
            handed to the voice as it is written.

    Returns:
        One token for every word of `text.split()`, in order.
    """
    if language.split("-", maxsplit=1)[0] != "en":
        return tuple(SpokenToken(word, word) for word in text.split())
    folded = " ".join(text.split())
    parts: list[list[str]] = [[] for _ in folded.split(" ")] if folded else []
    word = 0
    for piece in _pieces(folded):
        for index, part in enumerate(piece):
            word += index > 0
            if part:
                parts[word].append(part)
    return tuple(
        SpokenToken(written, _join(said))
        for written, said in zip(folded.split(), parts, strict=True)
    )


def _pieces(text: str) -> Iterator[list[str]]:
    """The text from left to right, each piece parted at the spaces of its written words."""
    at = 0
    for start, end, said in _claims(text):
        yield _unread(text[at:start])
        yield _fit(said.split("|"), text.count(" ", start, end) + 1)
        at = end
    yield _unread(text[at:])


def _claims(text: str) -> list[tuple[int, int, str]]:
    """The runs of the text that a rule reads, in order and without overlap."""
    taken = bytearray(len(text))
    claims: list[tuple[int, int, str]] = []
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            start, end = match.span()
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                claims.append((start, end, _ended(rule.say(match), match)))
    return sorted(claims)


def _ended(said: str, match: re.Match[str]) -> str:
    """The point of an abbreviation that ends the text ends the sentence too."""
    ends = match[0].endswith(".") and match.end() == len(match.string)
    return said + "." if ends and not said.endswith(".") else said


def _fit(parts: list[str], words: int) -> list[str]:
    """As many parts as written words: "5km" is one word, "5 km" is two."""
    kept = [*parts[: words - 1], " ".join(part for part in parts[words - 1 :] if part)]
    return [*kept, *[""] * (words - len(kept))]


def _unread(text: str) -> list[str]:
    """Letters and punctuation as they are; signs that nobody reads aloud (emoji, bullets) go."""
    kept = (
        c
        if c == " " or c in _KEPT_PUNCTUATION or unicodedata.category(c)[0] in _LETTER_LIKE
        else ""
        for c in text.translate(_FOLDED)
    )
    return "".join(kept).split(" ")


def _join(parts: list[str]) -> str:
    """The parts of one written word, with a space wherever two words would run together."""
    out = ""
    for part in parts:
        gap = " " if out and out[-1].isalnum() and part[0].isalnum() else ""
        out += gap + part
    # What is left of a word that is only quotes or brackets says nothing.
    return out if any(c.isalnum() or c in ",.;:!?…—" for c in out) else ""
