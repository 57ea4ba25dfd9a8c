"""Plain text out of markup: white space, invisible characters, and comparing what was said."""

import re
from typing import Final

__all__ = ("ends_sentence", "fold", "squeeze", "weight")

# Joiners shape letters of Persian or Hindi, and make one emoji of several; in Latin text they are
# only in the way.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_CJK: Final = "[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60]"
_CJK_LETTER: Final = re.compile(_CJK)
_CJK_LINE_BREAK: Final = re.compile(rf"(?<={_CJK})[^\S\n]*\n\s*(?={_CJK})")
_SENTENCE_END: Final = re.compile(r"[.!?…。\uff01\uff1f][\"'”\u2019»」』)]*$")


def fold(text: str) -> str:
    """`text` on one line: white space folded, without invisible characters.

    Chinese and Japanese put no space between words, so a line break among them becomes none.
    """
    return " ".join(_CJK_LINE_BREAK.sub("", _INVISIBLE.sub("", text)).split())


def squeeze(text: str) -> str:
    """Letters and digits of `text` alone, in lower case: equal where the words are the same."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def weight(text: str) -> int:
    """Length in Latin characters: a Chinese or Japanese one says as much as three of them."""
    return len(text) + 2 * len(_CJK_LETTER.findall(text))


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does."""
    return _SENTENCE_END.search(text) is not None
