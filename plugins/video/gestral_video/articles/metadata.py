"""What a page says about its post: title, people, dates, site, licence, pictures that stand for it.

What the page declares (JSON-LD, OpenGraph, microdata) is believed first; what it only shows is left
to trafilatura's heuristics, whose answers are taken where they are plausible.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from lxml.html import HtmlElement

from .images import resolve
from .text import fold, squeeze

__all__ = ("Metadata", "find_metadata")

_POSTS: Final = re.compile(
    r"(?:Article|BlogPosting|NewsArticle|Report|TechArticle|LiveBlogPosting|WebPage)$"
)
_SEPARATOR: Final = re.compile(r"\s+[|·•\u2013—\-::»«/]+\s+|\s*[|_|]\s*|:\s+")
_DATE: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_NO_NAME: Final = re.compile(r"https?:|[@/\\<>{}]|^\W*$|^\d")
_BYLINE_CLASSES: Final = re.compile(
    r"(?:^|[\s_-])(?:byline|author|author-name|article-author|post-author|entry-author)(?:$|[\s_-])"
)
_SURROUNDED: Final = re.compile(r"^[^\w(]*(.*?)[^\w)]*$", re.DOTALL)
_TITLE_LIMIT: Final = 300
_NAME_LIMIT: Final = 100
_LICENCES: Final = {
    "publicdomain/zero": "CC0",
    "publicdomain/mark": "Public domain",
}


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says about its post, in the fields of `Article`; every text may be empty."""

    address: str = ""
    title: str = ""
    byline: str = ""
    published: str = ""
    modified: str = ""
    licence: str = ""
    site_name: str = ""
    description: str = ""
    icon: str = ""
    lead_image: str = ""


def find_metadata(tree: HtmlElement, base: str, address: str) -> Metadata:
    """What the page read from `address` says of its post; relative addresses start from `base`."""
    meta = _meta(tree)
    linked = _linked_data(tree)
    guessed = _guesses(tree)
    title, rest = _title(tree, meta, linked)
    published = _first_date(
        (
            linked.get("datePublished"),
            meta.get("article:published_time"),
            _microdata(tree, "datePublished"),
            *(
                meta.get(name)
                for name in ("date", "dc.date", "dcterms.created", "parsely-pub-date", "pubdate")
            ),
            *_shown_dates(tree),
            guessed.get("date"),
        )
    )
    modified = _first_date(
        (
            linked.get("dateModified"),
            meta.get("article:modified_time"),
            meta.get("og:updated_time"),
            _microdata(tree, "dateModified"),
            meta.get("last-modified"),
        )
    )
    publisher = linked.get("publisher")
    publisher_name = publisher.get("name") if isinstance(publisher, dict) else ""
    return Metadata(
        address=_canonical(tree, meta, base, address),
        title=title[:_TITLE_LIMIT],
        byline=_byline(tree, meta, linked, guessed),
        published=published,
        modified=modified if modified >= published else "",
        licence=_licence(tree, base, guessed),
        site_name=fold(
            meta.get("og:site_name")
            or (publisher_name if isinstance(publisher_name, str) else "")
            or meta.get("application-name")
            or _SEPARATOR.split(rest)[-1]
            or guessed["site"]
            or urlsplit(address).hostname
            or ""
        ).removeprefix("www."),
        description=fold(
            meta.get("og:description")
            or meta.get("description")
            or meta.get("twitter:description")
            or ""
        ),
        icon=_icon(tree, base),
        lead_image=_lead_image(meta, linked, base),
    )


