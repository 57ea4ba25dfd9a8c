"""From a page to an article: the one way in for HTML, whatever it came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from gestral.errors import InputError

from .article import Article, Block, Heading, ListBlock, Paragraph, Quote, Table
from .blocks import numbered, walk
from .content import find_content, is_hidden
from .document import parse_page, unreadable
from .images import resolve
from .language import find_language
from .metadata import Metadata, find_metadata
from .text import squeeze

__all__ = ("extract", "extract_whole")

SHORTEST_TEXT: Final = 40
"""Letters: with less than a sentence's worth of prose there is nothing to make a video of."""


def extract(page: bytes, address: str, *, charset: str | None = None) -> Article:
    """The article of an HTML page, without the page around it.

    Args:
        page: The page as it was fetched.
        address: Where it came from; relative addresses in it are resolved against it.
        charset: The encoding that the server claimed, if it did.

    Raises:
        TooLargeError: `too-large`.
        InputError: `not-html`, `no-text` or `unreadable-page`.
    """
    tree = parse_page(page, address, charset=charset)
    base = _base(tree, address)
    with _reasonable(address):
        metadata = find_metadata(tree, base, address)
        content = find_content(tree, address)
        blocks = walk(content.root, base, content.judge.leaves_out)
        blocks = content.judge.trimmed(blocks, metadata.title, metadata.byline)
    return _article(tree, metadata, blocks, address)


def extract_whole(page: bytes, address: str, *, charset: str | None = None) -> Article:
    """The article of HTML without a page around it: rendered Markdown, the content of a feed entry.

    Takes and raises the same as `extract`.
    """
    tree = parse_page(page, address, charset=charset)
    base = _base(tree, address)
    with _reasonable(address):
        metadata = find_metadata(tree, base, address)
        blocks = walk(tree, base, is_hidden)
    if blocks and isinstance(blocks[0], Heading):
        title = squeeze(metadata.title)
        blocks = blocks[1:] if squeeze(blocks[0].text) == title else blocks
    return _article(tree, metadata, blocks, address, shortest=1)


@contextmanager
def _reasonable(address: str) -> Iterator[None]:
    """The walk follows the nesting of lists and tables; only hostile pages exhaust the stack."""
    try:
        yield
    except RecursionError:
        raise unreadable(address) from None


def _article(
    tree: HtmlElement,
    metadata: Metadata,
    blocks: tuple[Block, ...],
    address: str,
    *,
    shortest: int = SHORTEST_TEXT,
) -> Article:
    text = "\n".join(_prose(blocks))
    if sum(letter.isalnum() for letter in text) < shortest:
        raise InputError(
            f"The page {address} has no article text; it may need JavaScript to show any.",
            hint="Give the address of a single post, or the post as an HTML or Markdown file.",
            code="no-text",
        )
    return Article(
        address=metadata.address,
        title=metadata.title or _name(address),
        byline=metadata.byline,
        published=metadata.published,
        modified=metadata.modified,
        language=find_language(tree, text),
        licence=metadata.licence,
        site_name=metadata.site_name,
        description=metadata.description,
        icon=metadata.icon,
        lead_image=metadata.lead_image,
        blocks=numbered(blocks),
    )


def _base(tree: HtmlElement, address: str) -> str:
    element = next(tree.iter("base"), None)
    return (resolve(address, element.get("href", "")) if element is not None else "") or address


def _prose(blocks: tuple[Block, ...]) -> list[str]:
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph | Quote):
            texts.append(block.text)
        elif isinstance(block, ListBlock):
            texts.extend(block.items)
        elif isinstance(block, Table):
            texts.extend(" ".join(row) for row in block.rows)
    return texts


def _name(address: str) -> str:
    """A title for a page without one: the last part of its address in words."""
    last = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2].partition(".")[0]
    return last.replace("-", " ").replace("_", " ").strip().capitalize() or "Untitled"
