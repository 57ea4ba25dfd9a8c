"""An article as lines that can be spoken, in order: what both ways of telling it start from."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from gestral_video.articles.article import (
    Article,
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from gestral_video.script.aloud import trimmed
from gestral_video.script.facts import describe_code, describe_table, image_words, told_rows
from gestral_video.script.sentences import split_sentences

__all__ = (
    "BLOCK_PAUSE",
    "SENTENCE_PAUSE",
    "TITLE_PAUSE",
    "Line",
    "introduced",
    "lines_of",
    "showing",
    "spoken_length",
    "word_count",
)

Kind = Literal["heading", "prose", "item", "quote", "description"]

MOST_WORDS = 45
"""A longer sentence is hard to follow by ear; it is parted at its semicolons."""
TITLE_PAUSE = 0.8
SENTENCE_PAUSE = 0.25
ITEM_PAUSE = 0.35
TORN_WORDS = 5
"""Fewer words than these without an end are the beginning of what follows, or nothing."""
FORMULA = "Here is a formula."
BLOCK_PAUSE = 0.5
HEADING_PAUSE = 0.6
CODE_PAUSE = 1.5
"""After a sentence that shows code of several lines: time to read."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that could be said.

    Attributes:
        text: As it is written.
        kind: What it is in the article.
        block_ids: Where it comes from.
        section: How many headings came before it.
        first: It opens its block.
        last: It closes its block.
        pause: Silence after it, in seconds.
    """

    text: str
    kind: Kind
    block_ids: tuple[str, ...]
    section: int
    first: bool = True
    last: bool = True
    pause: float = BLOCK_PAUSE


def word_count(text: str) -> int:
    """Words, or what takes as long to say in scripts without spaces: two characters."""
    return max(len(text.split()), sum(map(_is_wide, text)) // 2)


def _is_wide(character: str) -> bool:
    return ord(character) > 0x2E7F


def spoken_length(text: str) -> float:
    """How long a text takes to say, in words of five letters: letters tell it better than words.

    A character of a script without spaces takes as long as half a word.
    """
    letters = [c for c in text if c.isalnum()]
    wide = sum(1 for c in letters if _is_wide(c))
    return (len(letters) - wide) / 5 + wide / 2


def lines_of(article: Article) -> list[Line]:
    """Everything in the article that can be spoken, in order, without the title."""
    title = article.title.casefold().strip()
    lines: list[Line] = []
    section = 0
    for block in article.blocks:
        if isinstance(block, Heading):
            if block.text.casefold().strip() == title or not _speakable(block.text):
                continue
            section += 1
        lines += (line for line in _of_block(block, section, article.language))
    return list(_said_once(_mended(lines)))


def showing(line: Line, code: Code) -> Line:
    """A line that leads to code, citing it first, for the code is what is to be seen meanwhile."""
    pause = CODE_PAUSE if len(code.text.splitlines()) > 1 else line.pause
    return msgspec.structs.replace(line, block_ids=(code.id, *line.block_ids), pause=pause)


def introduced(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The lines, in which code or a table that is introduced ("it prints this:") is not described.

    A table's own caption is said all the same.
    """
    tables = {block.id: block for block in article.blocks if isinstance(block, Table)}
    codes = {block.id: block for block in article.blocks if isinstance(block, Code)}
    told: list[Line] = []
    for line in lines:
        code = codes.get(line.block_ids[0]) if line.kind == "description" else None
        before = told[-1] if told else None
        leads = before and before.kind == "prose" and before.text.endswith(":")
        table = tables.get(line.block_ids[0])
        described = table and not table.caption and line.text == describe_table(table)
        if code and before and leads and before.block_ids[0] not in codes:
            told[-1] = showing(before, code)
        elif described and before and leads:
            cited = dict.fromkeys((*before.block_ids, *line.block_ids))
            told[-1] = msgspec.structs.replace(before, block_ids=tuple(cited))
        else:
            told.append(line)
    return told


_ENDS = re.compile(r"[.!?…:。！？।]['\"”’)\]]*$")