def _meta(tree: HtmlElement) -> dict[str, str]:
    """The first filled `content` per name of the page's meta elements."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = fold(element.get("content", ""))
        for key in ("property", "name", "itemprop", "http-equiv"):
            name = element.get(key, "").strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _linked_data(tree: HtmlElement) -> dict[str, Any]:
    """The JSON-LD object that describes the post, or an empty one."""
    for script in tree.iter("script"):
        if script.get("type", "").strip().lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text_content().strip(), strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            kinds = thing.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if (
                any(isinstance(kind, str) and _POSTS.search(kind) for kind in kinds)
                and "headline" in thing
            ):
                return thing
    return {}


def _things(data: object) -> Iterator[dict[str, Any]]:
    """The objects at the top of JSON-LD: alone, in a list, or in a graph."""
    for thing in data if isinstance(data, list) else [data]:
        if isinstance(thing, dict):
            yield thing
            graph = thing.get("@graph")
            yield from (
                (node for node in graph if isinstance(node, dict))
                if isinstance(graph, list)
                else ()
            )


def _guesses(tree: HtmlElement) -> dict[str, str]:
    from trafilatura.metadata import extract_metadata

    # Without the extensive search: it takes the year of a copyright line for a date.
    document = extract_metadata(tree, extensive=False)
    return {
        "author": fold(document.author or ""),
        "date": document.date or "",
        "licence": fold(document.license or ""),
        "site": fold(document.sitename or ""),
    }


# -- title ----------------------------------------------------------------------------------------


def _title(tree: HtmlElement, meta: dict[str, str], linked: dict[str, Any]) -> tuple[str, str]:
    """The post's title and what else the page's `title` element says, which is the site's name."""
    element = next(tree.iter("title"), None)
    full = fold(element.text_content()) if element is not None else ""
    headline = linked.get("headline")
    told = [
        fold(text)
        for text in (headline, meta.get("og:title"), meta.get("twitter:title"))
        if isinstance(text, str)
    ]
    headings = [
        text for level in ("h1", "h2") for heading in _headings(tree, level) if (text := heading)
    ]
    first = [fold(text) for text in [_microdata(tree, "headline")] if text] + headings[:12]
    sites = [
        squeeze(name) for name in (meta.get("og:site_name"), meta.get("application-name")) if name
    ]
    for text in (*first, *told):
        # A heading that the title element holds whole is the title without the site's name.
        if len(squeeze(text)) > 3 and squeeze(text) in squeeze(full) and squeeze(text) not in sites:
            if squeeze(text) == squeeze(full):
                continue
            if not _is_most_of(text, full):
                continue
            return text, _remainder(full, text)
    for text in told:
        if text:
            return _without_site(text, sites)
    if full:
        return _without_guessed_site(full, sites)
    return (headings[0], "") if headings else ("", "")


def _headings(tree: HtmlElement, level: str) -> list[str]:
    return [
        fold(heading.text_content())
        for heading in tree.iter(level)
        if next(heading.iterancestors("nav", "aside", "footer"), None) is None
    ]


def _is_most_of(text: str, full: str) -> bool:
    """Whether `text` is a part of the title between separators, and not the shortest of them."""
    parts = [squeeze(part) for part in _SEPARATOR.split(full) if squeeze(part)]
    longest = max(map(len, parts), default=0)
    return len(squeeze(text)) >= longest


def _remainder(full: str, title: str) -> str:
    start = full.casefold().find(title.casefold())
    if start < 0:
        return ""
    before, after = full[:start], full[start + len(title) :]
    rest = after if len(after) >= len(before) else before
    return _SURROUNDED.sub(r"\1", rest)


def _without_site(text: str, sites: list[str]) -> tuple[str, str]:
    """`text` without a part at its start or end that is the site's name, and that part."""
    for match in _SEPARATOR.finditer(text):
        before, after = text[: match.start()].strip(), text[match.end() :].strip()
        if before and squeeze(after) in sites:
            return before, after
        if after and squeeze(before) in sites:
            return after, before
    return text, ""


def _without_guessed_site(text: str, sites: list[str]) -> tuple[str, str]:
    """Likewise, but a short part after a strong separator is taken for the site's name."""
    text, site = _without_site(text, sites)
    strong = re.search(r"\s+[|·•»]\s+(?=[^|·•»]{1,30}$)|\s*[_|](?=[^_|]{1,30}$)", text)
    if strong and len(text[: strong.start()]) > len(text[strong.end() :]):
        head, inner = _without_guessed_site(text[: strong.start()].strip(), sites)
        return head, site or text[strong.end() :].strip() or inner
    return text, site


# -- people and dates -----------------------------------------------------------------------------


def _byline(
    tree: HtmlElement, meta: dict[str, str], linked: dict[str, Any], guessed: dict[str, str]
) -> str:
    candidates = [
        *_names(linked.get("author")),
        meta.get("author", ""),
        meta.get("article:author", ""),
        meta.get("dc.creator", ""),
        meta.get("parsely-author", ""),
        _microdata(tree, "author"),
        *(
            fold(link.text_content())
            for link in tree.iter("a")
            if "author" in link.get("rel", "").split()
        ),
        *_shown_bylines(tree),
        guessed["author"] if ";" not in guessed["author"] else "",
    ]
    for candidate in candidates:
        name = re.sub(r"\s*\(?https?://\S+|\s*<[^>]*>", "", fold(candidate))
        name = re.sub(
            r"^(?:posted |written )?(?:by|von|par|por)[:\s]+", "", name, flags=re.IGNORECASE
        ).strip(" ,;|·")
        if (
            1 < len(name) <= _NAME_LIMIT
            and not _NO_NAME.search(name)
            and name not in ("作者", "admin", "Unknown")
        ):
            return name
    return ""


def _names(author: object) -> list[str]:
    """The names of JSON-LD's authors as one."""
    people = author if isinstance(author, list) else [author]
    names = [person.get("name") if isinstance(person, dict) else person for person in people]
    found = [name for name in names if isinstance(name, str) and name]
    return [", ".join(found)] if found else []


