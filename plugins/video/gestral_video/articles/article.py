"""An article: what a post says, in order, without the page around it."""

from typing import ClassVar

import msgspec

__all__ = (
    "Article",
    "Block",
    "Code",
    "Heading",
    "Image",
    "ListBlock",
    "Paragraph",
    "Picture",
    "Quote",
    "Table",
)


class _Block(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What all blocks have.

    Attributes:
        id: Stable within the article's revision: `b1`, `b2`, ... in reading order.
    """

    id: str


class Heading(_Block, frozen=True, kw_only=True, tag="heading"):
    """A heading below the article's title. `level` is 2 to 6."""

    text: str
    level: int = 2


class Paragraph(_Block, frozen=True, kw_only=True, tag="paragraph"):
    """A paragraph of plain text, white space folded; inline code keeps its words without marks."""

    text: str


class ListBlock(_Block, frozen=True, kw_only=True, tag="list"):
    """A list; a nested list's items follow their parent's, one level only."""

    items: tuple[str, ...]
    ordered: bool = False


class Quote(_Block, frozen=True, kw_only=True, tag="quote"):
    """A block quotation, with whom it is from where the page says so."""

    text: str
    author: str = ""


class Code(_Block, frozen=True, kw_only=True, tag="code"):
    """Preformatted code, line breaks and indentation kept. `language` is lower case or empty."""

    text: str
    language: str = ""


class Table(_Block, frozen=True, kw_only=True, tag="table"):
    """A table of text cells. Every row has as many cells as the widest."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    caption: str = ""


class Image(_Block, frozen=True, kw_only=True, tag="image"):
    """An image of the post. `address` is absolute, or a path for a page read from a file.

    `width` and `height` are what the page claims, in pixels, 0 where it claims nothing.
    """

    address: str
    alt: str = ""
    caption: str = ""
    width: int = 0
    height: int = 0


Block = Heading | Paragraph | ListBlock | Quote | Code | Table | Image


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """What a post says.

    Attributes:
        address: The canonical address, or a `file:` address for a page read from disk.
        title: Never empty.
        byline: Who wrote it, empty where the page does not say.
        published: ISO 8601 date or date and time, empty where unknown.
        modified: Likewise.
        language: BCP 47 tag in lower case (`en`, `pt-br`), found in the page or detected.
        licence: Name or address of the licence, empty where the page states none.
        site_name: The site's name, else its host.
        description: The page's own summary, empty where it has none.
        icon: Absolute address of the site's icon, or empty.
        lead_image: Address of the picture that stands for the post (OpenGraph), or empty.
        blocks: In reading order.
    """

    VERSION: ClassVar[int] = 1

    address: str
    title: str
    byline: str = ""
    published: str = ""
    modified: str = ""
    language: str = "en"
    licence: str = ""
    site_name: str = ""
    description: str = ""
    icon: str = ""
    lead_image: str = ""
    blocks: tuple[Block, ...] = ()


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that has been fetched, checked, turned upright and converted to sRGB.

    Attributes:
        address: Where it came from: the `Image.address` or `Article.lead_image` it stands for.
        path: A PNG or JPEG in RGB on the local disk.
        width: Pixels.
        height: Pixels.
        digest: SHA-256 of the file, in hexadecimal: the picture's key in caches.
    """

    address: str
    path: str
    width: int
    height: int
    digest: str
