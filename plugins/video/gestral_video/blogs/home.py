"""A blog's home page: which feeds it names, and which posts it links to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from gestral_video.articles.images import resolve
from gestral_video.blogs.feed import ENTRIES_LIMIT, Entry, Feed, feed_of, identity
from gestral_video.blogs.sitemap import is_post

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ("HomePage", "NamedFeed", "discover", "read_home")

_FEED_TYPES: Final = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
)
_SHORTEST_TITLE: Final = 8
"""Letters; what is shorter is "More" or "Next"."""
_AROUND: Final = frozenset({"nav", "footer", "aside"})


class NamedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that a page names.

    Attributes:
        address: Absolute.
        title: What the page calls it; may be empty.
        comments: Whether it is of comments, and not of posts.
    """

    address: str
    title: str = ""
    comments: bool = False


class HomePage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of its blog.

    Attributes:
        title: The page's.
        base: Against what its addresses are resolved.
        feeds: Those that it names, in its order, those of comments last.
        posts: The posts that it links to, in its order, as if it were a feed.
    """

    title: str
    base: str
    feeds: tuple[NamedFeed, ...]
    posts: Feed


def discover(page: bytes, address: str) -> tuple[str, ...]:
    """The addresses of the feeds that an HTML page names; for limited children alone.

    Raises:
        InputError: What `gestral_video.articles.document.parse_page` raises.
    """
    return tuple(feed.address for feed in read_home(page, address).feeds)


def read_home(page: bytes, address: str, *, charset: str | None = None) -> HomePage:
    """What an HTML page says of its blog; for limited children alone.

    Raises:
        InputError: What `gestral_video.articles.document.parse_page` raises.
    """
    from gestral_video.articles.document import parse_page

    tree = parse_page(page, address, charset=charset)
    base_element = next(tree.iter("base"), None)
    base = resolve(address, base_element.get("href", "")) if base_element is not None else ""
    base = base or address
    title = " ".join((tree.findtext(".//title") or "").split())
    about = Feed(id=address, address=address, home=address, title=title)
    found = list(_posts(tree, base))
    return HomePage(
        title=title,
        base=base,
        feeds=_feeds(tree, base),
        posts=feed_of(about, found[:ENTRIES_LIMIT], beyond=len(found) - ENTRIES_LIMIT),
    )


def _feeds(tree: "HtmlElement", base: str) -> tuple[NamedFeed, ...]:
    feeds: dict[str, NamedFeed] = {}
    for link in tree.iter("link"):
        kind = link.get("type", "").partition(";")[0].strip().lower()
        place = resolve(base, link.get("href", ""))
        if (
            "alternate" not in link.get("rel", "").lower().split()
            or kind not in _FEED_TYPES
            # WordPress names its API with the type of JSON, and oEmbed is no feed either.
            or (kind == "application/json" and ("wp-json" in place or "oembed" in place))
            or not place.startswith(("http:", "https:", "file:"))
        ):
            continue
        title = " ".join(link.get("title", "").split())
        about_comments = "comment" in f"{title} {urlsplit(place).path}".lower()
        feeds.setdefault(place, NamedFeed(address=place, title=title, comments=about_comments))
    return tuple(sorted(feeds.values(), key=lambda feed: feed.comments))


def _posts(tree: "HtmlElement", base: str) -> "Iterator[Entry]":
    """The links that lead to posts of this site: under a heading or within an article."""
    host = urlsplit(base).netloc
    seen: set[str] = set()
    for link in tree.iter("a"):
        place = resolve(base, link.get("href", ""))
        title = " ".join(link.text_content().split())
        holders = {holder.tag for holder in link.iterancestors()}
        inside = {child.tag for child in link.iter()}
        headed = (holders | inside) & {"h1", "h2", "h3", "h4", "article", "li"}
        key = identity(place)
        if (
            not headed
            or holders & _AROUND
            or len(title) < _SHORTEST_TITLE
            or urlsplit(place).netloc != host
            or key in seen
            or not is_post(place)
        ):
            continue
        seen.add(key)
        yield Entry(id="", address=place, title=title[:500], base=place)