def _shown_bylines(tree: HtmlElement) -> Iterator[str]:
    for element in tree.iter("a", "span", "p", "div", "address"):
        if _BYLINE_CLASSES.search(element.get("class", "")):
            text = fold(element.text_content())
            if 3 < len(text) < 80:
                yield text


def _microdata(tree: HtmlElement, name: str) -> str:
    for element in tree.iter():
        if name in (element.get("itemprop") or "").split():
            inner = next(
                (part for part in element.iter() if part.get("itemprop") == "name"), element
            )
            text = (
                element.get("datetime")
                or element.get("content")
                or inner.get("content")
                or inner.text_content()
            )
            if fold(text):
                return fold(text)
    return ""


def _shown_dates(tree: HtmlElement) -> Iterator[str]:
    """The date that the page marks as such; where several contradict, other posts are listed."""
    dates = [
        element.get("datetime", "") for element in tree.iter("time") if element.get("datetime")
    ]
    if len({date[:10] for date in dates}) == 1:
        yield dates[0]


def _first_date(candidates: tuple[object, ...]) -> str:
    for candidate in candidates:
        if isinstance(candidate, str) and (date := _iso_date(candidate)):
            return date
    return ""


def _iso_date(text: str) -> str:
    """`text` as an ISO 8601 date, or date and time, if it is one of the years that the web has."""
    from datetime import datetime

    match = _DATE.match(text.strip())
    if match is None or not 1990 <= int(match[1]) <= 2100:
        return ""
    year, month, day, minutes, seconds, zone = match.groups()
    iso = f"{year}-{month}-{day}"
    if minutes:
        iso += f"T{minutes}{seconds or ':00'}"
        if zone:
            iso += "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[-2:]}"
    try:
        datetime.fromisoformat(iso)
    except ValueError:
        return ""
    return iso


# -- addresses ------------------------------------------------------------------------------------


def _canonical(tree: HtmlElement, meta: dict[str, str], base: str, address: str) -> str:
    """The address that the page asks to be known by, believed only of a page read from the web."""
    if not address.startswith(("http://", "https://")):
        return address
    links = [
        link.get("href", "")
        for link in tree.iter("link")
        if "canonical" in link.get("rel", "").lower().split()
    ]
    for link in (*links, meta.get("og:url", "")):
        found = resolve(base, link)
        parts = urlsplit(found)
        # A home page given as canonical is a template's mistake, and would make all posts one.
        if parts.scheme in ("http", "https") and (
            parts.path.strip("/") or not urlsplit(address).path.strip("/")
        ):
            return found
    return address


def _icon(tree: HtmlElement, base: str) -> str:
    best, best_size = "", -1
    for link in tree.iter("link"):
        rel = link.get("rel", "").lower().split()
        if "icon" not in rel and not any(name.startswith("apple-touch-icon") for name in rel):
            continue
        sizes = [int(size) for size in re.findall(r"(\d{1,4})x\d", link.get("sizes", ""))]
        size = max(sizes, default=180 if "icon" not in rel else 16)
        found = resolve(base, link.get("href", ""))
        if (
            found
            and size > best_size
            and "svg" not in link.get("type", "")
            and not found.endswith(".svg")
        ):
            best, best_size = found, size
    return best


def _lead_image(meta: dict[str, str], linked: dict[str, Any], base: str) -> str:
    image = linked.get("image")
    image = image[0] if isinstance(image, list) and image else image
    image = image.get("url") if isinstance(image, dict) else image
    names = (
        "og:image:secure_url",
        "og:image",
        "og:image:url",
        "twitter:image",
        "twitter:image:src",
    )
    for candidate in (*(meta.get(name) for name in names), image):
        if isinstance(candidate, str) and (found := resolve(base, candidate)):
            return found
    return ""


def _licence(tree: HtmlElement, base: str, guessed: dict[str, str]) -> str:
    """The licence that the page names for itself, by its common short name where it has one."""
    links = list(tree.iter("a", "link"))
    stated = [
        link.get("href", "") for link in links if "license" in link.get("rel", "").lower().split()
    ]
    commons = [
        link.get("href", "") for link in links if "creativecommons.org/" in link.get("href", "")
    ]
    for link in (*stated, *commons):
        if name := _commons_name(link):
            return name
    for link in stated:
        if found := resolve(base, link):
            return found
    return guessed["licence"]


def _commons_name(link: str) -> str:
    for part, name in _LICENCES.items():
        if part in link:
            return name
    match = re.search(r"creativecommons\.org/licenses/([a-z-]+)(?:/(\d\.\d))?", link)
    return f"CC {match[1].upper()} {match[2] or ''}".strip() if match else ""
