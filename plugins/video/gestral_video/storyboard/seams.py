"""Seams: how well a line or a caption breaks between two words.

The usual guides for subtitles (Netflix, "Timed Text Style Guide: General Requirements", and the
BBC's "Subtitle Guidelines") break after punctuation and before conjunctions and prepositions, and
never between an article and its noun, a first and a last name, a number and what it counts.
"""

__all__ = ("ends_sentence", "seam")

_QUOTES = "\"'”’»)]）」』】"  # noqa: RUF001 - typographic marks are meant
_SENTENCE_END = tuple(".!?…。！？।؟۔።")  # noqa: RUF001 - marks of many scripts are meant
_CLAUSE_END = tuple(",;:)—–、，；：،؛")  # noqa: RUF001 - marks of many scripts are meant
_STARTERS = """
and or but nor so yet because although though while when where if unless until since that which who
whose whom than as after before of in on at by for with from into onto over under about between
through during without within against among across behind beyond to via per
"""
_CLINGING = """
a an the this these those my your his her its our their no every each some any one very too and or
but nor of in on at by for with from into onto over under about between through without within to as
than is are was were be been am has have had do does did will would can could may might must shall
should not i you he she it we they who more most less mr. mrs. ms. dr. st. prof. fig. e.g. i.e.
vs.
"""
_BEFORE = frozenset(_STARTERS.split())
"""A line may well begin with these."""
_AFTER = frozenset(_CLINGING.split())
"""What follows these belongs to them."""


def ends_sentence(word: str) -> bool:
    """Whether the word bears a mark that ends sentences, within quotation marks or not."""
    bare = word.rstrip(_QUOTES) or word
    return bare.endswith(_SENTENCE_END) and bare.lower() not in _AFTER


def seam(before: str, after: str) -> float:
    """What a break costs, from 0 (a sentence ends) to 1 (the words belong together)."""
    if ends_sentence(before):
        return 0.0
    if (before.rstrip(_QUOTES) or before).endswith(_CLAUSE_END):
        return 0.2
    if before.lower() in _AFTER:
        return 1.0
    if after.lower() in _BEFORE:
        return 0.4
    named = before[:1].isupper() and after[:1].isupper()
    counted = before[-1:].isdecimal() or after[:1].isdecimal()
    return 0.9 if named or counted else 0.6
