"""JSON Feed, versions 1.0 and 1.1: https://www.jsonfeed.org/version/1.1/."""

import html
from typing import Any, Final

import msgspec

from gestral.errors import InputError
from gestral_video.blogs.feed import (
    ENTRIES_LIMIT,
    Entry,
    Feed,
    Unreadable,
    feed_of,
    moment,
    not_a_feed,
    plain,
    text_of,
    web_address,
)

__all__ = ("parse_json_feed",)

_VERSION: Final = "jsonfeed.org/version/"


def parse_json_feed(data: bytes, address: str) -> Feed:
    """The JSON Feed in `data`, as read from `address`; for limited children alone.

    Raises:
        InputError: `not-a-feed`.
    """
    try:
        given = msgspec.json.decode(data.decode("utf-8-sig", "replace"))
    except (msgspec.DecodeError, RecursionError):
        raise _not_json(address) from None
    if not isinstance(given, dict) or _VERSION not in _text(given.get("version")):
        raise not_a_feed(address)
    items = given.get("items")
    items = items if isinstance(items, list) else []
    read: list[Entry] = []
    unread: list[Unreadable] = []
    for position, item in enumerate(items[:ENTRIES_LIMIT], start=1):
        if isinstance(item, dict):
            read.append(_entry(item, address, given))
        else:
            unread.append(Unreadable(position=position, title="", reason="It is no JSON object."))
    hub = _hub(given.get("hubs"), address)
    return feed_of(
        Feed(
            id=_text(given.get("feed_url")) or address,
            address=address,
            home=web_address(address, given.get("home_page_url")),
            title=plain(given.get("title")),
            language=_text(given.get("language")).lower(),
            hub=hub,
            topic=(web_address(address, given.get("feed_url")) or address) if hub else "",
        ),
        read,
        beyond=len(items) - ENTRIES_LIMIT,
        unread=unread,
    )


def _entry(item: dict[str, Any], base: str, feed: dict[str, Any]) -> Entry:
    address = web_address(base, item.get("url")) or web_address(base, item.get("external_url"))
    tags = item.get("tags")
    return Entry(
        id=_text(item.get("id")),
        address=address,
        title=plain(item.get("title")),
        byline=_byline(item) or _byline(feed),
        published=moment(_text(item.get("date_published"))),
        updated=moment(_text(item.get("date_modified"))),
        content=_text(item.get("content_html")) or _as_html(_text(item.get("content_text"))),
        base=address or base,
        tags=tuple(dict.fromkeys(_text(tag) for tag in tags if _text(tag)))
        if isinstance(tags, list)
        else (),
    )


def _byline(holder: dict[str, Any]) -> str:
    """`authors` is of version 1.1, `author` of 1.0."""
    authors = holder.get("authors")
    given = authors if isinstance(authors, list) else [holder.get("author")]
    names = [plain(author.get("name")) for author in given if isinstance(author, dict)]
    return ", ".join(name for name in names if name)


def _hub(hubs: object, base: str) -> str:
    """The first hub of the kind that Gestral speaks with."""
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and _text(hub.get("type")).lower() == "websub":
            return web_address(base, hub.get("url"))
    return ""


def _as_html(text: str) -> str:
    paragraphs = [html.escape(part.strip()) for part in text.split("\n\n") if part.strip()]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _text(value: object) -> str:
    """A string; numbers too, which some generators write as ids."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return text_of(value)


def _not_json(address: str) -> InputError:
    return InputError(
        f"{address} looks like a JSON feed, but is not valid JSON.",
        hint="Ask its author to check it, or give the address of the blog's RSS or Atom feed.",
        code="not-a-feed",
    )