def _mended(lines: Sequence[Line]) -> list[Line]:
    """With sentences that a formula set on a line of its own tore in two made whole again."""
    mended: list[Line] = []
    for line in lines:
        before = mended[-1] if mended else None
        goes_on = line.kind == "prose" and line.first and not line.text[0].isupper()
        if (
            before
            and goes_on
            and before.kind == "prose"
            and before.last
            and before.section == line.section
            and word_count(before.text) < TORN_WORDS
            and not _ENDS.search(before.text)
        ):
            mended[-1] = msgspec.structs.replace(
                line,
                text=f"{before.text} {line.text}",
                block_ids=(*before.block_ids, *line.block_ids),
                first=before.first,
            )
        else:
            mended.append(line)
    return mended


def _said_once(lines: list[Line]) -> Iterator[Line]:
    """Without sentences said before: pages repeat teasers, and captions the text beside them."""
    said: set[str] = set()
    for line in lines:
        key = line.text.casefold()
        if line.kind == "heading" or key not in said:
            yield line
        if line.kind != "description":
            said.add(key)


def _of_block(block: Block, section: int, language: str) -> Iterator[Line]:
    if isinstance(block, Heading):
        yield _line(block, block.text, "heading", section, HEADING_PAUSE)
    elif isinstance(block, Paragraph):
        if _is_formula(block.text):
            yield _line(block, FORMULA, "description", section, BLOCK_PAUSE)
        else:
            yield from _prose(block, block.text, "prose", section, language)
    elif isinstance(block, ListBlock):
        yield from _of_list(block, section, language)
    elif isinstance(block, Quote):
        yield from _of_quote(block, section, language)
    else:
        yield from _prose(block, _description(block), "description", section, language)
        if isinstance(block, Table):
            for row in told_rows(block):
                yield _line(block, row, "description", section, ITEM_PAUSE)


def _of_list(block: ListBlock, section: int, language: str) -> Iterator[Line]:
    for item in block.items:
        for line in _prose(block, item, "item", section, language):
            pause = ITEM_PAUSE if line.last else SENTENCE_PAUSE
            yield msgspec.structs.replace(line, pause=pause)


def _of_quote(block: Quote, section: int, language: str) -> Iterator[Line]:
    if _speakable(block.text):
        author = " ".join(block.author.split())
        opening = f"In the words of {author}:" if author else "A quotation:"
        yield _line(block, opening, "description", section, ITEM_PAUSE)
        yield from _prose(block, block.text, "quote", section, language)


def _description(block: Code | Table | Image) -> str:
    """What is said in place of something to look at; empty where there is nothing to say."""
    if isinstance(block, Code):
        return describe_code(block) if block.text.strip() else ""
    if isinstance(block, Table):
        return describe_table(block) if block.rows or block.header else ""
    return image_words(block)


_MATHS = re.compile(r"[=+−×÷±√∑∏∫∂∇≤≥≠≈∞^<>]")
_WORDS = re.compile(r"[^\W\d_]{3,}")


def _is_formula(text: str) -> bool:
    """More signs than words: it can be looked at, but not be followed by ear."""
    return bool(_MATHS.search(text)) and 2 * sum(map(len, _WORDS.findall(text))) < len(text)


def _line(block: Block, text: str, kind: Kind, section: int, pause: float) -> Line:
    folded = " ".join(text.split())
    return Line(text=folded, kind=kind, block_ids=(block.id,), section=section, pause=pause)


_REFERENCE_MARK = re.compile(r"(?<=\S)\s?\[\d{1,3}\]")


def _prose(block: Block, text: str, kind: Kind, section: int, language: str) -> Iterator[Line]:
    # Marks of footnotes are for the eye.
    sentences = split_sentences(_REFERENCE_MARK.sub("", text), language)
    parts = [p for s in sentences for part in _parted(s) if _speakable(p := trimmed(part))]
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        yield Line(
            text=part,
            kind=kind,
            block_ids=(block.id,),
            section=section,
            first=index == 0,
            last=last,
            pause=BLOCK_PAUSE if last else SENTENCE_PAUSE,
        )


def _parted(sentence: str) -> list[str]:
    if word_count(sentence) <= MOST_WORDS:
        return [sentence]
    return re.split(r"(?<=;) ", sentence)


_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")


def _speakable(text: str) -> bool:
    """Has words, besides addresses."""
    return any(character.isalnum() for character in _ADDRESS.sub("", text))
