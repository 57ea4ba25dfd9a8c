"""What blocks say, and blocks made of what was said."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from .article import Block, Heading, Image, ListBlock, Paragraph, Quote
from .text import fold

__all__ = (
    "CAPTION_LENGTH",
    "author_at_the_end",
    "captioned",
    "is_section",
    "paragraphs",
    "runs",
    "spoken",
    "with_caption",
)

_BULLET: Final = re.compile(r"([-+*•·▪◦\u2013—])\s+(?=\S)")
_AUTHOR: Final = re.compile(r"(?:^|\n|\s)(?:[—―\u2013]|--)\s*([^—―\u2013\n]{2,120})$")
CAPTION_LENGTH: Final = 250
"""Characters: a longer text under an image is a paragraph, however it is set."""
_CARD_PROSE: Final = 40
"""Characters of prose below a heading in a list item that make it a section."""
_CARD_ITEM: Final = 600
"""Characters: a list item of several paragraphs this long is a section with a bullet."""


def paragraphs(lines: list[str]) -> list[Block]:
    """One paragraph of the lines between two empty ones, or the list that they imitate."""
    bullets = [match[1] for line in lines if (match := _BULLET.match(line))]
    if len(bullets) >= 3 and len(bullets) >= 0.8 * len(lines):
        head: list[Block] = []
        if not _BULLET.match(lines[0]):
            head.append(Paragraph(id="", text=lines.pop(0)))
        items = tuple(_BULLET.sub("", line, count=1) for line in lines)
        return [*head, ListBlock(id="", items=items)]
    text = fold("\n".join(lines))
    return [Paragraph(id="", text=text)] if any(letter.isalnum() for letter in text) else []


def spoken(blocks: list[Block]) -> Iterator[str]:
    """What the prose among the blocks says."""
    for block in blocks:
        if isinstance(block, Paragraph | Heading | Quote):
            yield block.text
        elif isinstance(block, ListBlock):
            yield from block.items


def runs(blocks: list[Block]) -> Iterator[tuple[list[str], list[Block]]]:
    """A list item's content as items, each run of them with the blocks that follow it."""
    texts: list[str] = []
    own: list[str] = []
    others: list[Block] = []
    for block in blocks:
        if isinstance(block, ListBlock):
            texts.extend([" ".join(own)] if own else [])
            texts.extend(block.items)
            own = []
        elif isinstance(block, Paragraph | Heading | Quote):
            if others:
                yield [*texts, *([" ".join(own)] if own else [])], others
                texts, own, others = [], [], []
            own.append(block.text)
        else:
            others.append(block)
    yield [*texts, *([" ".join(own)] if own else [])], others


def is_section(blocks: list[Block]) -> bool:
    prose = [block for block in blocks if isinstance(block, Paragraph)]
    if any(isinstance(block, Heading) for block in blocks):
        return sum(len(block.text) for block in prose) > _CARD_PROSE
    return len(prose) > 2 and sum(len(block.text) for block in prose) > _CARD_ITEM


def with_caption(block: Block, caption: str) -> Block:
    if isinstance(block, Quote):
        return block if block.author else msgspec.structs.replace(block, author=caption)
    return msgspec.structs.replace(block, caption=caption)


def author_at_the_end(texts: list[str]) -> tuple[str, list[str]]:
    """A quotation often ends with a dash and whom it is from."""
    match = _AUTHOR.search(texts[-1])
    if match is None or (match.start() == 0 and len(texts) == 1):
        return "", texts
    rest = texts[-1][: match.start()].strip()
    if rest and rest[-1] not in ".!?…\"'”\u2019»“\u2018":
        return "", texts  # a dash within a sentence
    return match[1].strip(), [*texts[:-1], *([rest] if rest else [])]


def captioned(blocks: list[Block]) -> list[Block]:
    """An image over one short text, placed so by a table, is an image with its caption."""
    match blocks:
        case [Image(caption="") as image, Paragraph(text=text)] if len(text) < CAPTION_LENGTH:
            return [msgspec.structs.replace(image, caption=text)]
    return blocks
