"""Reading what sites send, in limited child processes: some hostile feeds take minutes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from gestral.errors import InputError, TooLargeError
from gestral.limited import run_limited
from gestral_video.blogs.feed import Feed
from gestral_video.blogs.home import HomePage
from gestral_video.blogs.sitemap import Sitemap

__all__ = ("Given", "read_feed", "read_feeds", "read_home_page", "read_sitemap")

BATCH: Final = 25
BATCH_BYTES: Final = 1_000_000
"""As much is read by one child, which costs a fifth of a second to start; a larger feed is read by
one of its own."""

Kind = Literal["feed", "page", "sitemap"]


class Given(msgspec.Struct, frozen=True):
    """What a site has sent.

    Attributes:
        kind: As what it is to be read: a feed, a sitemap, or a page whose links lead to posts.
        data: Its bytes.
        address: Where it was read.
        charset: The encoding that the server claimed, if it did.
    """

    kind: Kind
    data: bytes
    address: str
    charset: str | None = None


class Batch(msgspec.Struct, frozen=True):
    """What one child is given."""

    given: tuple[Given, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What came of one of them: a feed, or why it is none."""

    feed: Feed | None = None
    message: str = ""
    hint: str = ""
    code: str = ""
    large: bool = False


class Outcomes(msgspec.Struct, frozen=True):
    """What came of each, in their order."""

    outcomes: tuple[Outcome, ...]


async def read_feed(data: bytes, address: str, *, charset: str | None = None) -> Feed:
    """`feed.parse_feed` in a child process with limits.

    Raises:
        InputError: What `parse_feed` raises, and `unreadable-feed` when the child dies or overruns.
    """
    given = Given("feed", data, address, charset)
    return await run_limited(f"{__name__}:feed_of", given, Feed, overrun=_overrun(given))


async def read_home_page(data: bytes, address: str, *, charset: str | None = None) -> HomePage:
    """`home.read_home` in a child process with limits.

    Raises:
        InputError: What `read_home` raises, and `unreadable-page` when the child dies or overruns.
    """
    given = Given("page", data, address, charset)
    return await run_limited(f"{__name__}:home_of", given, HomePage, overrun=_overrun(given))


async def read_sitemap(data: bytes, address: str) -> Sitemap:
    """`sitemap.parse_sitemap` in a child process with limits.

    Raises:
        InputError: What `parse_sitemap` raises, and `unreadable-feed` when the child dies or
            overruns.
    """
    given = Given("sitemap", data, address)
    return await run_limited(f"{__name__}:sitemap_of", given, Sitemap, overrun=_overrun(given))


async def read_feeds(given: Sequence[Given]) -> list[Feed | InputError]:
    """Read many, several in each child; where one of them kills the child, each is read alone.

    Returns:
        For each the feed, or why it cannot be read: the errors of the functions above.
    """
    found: dict[int, Feed | InputError] = {}
    for places in _batches(given):
        batch = [given[place] for place in places]
        found.update(zip(places, await _read_batch(batch), strict=True))
    return [found[place] for place in range(len(given))]


def _batches(given: Sequence[Given]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for place, one in enumerate(given):
        if batch and (len(batch) >= BATCH or size + len(one.data) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += len(one.data)
    if batch:
        yield batch


async def _read_batch(batch: Sequence[Given]) -> Sequence[Feed | InputError]:
    overrun = _overrun(batch[0])
    try:
        read = await run_limited(
            f"{__name__}:read_all", Batch(tuple(batch)), Outcomes, overrun=overrun
        )
    except InputError as error:
        if len(batch) == 1:
            return [error]
        return [(await _read_batch([one]))[0] for one in batch]
    return [_told(outcome) for outcome in read.outcomes]


def _told(outcome: Outcome) -> Feed | InputError:
    if outcome.feed is not None:
        return outcome.feed
    kind = TooLargeError if outcome.large else InputError
    return kind(outcome.message, hint=outcome.hint, code=outcome.code)


def _overrun(given: Given) -> InputError:
    told = f"The {given.kind} {given.address} could not be read within the limits."
    if given.kind == "page":
        hint = "Give the address of the blog's feed."
        return InputError(told, hint=hint, code="unreadable-page")
    hint = "Ask its author to check it with a feed validator."
    return InputError(told, hint=hint, code="unreadable-feed")


# --- in the child ----------------------------------------------------------------------------


def read_all(batch: Batch) -> Outcomes:
    """Read each; what one of them raises is its own."""
    return Outcomes(tuple(_outcome(given) for given in batch.given))


def _outcome(given: Given) -> Outcome:
    read: dict[Kind, Callable[[Given], Feed]] = {
        "feed": feed_of,
        "page": lambda one: home_of(one).posts,
        "sitemap": lambda one: sitemap_of(one).feed,
    }
    try:
        return Outcome(read[given.kind](given))
    except InputError as error:
        large = isinstance(error, TooLargeError)
        return Outcome(None, error.message, error.hint, error.code, large)
    except RecursionError:
        nested = _overrun(given)
        return Outcome(None, nested.message, nested.hint, nested.code)


def feed_of(given: Given) -> Feed:
    """`feed.parse_feed`."""
    from gestral_video.blogs.feed import parse_feed

    return parse_feed(given.data, given.address, charset=given.charset)


def home_of(given: Given) -> HomePage:
    """`home.read_home`."""
    from gestral_video.blogs.home import read_home

    return read_home(given.data, given.address, charset=given.charset)


def sitemap_of(given: Given) -> Sitemap:
    """`sitemap.parse_sitemap`."""
    from gestral_video.blogs.sitemap import parse_sitemap

    return parse_sitemap(given.data, given.address)
