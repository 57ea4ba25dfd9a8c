"""Feeds: what a blog says it has published."""

import calendar
import contextlib
import io
import time
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gestral.errors import InputError, TooLargeError
from gestral.limited import run_limited
from gestral_video.articles.images import resolve

__all__ = (
    "Entry",
    "Feed",
    "discover",
    "discover_safely",
    "parse_feed",
    "parse_feed_safely",
)

FEED_LIMIT: Final = 5_000_000
"""Bytes of a feed; those with a hundred posts in full are below it."""
ENTRIES_LIMIT: Final = 1_000
"""Entries that are read of one feed, the first ones, which are the newest by custom."""
_FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A post as its feed tells of it.

    Attributes:
        id: The feed's own id for the post, else its address: what the post is known by.
        address: Where the post is read, absolute; empty where the feed gives none.
        title: Plain text; may be empty.
        byline: Who wrote it, or empty.
        published: ISO 8601 in UTC, empty where unknown or beyond belief.
        updated: Likewise.
        content: The fullest HTML that the feed carries, not sanitised; may be empty.
        tags: In the feed's order.
    """

    id: str
    address: str
    title: str = ""
    byline: str = ""
    published: str = ""
    updated: str = ""
    content: str = ""
    tags: tuple[str, ...] = ()


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A blog as its feed tells of it.

    Attributes:
        id: The feed's own id, else its address: what the blog is known by.
        address: Where the feed was read.
        home: The blog's home page, absolute, or empty.
        title: Plain text; may be empty.
        language: BCP 47 tag in lower case, or empty.
        entries: In the feed's order. Entries with neither id nor address are not among them.
        unreadable: How many entries those were.
    """

    id: str
    address: str
    home: str = ""
    title: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()
    unreadable: int = 0


class Given(msgspec.Struct):
    """What a limited child is given: a feed or a page, and where it was read."""

    data: bytes
    address: str


class Found(msgspec.Struct):
    """The feeds that a page names."""

    feeds: tuple[str, ...]


async def parse_feed_safely(data: bytes, address: str) -> Feed:
    """`parse_feed` in a child process with limits: some hostile feeds take minutes.

    Raises:
        InputError: What `parse_feed` raises, and `unreadable-feed` when the child dies or overruns.
    """
    _require_size(data, address)
    return await run_limited(
        "gestral_video.blogs.feed:parse_given",
        Given(data, address),
        Feed,
        overrun=InputError(
            f"The feed {address} could not be read within the limits of time and memory.",
            hint="Ask its author to check it with a feed validator.",
            code="unreadable-feed",
        ),
    )


async def discover_safely(page: bytes, address: str) -> tuple[str, ...]:
    """`discover` in a child process with limits.

    Raises:
        InputError: What `discover` raises, and `unreadable-page` when the child dies or overruns.
    """
    found = await run_limited(
        "gestral_video.blogs.feed:discover_given",
        Given(page, address),
        Found,
        overrun=InputError(
            f"The page {address} could not be read within the limits of time and memory.",
            hint="Give the address of the blog's feed.",
            code="unreadable-page",
        ),
    )
    return found.feeds


def parse_given(given: Given) -> Feed:
    """`parse_feed`, in the child."""
    return parse_feed(given.data, given.address)


def discover_given(given: Given) -> Found:
    """`discover`, in the child."""
    return Found(discover(given.data, given.address))


def parse_feed(data: bytes, address: str) -> Feed:
    """The feed in `data`, RSS, RDF or Atom, as read from `address`; for limited children alone.

    Raises:
        TooLargeError: `too-large`.
        InputError: `not-a-feed`.
    """
    import feedparser  # type: ignore[import-untyped]  # it has no type hints

    _require_size(data, address)
    parsed = feedparser.parse(
        io.BytesIO(data),  # given text or bytes, feedparser would try them as a path or an address
        sanitize_html=False,  # it lets much through; content is read by the walk over articles
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        raise InputError(
            f"{address} is not a feed.",
            hint="Give the address of the blog's RSS or Atom feed, or of its home page.",
            code="not-a-feed",
        )
    found = [_entry(entry, address) for entry in parsed.entries[:ENTRIES_LIMIT]]
    entries = tuple(entry for entry in found if entry.id)
    about = parsed.feed
    return Feed(
        id=_text(about.get("id")) or address,
        address=address,
        home=_web_address(address, about.get("link")),
        title=_plain(about.get("title")),
        language=_text(about.get("language")).lower(),
        entries=entries,
        unreadable=len(found) - len(entries),
    )


def discover(page: bytes, address: str) -> tuple[str, ...]:
    """The feeds that an HTML page names, absolute, in its order; for limited children alone.

    Raises:
        InputError: What `gestral_video.articles.document.parse_page` raises.
    """
    from gestral_video.articles.document import parse_page

    tree = parse_page(page, address)
    base_element = next(tree.iter("base"), None)
    base = resolve(address, base_element.get("href", "")) if base_element is not None else address
    found = [
        resolve(base or address, link.get("href", ""))
        for link in tree.iter("link")
        if "alternate" in link.get("rel", "").lower().split()
        and link.get("type", "").strip().lower() in _FEED_TYPES
    ]
    return tuple(
        dict.fromkeys(feed for feed in found if feed.startswith(("http:", "https:", "file:")))
    )


def _require_size(data: bytes, address: str) -> None:
    if len(data) > FEED_LIMIT:
        raise TooLargeError(
            f"The feed {address} has {len(data) / 1e6:.1f} MB;"
            f" up to {FEED_LIMIT // 1_000_000} MB are read.",
            hint="Many blogs offer a feed of their latest posts only.",
            code="too-large",
        )


def _entry(entry: Any, base: str) -> Entry:
    address = _web_address(base, entry.get("link"))
    contents = [_text(content.get("value")) for content in entry.get("content", ())]
    return Entry(
        id=_text(entry.get("id")) or address,
        address=address,
        title=_plain(entry.get("title")),
        byline=_plain(entry.get("author")),
        published=_date(entry.get("published_parsed")),
        updated=_date(entry.get("updated_parsed") if "updated_parsed" in entry else None),
        content=max((*contents, _text(entry.get("summary"))), key=len),
        tags=tuple(
            dict.fromkeys(term for tag in entry.get("tags", ()) if (term := _text(tag.get("term"))))
        ),
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _plain(value: object) -> str:
    """A title as plain text; feeds write it as text, as HTML, or as HTML escaped twice."""
    from lxml import etree
    from lxml.html import fragment_fromstring

    text = _text(value)
    if "<" in text or "&" in text:
        with contextlib.suppress(etree.LxmlError, ValueError):
            text = fragment_fromstring(text, create_parent="div").text_content()
    return " ".join(text.split())


def _web_address(base: str, link: object) -> str:
    found = resolve(base, _text(link)) if _text(link) else ""
    return found if found.startswith(("http://", "https://", "file://")) else ""


def _date(parsed: time.struct_time | None) -> str:
    """UTC in ISO 8601; the years 0 and 9999 that broken generators write are no dates."""
    if parsed is None or not 1990 <= parsed.tm_year <= 2100:
        return ""
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat()
