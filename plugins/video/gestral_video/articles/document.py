"""From bytes to a tree: which encoding, is it HTML at all, and is it of a size that can be read."""

import codecs
import re
from typing import Final

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from gestral.errors import InputError, TooLargeError

from .sandbox import PAGE_LIMIT

__all__ = ("decode", "parse_page", "unreadable")

DEPTH_LIMIT: Final = 250
"""Elements inside one another: libxml2 silently cuts a tree at 256, posts stay below 60."""
ELEMENT_LIMIT: Final = 100_000
"""Elements of a page; the heaviest blog pages have some 10,000."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The WHATWG Encoding Standard reads these labels as their supersets, as every browser does.
_SUPERSETS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
_SAMPLE: Final = 200_000
"""Bytes from which an encoding is guessed."""
_WESTERN: Final = 0.25
"""Share of letters with an accent below which a text is in a western language, where a statistical
guess among ten nearly equal encodings does worse than the browsers' default."""
_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
_MARKUP: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|article|main|section|div|p|h[1-6]|span|table|ul)"
    r"\b",
    re.IGNORECASE,
)
_FEED: Final = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:rss|feed|rdf:RDF)\b", re.DOTALL
)
_ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")


def decode(data: bytes, charset: str | None = None) -> str:
    """Text of `data` in its real encoding; never raises, what cannot be read becomes U+FFFD.

    Args:
        data: The bytes of a page.
        charset: What the server claimed. A byte order mark and valid UTF-8 beat it, since a text of
            another encoding is hardly ever valid UTF-8; then come the page's own claim and a guess.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    found = _META_CHARSET.search(data, 0, 4096)
    claims = [claim for claim in (charset, found and found[1].decode("ascii")) if claim]
    codings = [coding for claim in claims if (coding := _coding(claim))]
    # ISO-2022 is written in ASCII bytes only, so it would pass as UTF-8.
    escaped = [coding for coding in codings if coding.startswith("iso2022")]
    for coding in (*escaped, "utf-8", *codings):
        try:
            return data.decode(coding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode(_nearest(data, codings), errors="replace")


def _coding(label: str) -> str | None:
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    if not getattr(info, "_is_text_encoding", True):
        return None  # base64, zip and their like are codecs to Python
    return _SUPERSETS.get(info.name, info.name)


def _nearest(data: bytes, codings: list[str]) -> str:
    """An encoding for bytes that contradict every claim: one that nearly fits, else a guess."""
    for coding in ("utf-8", *codings):
        if data.decode(coding, errors="replace").count("\ufffd") <= len(data) // 1000:
            return coding
    text = re.sub(rb"<[^>]*>", b"", data[:_SAMPLE])
    accented = sum(byte >= 0x80 for byte in text)
    if accented < sum(byte >= 0x41 for byte in text) * _WESTERN:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best else "cp1252"


def parse_page(page: bytes, address: str, *, charset: str | None = None) -> HtmlElement:
    """The page's tree.

    Raises:
        TooLargeError: `too-large`, more than `PAGE_LIMIT` bytes.
        InputError: `not-html`, `no-text` for a page without a byte of content, or
            `unreadable-page` for one with tags nested beyond all reason.
    """
    if len(page) > PAGE_LIMIT:
        raise TooLargeError(
            f"The page {address} has {len(page) / 1e6:.1f} MB;"
            f" pages of up to {PAGE_LIMIT // 1_000_000} MB are read.",
            hint="Give the address of a single post.",
            code="too-large",
        )
    text = _ILLEGAL.sub("", decode(page, charset))
    if not text.strip():
        raise InputError(f"The page {address} is empty.", hint="Check the address.", code="no-text")
    _require_markup(text, address)
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise InputError(
            f"The page {address} holds nothing that can be read as HTML.", code="not-html"
        ) from error
    _require_reason(tree, address)
    return tree


def _require_markup(text: str, address: str) -> None:
    if _FEED.match(text):
        raise InputError(
            f"{address} is a feed, not a page.",
            hint="Add it as a blog, or give the address of one of its posts.",
            code="not-html",
        )
    if not _MARKUP.search(text, 0, 20_000) and not _MARKUP.search(text):
        raise InputError(
            f"{address} is not an HTML page.",
            hint="Give the address of a post as a browser shows it.",
            code="not-html",
        )


def _require_reason(tree: HtmlElement, address: str) -> None:
    """Refuse trees that no author wrote: all later steps may then recurse and count freely."""
    count = 0
    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        count += 1
        depth += 1
        if depth > DEPTH_LIMIT or count > ELEMENT_LIMIT:
            raise unreadable(address)


def unreadable(address: str) -> InputError:
    """The error for a page whose tags are nested beyond all reason."""
    return InputError(
        f"The page {address} has tags nested more than {DEPTH_LIMIT} deep"
        f" or more than {ELEMENT_LIMIT:,} of them, so no article can be found in it.",
        hint="Give a simpler page, or the post as a Markdown file.",
        code="unreadable-page",
    )
