"""Sitemaps (https://www.sitemaps.org/protocol.html): how a blog without a feed is watched."""

import zlib
from typing import Final
from urllib.parse import urlsplit

import msgspec

from gestral.errors import InputError, TooLargeError
from gestral_video.blogs.feed import ENTRIES_LIMIT, Entry, Feed, feed_of, moment, web_address

__all__ = ("Sitemap", "is_post", "parse_sitemap")

SITEMAP_LIMIT: Final = 20_000_000
"""Bytes after decompression; the protocol allows 50 MB, blogs stay below 2."""
_NO_POSTS: Final = (
    "about about-me about-us archive archives author authors blog blogs books categories "
    "category colophon contact contact-us cookies cv faq feed home impressum imprint index "
    "latest legal login links newsletter notes now page pages portfolio post posts press "
    "privacy privacy-policy projects resume rss search shop sign-in sign-up signup sitemap "
    "speaking subscribe tag tags talks team terms terms-of-service thanks topics uses work"
)
"""Last parts of addresses that are those of a blog's other pages, beyond what courlan knows."""


class Sitemap(msgspec.Struct, frozen=True, kw_only=True):
    """A sitemap.

    Attributes:
        feed: The pages that look like posts, the last changed first.
        children: Other sitemaps, if it is an index of them; those of posts first.
    """

    feed: Feed
    children: tuple[str, ...] = ()


def parse_sitemap(data: bytes, address: str) -> Sitemap:
    """The sitemap in `data`, as read from `address`; for limited children alone.

    Raises:
        TooLargeError: `too-large`.
        InputError: `not-a-feed`.
    """
    from lxml import etree

    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(_unpacked(data, address), parser=parser)
    except (etree.LxmlError, ValueError):
        root = None
    kind = "" if root is None else etree.QName(root).localname
    if root is None or kind not in {"urlset", "sitemapindex"}:
        raise InputError(
            f"{address} is not a sitemap.", hint="Give the blog's home page.", code="not-a-feed"
        )
    places: list[tuple[str, str]] = []
    for element in root:
        if not isinstance(element.tag, str):
            continue
        parts = {
            etree.QName(part).localname: (part.text or "").strip()
            for part in element
            if isinstance(part.tag, str)
        }
        if place := web_address(address, parts.get("loc")):
            places.append((place, moment(parts.get("lastmod", ""))))
    places.sort(key=lambda place: place[1], reverse=True)
    about = Feed(id=address, address=address, home=_home(address))
    if kind == "sitemapindex":
        children = [place for place, _ in places]
        children.sort(key=lambda child: "post" not in child.rpartition("/")[2])
        return Sitemap(feed=about, children=tuple(children[:ENTRIES_LIMIT]))
    posts = [place for place in places if is_post(place[0])]
    entries = [
        Entry(id="", address=place, updated=changed, base=place)
        for place, changed in posts[:ENTRIES_LIMIT]
    ]
    return Sitemap(feed=feed_of(about, entries, beyond=len(posts) - ENTRIES_LIMIT))


def is_post(address: str) -> bool:
    """Whether an address looks like a post's, rather than a list's or a file's."""
    from courlan.filters import is_navigation_page, is_not_crawlable, type_filter

    name = urlsplit(address).path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    return not (
        name in ("", *_NO_POSTS.split())
        or is_not_crawlable(address)
        or is_navigation_page(address)
        or not type_filter(address, strict=True, with_nav=False)
    )


def _unpacked(data: bytes, address: str) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        try:
            inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
            data = inflater.decompress(data, SITEMAP_LIMIT + 1)
        except zlib.error:
            return b""
    if len(data) > SITEMAP_LIMIT:
        raise TooLargeError(
            f"The sitemap {address} has more than {SITEMAP_LIMIT // 1_000_000} MB.",
            hint="Give the address of the blog's feed.",
            code="too-large",
        )
    return data


def _home(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""
