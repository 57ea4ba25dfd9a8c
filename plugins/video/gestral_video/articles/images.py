"""Which address an image of a page really has, in its largest form."""

import re
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from .article import Image
from .text import fold

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ("image_of", "resolve")

# Where lazy-loading scripts keep what belongs into src and srcset.
_LAZY_SOURCES: Final = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-orig-file",
    "data-large-file",
    "data-hi-res-src",
    "data-full-url",
    "data-url",
    "data-image",
)
_LAZY_SETS: Final = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-set")
_CANDIDATE: Final = re.compile(r"\s*(\S*[^\s,])(?:\s+(\d+(?:\.\d+)?)([wx]))?\s*(?:,|$)")
_PICTURE_FILE: Final = re.compile(r"\.(?:jpe?g|png|webp|avif|gif)$", re.IGNORECASE)
_BLOGGER_SIZE: Final = re.compile(r"(?<=/)(?:s\d{2,4}(?:-[a-z]+)*|w\d+-h\d+(?:-[a-z]+)*)(?=/)")
# Pixels that count readers, spacers, faces of authors and emoji are no pictures of the post.
_NO_PICTURE_ADDRESS: Final = re.compile(
    r"spacer|/pixel|blank\.gif|1x1|doubleclick|feedburner|gravatar|/avatar|profile_images|wp-smiley"
    r"|/emoji/|/smilies/|img\.shields\.io|/badge|transparent\.(?:gif|png)|/icons?/"
    r"|stat\.medium|feedblitz",
    re.IGNORECASE,
)
_NO_PICTURE_CLASS: Final = re.compile(
    r"\b(?:avatar|emoji|smiley|wp-smiley|icon|icons|logo|badge|sprite|pixel|tracking"
    r"|author-image)\b",
    re.IGNORECASE,
)
_SMALLEST: Final = 64
"""Pixels: an image that claims to be narrower or lower is an ornament."""


def resolve(base: str, address: str) -> str:
    """`address` as seen from the page at `base`; empty for what names no resource to fetch."""
    address = "".join(address.split())
    if not address or address.startswith(
        ("#", "data:", "javascript:", "about:", "blob:", "mailto:")
    ):
        return ""
    try:
        joined = urljoin(base, address)
        urlsplit(joined)
    except ValueError:
        return ""
    return joined.partition("#")[0].replace(" ", "%20")


def image_of(element: "HtmlElement", base: str) -> Image | None:
    """The image that an `img` element shows, or None for ornaments and for what has no address."""
    width, height = _pixels(element, "width"), _pixels(element, "height")
    if 0 < width < _SMALLEST or 0 < height < _SMALLEST:
        return None
    if _NO_PICTURE_CLASS.search(element.get("class", "")):
        return None
    if any("logo" in holder.get("class", "") for holder in islice(element.iterancestors(), 2)):
        return None
    address = _largest(element, base)
    if not address or _NO_PICTURE_ADDRESS.search(address):
        return None
    alt = fold(element.get("alt", ""))
    return Image(id="", address=address, alt=alt, width=width, height=height)


def _pixels(element: "HtmlElement", name: str) -> int:
    value = re.match(r"\s*(\d{1,5})(?:px)?\s*$", element.get(name, ""))
    return int(value[1]) if value else 0


def _largest(element: "HtmlElement", base: str) -> str:
    """The largest address offered: the file linked to, the widest candidate, or the source."""
    link = next(element.iterancestors("a"), None)
    if link is not None:
        target = resolve(base, link.get("href", ""))
        if _PICTURE_FILE.search(urlsplit(target).path) and "/wiki/" not in target:
            return _unscaled(target)
    candidates = [candidate for holder in _holders(element) for candidate in _candidates(holder)]
    plain = next((element.get(name, "") for name in _LAZY_SOURCES if element.get(name)), "")
    plain = resolve(base, plain) or resolve(base, element.get("src", ""))
    if candidates:
        size, widest = max(candidates, key=lambda candidate: candidate[0])
        if resolve(base, widest) and (size > 1 or not plain):
            return _unscaled(resolve(base, widest))
    return _unscaled(plain)


def _holders(element: "HtmlElement") -> "list[HtmlElement]":
    """The image, and the sources of its `picture`; libxml2 nests them, not knowing `source`."""
    picture = next(element.iterancestors("picture"), None)
    return [element] if picture is None else [element, *picture.iter("source")]


def _candidates(holder: "HtmlElement") -> list[tuple[float, str]]:
    """Size and address of every candidate in the source sets; a density counts as a size."""
    found = []
    for name in _LAZY_SETS:
        for match in _CANDIDATE.finditer(holder.get(name, "")[:20_000]):
            size = float(match[2] or 1)
            found.append((size, match[1]))
    return found


def _unscaled(address: str) -> str:
    """Blogger scales by a part of the path; 1600 pixels are as much as it gives."""
    if "blogspot.com/" in address or "googleusercontent.com/" in address:
        return _BLOGGER_SIZE.sub("s1600", address)
    return address
