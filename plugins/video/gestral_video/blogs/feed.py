"""Feeds: what a blog says it has published, in RSS, RDF, Atom or JSON Feed."""

import calendar
import contextlib
import hashlib
import io
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gestral.errors import InputError, TooLargeError
from gestral_video.articles.images import resolve

__all__ = (
    "ENTRIES_LIMIT",
    "FEED_LIMIT",
    "Entry",
    "Feed",
    "Unreadable",
    "feed_of",
    "identity",
    "moment",
    "not_a_feed",
    "parse_feed",
    "plain",
    "text_of",
    "web_address",
)

FEED_LIMIT: Final = 5_000_000
"""Bytes of a feed; those with a hundred posts in full are below it."""
ENTRIES_LIMIT: Final = 1_000
"""Entries that are read of one feed, the first ones, which are the newest by custom."""
_YEARS: Final = (1990, 2100)
"""What lies outside is no date of a post, but the slip of a generator."""
_LONGEST_KEY: Final = 2048


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A post as its feed tells of it.

    Attributes:
        id: What the post is known by: the feed's own id for it, else its address without what only
            counts visitors. Never the title.
        address: Where the post is read, absolute; empty where the feed gives none.
        title: Plain text; may be empty.
        byline: Who wrote it, or empty.
        published: ISO 8601 in UTC, empty where unknown or beyond belief.
        updated: Likewise.
        content: The fullest HTML that the feed carries, not sanitised; may be empty.
        base: What relative addresses in `content` are relative to.
        tags: In the feed's order.
    """

    id: str
    address: str
    title: str = ""
    byline: str = ""
    published: str = ""
    updated: str = ""
    content: str = ""
    base: str = ""
    tags: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The hash of all that the feed says: another one means that the post may have changed."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is not among a feed's entries.

    Attributes:
        position: Its place in the feed, from 1.
        title: As far as there is one.
        reason: Why, in a sentence for people.
    """

    position: int
    title: str
    reason: str


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A blog as its feed tells of it.

    Attributes:
        id: The feed's own id, else its address: what the blog is known by.
        address: Where the feed was read.
        home: The blog's home page, absolute, or empty.
        title: Plain text; may be empty.
        language: BCP 47 tag in lower case, or empty.
        hub: Where changes are announced by WebSub, or empty.
        topic: What they are announced under; empty without a hub.
        entries: In the feed's order, each with an id that no other has.
        unreadable: The others.
    """

    id: str
    address: str
    home: str = ""
    title: str = ""
    language: str = ""
    hub: str = ""
    topic: str = ""
    entries: tuple[Entry, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def parse_feed(data: bytes, address: str, *, charset: str | None = None) -> Feed:
    """The feed in `data`, as read from `address`; for limited children alone.

    Args:
        data: RSS 0.9 to 2.0, RDF, Atom, or JSON Feed.
        address: Relative addresses are resolved against it.
        charset: The encoding that the server claimed, if it did.

    Raises:
        TooLargeError: `too-large`.
        InputError: `not-a-feed`.
    """
    if len(data) > FEED_LIMIT:
        raise TooLargeError(
            f"The feed {address} has {len(data) / 1e6:.1f} MB;"
            f" up to {FEED_LIMIT // 1_000_000} MB are read.",
            hint="Many blogs offer a feed of their latest posts only.",
            code="too-large",
        )
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        from gestral_video.blogs.json_feed import parse_json_feed

        return parse_json_feed(data, address)
    return _parse_xml(data, address, charset)


def feed_of(
    about: Feed, found: Iterable[Entry], *, beyond: int = 0, unread: Iterable[Unreadable] = ()
) -> Feed:
    """A feed with those of its entries that can be told apart, and the reasons of the others.

    Args:
        about: The feed without entries.
        found: Its entries as they stand there; an id may be empty, or occur several times.
        beyond: How many more there are than are read.
        unread: Those that could not even be looked at.
    """
    found = list(found)
    # Some generators give every post the id of the blog: it tells nothing apart then.
    named = {(entry.id, entry.address) for entry in found if entry.id}
    shared = {key for key, times in Counter(key for key, _ in named).items() if times > 1}
    entries: dict[str, Entry] = {}
    unreadable = list(unread)
    for position, entry in enumerate(found, start=1):
        given = "" if entry.id in shared else entry.id
        key = (given or identity(entry.address))[:_LONGEST_KEY]
        if key and key not in entries:
            entries[key] = msgspec.structs.replace(entry, id=key)
            continue
        reason = "It stands in the feed a second time." if key else "It has neither id nor address."
        unreadable.append(Unreadable(position=position, title=entry.title, reason=reason))
    if beyond > 0:
        reason = f"{beyond} more entries follow; the first {ENTRIES_LIMIT} are read."
        unreadable.append(Unreadable(position=ENTRIES_LIMIT + 1, title="", reason=reason))
    return msgspec.structs.replace(
        about, entries=tuple(entries.values()), unreadable=tuple(unreadable)
    )


def identity(address: str) -> str:
    """An address without what does not name the page: fragment, default port, campaign labels."""
    from courlan import normalize_url

    with contextlib.suppress(ValueError):
        return str(normalize_url(address.partition("#")[0]))
    return address


def not_a_feed(address: str) -> InputError:
    """The error for what is no feed of any kind."""
    return InputError(
        f"{address} is not a feed.",
        hint="Give the address of the blog's RSS, Atom or JSON feed, or of its home page.",
        code="not-a-feed",
    )


def moment(text: str) -> str:
    """An ISO 8601 date or date and time in UTC, or empty for what is none or beyond belief."""
    try:
        read = datetime.fromisoformat(text)
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return read.isoformat() if _YEARS[0] <= read.year <= _YEARS[1] else ""


def plain(value: object) -> str:
    """A title as plain text; feeds write it as text, as HTML, or as HTML escaped twice."""
    from lxml import etree
    from lxml.html import fragment_fromstring

    text = text_of(value)
    if "<" in text or "&" in text:
        with contextlib.suppress(etree.LxmlError, ValueError):
            text = fragment_fromstring(text, create_parent="div").text_content()
    return " ".join(text.split())


def web_address(base: str, link: object) -> str:
    """A link as an absolute address of the web or of a file, or empty."""
    found = resolve(base, text_of(link)) if text_of(link) else ""
    return found if found.startswith(("http://", "https://", "file://")) else ""


def _parse_xml(data: bytes, address: str, charset: str | None) -> Feed:
    import feedparser  # type: ignore[import-untyped]  # it has no type hints

    # It knows no `file:` addresses; ours to these are resolved by `web_address`.
    headers = {"content-location": address} if address.startswith("http") else {}
    if charset:
        headers["content-type"] = f"application/xml; charset={charset}"
    parsed = feedparser.parse(
        io.BytesIO(data),  # given text or bytes, feedparser would try them as a path or an address
        response_headers=headers,
        sanitize_html=False,  # it lets much through; content is read by the walk over articles
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        raise not_a_feed(address)
    about = parsed.feed
    hub = _link(about, "hub", address)
    return feed_of(
        Feed(
            id=text_of(about.get("id")) or address,
            address=address,
            home=web_address(address, about.get("link")),
            title=plain(about.get("title")),
            language=text_of(about.get("language")).lower(),
            hub=hub,
            topic=(_link(about, "self", address) or address) if hub else "",
        ),
        [_entry(entry, address) for entry in parsed.entries[:ENTRIES_LIMIT]],
        beyond=len(parsed.entries) - ENTRIES_LIMIT,
    )


def _link(about: Any, relation: str, base: str) -> str:
    links = (link for link in about.get("links", ()) if link.get("rel") == relation)
    return next((found for link in links if (found := web_address(base, link.get("href")))), "")


def _entry(entry: Any, base: str) -> Entry:
    address = web_address(base, entry.get("link"))
    contents = [
        (text_of(content.get("value")), text_of(content.get("base")))
        for content in (*entry.get("content", ()), entry.get("summary_detail") or {})
    ]
    content, content_base = max(contents, key=lambda found: len(found[0]))
    return Entry(
        id=text_of(entry.get("id")),
        address=address,
        title=plain(entry.get("title")),
        byline=plain(entry.get("author")),
        published=_date(entry.get("published_parsed")),
        updated=_date(entry.get("updated_parsed") if "updated_parsed" in entry else None),
        content=content,
        base=web_address(address or base, content_base) or address or base,
        tags=tuple(
            dict.fromkeys(
                term for tag in entry.get("tags", ()) if (term := text_of(tag.get("term")))
            )
        ),
    )


def text_of(value: object) -> str:
    """A text without space around it; empty for what is none."""
    # A NUL is no character of XML, but feedparser's loose reader lets it through to PostgreSQL.
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


def _date(parsed: time.struct_time | None) -> str:
    """UTC in ISO 8601; the years 0 and 9999 that broken generators write are no dates."""
    if parsed is None or not _YEARS[0] <= parsed.tm_year <= _YEARS[1]:
        return ""
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat()
    except (ValueError, OverflowError):
        return ""
