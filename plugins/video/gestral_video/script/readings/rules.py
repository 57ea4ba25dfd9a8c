"""What a rule of reading is, and what several kinds of rules share."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from gestral_video.script.numbers import cardinal, decimal
from gestral_video.script.vocabulary import PRONUNCIATIONS

__all__ = (
    "ALONE",
    "END",
    "LONGEST_ACRONYM",
    "NUMBER",
    "Rule",
    "amount",
    "any_of",
    "dotted",
    "identifier",
    "pairs",
    "rule",
)


class Rule(NamedTuple):
    """One way of reading.

    Attributes:
        name: What it reads.
        pattern: Where it applies.
        say: What is said for a match; `|` parts what belongs to different written words.
    """

    name: str
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str]


LONGEST_ACRONYM = 5
"""Letters; longer names in capitals are words."""
_NAME_PARTS = re.compile(
    r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_]+", re.UNICODE
)  # runs of capitals, words, single capitals, digits, letters of other scripts
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
"""A pattern: digits with or without a fraction, their thousands parted by commas or not."""
ALONE = r"(?<![\w.,])"
"""Before a number that is no part of a longer one or of a word."""
END = r"(?![\w])"
"""After it."""


def amount(text: str) -> str:
    """A number with its sign: `-5` is "minus five"."""
    if text[:1] in "-−":
        return f"minus {decimal(text[1:])}"
    return decimal(text)


def dotted(text: str) -> str:
    """`example.com` is "example dot com", `.bashrc` is "dot bashrc"."""
    hidden = "dot " if text.startswith(".") and text.strip(".") else ""
    return hidden + " dot ".join(identifier(part) for part in text.split(".") if part)


def identifier(text: str) -> str:
    """The words of an identifier: `getElementById` is "get Element By Id"."""
    known = PRONUNCIATIONS.get(text.lower())
    if known:
        return known
    return " ".join(_name_part(part) for part in _NAME_PARTS.findall(text))


def _name_part(part: str) -> str:
    if part.isdecimal():
        return cardinal(part)
    # Capitals are spelled, but nobody spells STANDALONE.
    plain = part.lower() if part.isupper() and len(part) > LONGEST_ACRONYM else part
    return PRONUNCIATIONS.get(part.lower(), plain)


def any_of(words: Collection[str]) -> str:
    """The words as a pattern, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def rule(name: str, pattern: str, say: Callable[[re.Match[str]], str]) -> Rule:
    """A rule from its pattern's source."""
    return Rule(name, re.compile(pattern), say)


def pairs(number: str) -> str:
    """`1080` is "ten eighty", `720` is "seven twenty"."""
    head, tail = number[:-2], number[-2:]
    if tail == "00":
        return cardinal(number)
    return f"{cardinal(head)} {cardinal(tail) if tail[0] != '0' else 'oh ' + cardinal(tail[1])}"
