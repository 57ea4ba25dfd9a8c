"""Splitting text into sentences."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re

__all__ = ("split_sentences",)

_ELLIPSIS_THEN_CAPITAL = re.compile(r"(?<=…)\s+(?=[\"“‘(]?[^\W\d_a-z])")
_CLOSED_THEN_CAPITAL = re.compile(r"(?<=[.!?][)\]])\s+(?=[\"“‘(]?[^\W\d_a-z])")


def split_sentences(text: str, language: str = "en") -> tuple[str, ...]:
    """Split text into sentences.

    Boundaries come from `sentencex` (MIT, Wikimedia), which knows the abbreviations of some 300
    languages and needs time in proportion to the text. It leaves two boundaries out, which are
    added here: after an ellipsis and after a bracketed sentence, each before a capital letter.

    Args:
        text: Any text; runs of white space count as one space.
        language: BCP 47 tag. An unknown language is split by the general rules.

    Returns:
        The sentences without white space around them, none empty. No character other than white
        space is lost: joined by spaces they are the text, save for spaces that were never there.
    """
    from sentencex import segment  # type: ignore[import-untyped]  # it has no types

    folded = " ".join(text.split())
    sentences: list[str] = []
    for piece in segment(language.split("-", maxsplit=1)[0], folded):
        for part in _ELLIPSIS_THEN_CAPITAL.split(piece):
            sentences += (s.strip() for s in _CLOSED_THEN_CAPITAL.split(part))
    return tuple(sentence for sentence in sentences if sentence)
