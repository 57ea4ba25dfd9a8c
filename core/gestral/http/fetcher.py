"""The one client for addresses that come from outside."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import msgspec

from gestral import __version__
from gestral.errors import FetchError
from gestral.http.counts import count_fetch
from gestral.http.decoding import ACCEPT_ENCODING
from gestral.http.failures import shown
from gestral.http.networks import PUBLIC, NetworkPolicy
from gestral.http.politeness import Turns, retry_delay, seconds_from
from gestral.http.robots import MOST_BYTES, Robots
from gestral.http.shared import SharedTurns
from gestral.observe import traces

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from aiohttp.abc import AbstractResolver
    from yarl import URL

    from gestral.http.exchange import Exchange

__all__ = ("Fetcher", "Limits", "Response", "StatusError")

USER_AGENT: Final = f"Gestral/{__version__} (turns blog posts into videos)"

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
BUSY: Final = frozenset({429, 503})
ROBOTS_DEADLINE: Final = 10.0
"""Seconds for a robots.txt, within the deadline of whoever needs it."""

PAGES: Final = frozenset({200, 203})
"""The statuses that bring what was asked for (RFC 9110); 202 or 206 would be something else."""

HINTS: Final[Mapping[int, str]] = {
    401: "The page asks for a password; only public pages can be read.",
    403: "The site refuses programs or visitors like this one; save the page as a file instead.",
    404: "Check the address for a typing error, or whether the page was moved.",
    410: "The page was removed for good.",
    429: "The site has had too many requests; try again later.",
}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one fetch may cost.

    Args:
        max_bytes: The largest body, before and after decompression.
        deadline: Seconds for everything: waiting for a turn, looking up names, redirects, retries
            and the body.
        redirects: How many redirects are followed.
        attempts: How often a request is sent to a server that answers 429 or 503.
        backoff: Seconds before the second attempt; they double from there.
        concurrent: Requests to one host at the same time.
        interval: Least seconds between the starts of two requests to one host.
    """

    max_bytes: int = 10 * 2**20
    deadline: float = 30.0
    redirects: int = 5
    attempts: int = 3
    backoff: float = 1.0
    concurrent: int = 4
    interval: float = 0.1


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What an address answered.

    Args:
        address: The final address, after all redirects.
        status: 200 or 203, or 304 when `not_modified`.
        headers: By lower-case name; repeated headers are joined with ", ".
        body: Decompressed; empty when `not_modified`.
        content_type: Lower case, without parameters; "" when the server named none.
        charset: As the Content-Type header names it, in lower case.
        not_modified: The page is as the given validators say: there is no body.
    """

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    content_type: str
    charset: str | None
    not_modified: bool = False


class StatusError(FetchError):
    """A server answered, but not with the page.

    Args:
        address: What was asked for.
        answered: The HTTP status of the answer.
    """

    default_code = "http-status"

    def __init__(self, address: str, answered: int) -> None:
        hint = "The site has a fault of its own; try again later." if answered >= 500 else ""
        super().__init__(
            f"{address} answered with status {answered} instead of the page.",
            hint=HINTS.get(answered, hint),
        )
        self.answered = answered


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What stays the same over all redirects and attempts of one fetch."""

    accept: tuple[str, ...]
    max_bytes: int
    headers: Mapping[str, str]
    is_conditional: bool
    robots: bool
    until: float
    """The deadline, in the time of the event loop."""
    is_cut: bool = False
    """Whether a body beyond `max_bytes` is cut off instead of refused."""


class Moved(msgspec.Struct, frozen=True):
    """The page is somewhere else."""

    location: str


class Busy(msgspec.Struct, frozen=True):
    """The server asks to come back later."""

    status: int
    retry_after: str


class Fetcher:
    """Reads foreign addresses, and only those that lead to the public internet.

    Every connection is judged by the address that its socket connects to, redirects included. There
    are no cookies, credentials or proxies, and every cost has a limit. What a site's robots.txt
    closes to programs is not read. A fetcher belongs to the event loop of its first `get`; `aclose`
    it, or use it in an `async with`.

    Args:
        policy: Networks and ports that may be reached.
        limits: What one fetch may cost, and the politeness towards one host.
        user_agent: How the fetcher introduces itself.
        resolver: Looks up names; the system's by default.
        redis_url: The Valkey over which the politeness towards a host is shared with all processes
            that name it; "" keeps it within this one.
    """

    def __init__(
        self,
        *,
        policy: NetworkPolicy = PUBLIC,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        user_agent: str = USER_AGENT,
        resolver: "AbstractResolver | None" = None,
        redis_url: str = "",
    ) -> None:
        self._policy = policy
        self._limits = limits
        self._user_agent = user_agent
        self._resolver = resolver
        shared = SharedTurns(redis_url, limits.concurrent, limits.interval) if redis_url else None
        self._turns = Turns(limits.concurrent, limits.interval, shared)
        self._robots = Robots(self._read_robots)
        self._opened: Exchange | None = None

    async def get(
        self,
        address: str,
        *,
        accept: tuple[str, ...] = (),
        max_bytes: int | None = None,
        deadline: float | None = None,
        if_none_match: str = "",
        if_modified_since: str = "",
        robots: bool = True,
    ) -> Response:
        """Read an address.

        Args:
            address: http or https.
            accept: Content types that are of use, such as "text/html" or "image/*"; any if empty.
            max_bytes: Instead of the limit of the fetcher.
            deadline: In seconds, instead of the limit of the fetcher.
            if_none_match: The `etag` header of an earlier response.
            if_modified_since: The `last-modified` header of an earlier response.
            robots: Whether robots.txt is honoured, at every redirect; only for what belongs to a
                page that was read under its rules, such as its pictures, is it not asked again.

        Raises:
            FetchError: With one of the codes `address-invalid`, `address-private`, `port-refused`,
                `robots-refused`, `robots-unavailable`, `unreachable`, `redirect-downgraded`,
                `too-many-redirects`, `timed-out`, `too-large`, `encoding-refused`,
                `content-type`; `http-status` as `StatusError`, or `host-busy` as `BusyError`.
        """
        from gestral.http.addresses import parse

        headers = {
            "Accept": ", ".join((*accept, "*/*;q=0.1")) if accept else "*/*",
            "Accept-Encoding": ACCEPT_ENCODING,
        }
        if if_none_match:
            headers["If-None-Match"] = if_none_match
        if if_modified_since:
            headers["If-Modified-Since"] = if_modified_since
        clock = asyncio.get_running_loop().time
        seconds = self._limits.deadline if deadline is None else deadline
        request = Request(
            accept=accept,
            max_bytes=self._limits.max_bytes if max_bytes is None else max_bytes,
            headers=headers,
            is_conditional=bool(if_none_match or if_modified_since),
            robots=robots,
            until=(began := clock()) + seconds,
        )
        outcome = "abandoned"
        try:
            response = await self._read(parse(address, self._policy), request, seconds)
            outcome = "not-modified" if response.not_modified else "read"
        except FetchError as error:
            outcome = error.code
            raise
        finally:
            count_fetch(outcome, clock() - began)
        return response

    async def aclose(self) -> None:
        """Close every connection. A later `get` opens new ones."""
        await self._robots.aclose()
        await self._turns.aclose()
        if self._opened is not None:
            exchange, self._opened = self._opened, None
            await exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _read(self, url: "URL", request: Request, seconds: float) -> Response:
        """Read an address within the deadline, which is so many seconds away."""
        try:
            async with asyncio.timeout_at(request.until):
                return await self._follow(url, request)
        except TimeoutError as error:
            raise FetchError(
                f"{shown(str(url))} did not answer completely within {seconds:g} seconds.",
                hint="Try again later.",
                code="timed-out",
            ) from error

    async def _read_robots(self, url: "URL") -> Response:
        """Read a robots.txt: through the same guard, by the same limits, but for its size."""
        request = Request(
            accept=(),
            max_bytes=MOST_BYTES,
            headers={"Accept": "text/plain, */*;q=0.1", "Accept-Encoding": ACCEPT_ENCODING},
            is_conditional=False,
            robots=False,
            until=asyncio.get_running_loop().time() + ROBOTS_DEADLINE,
            is_cut=True,
        )
        return await self._read(url, request, ROBOTS_DEADLINE)

    async def _follow(self, url: "URL", request: Request) -> Response:
        """Go from redirect to redirect until there is a response."""
        from gestral.http.addresses import redirected

        start = url
        for _ in range(self._limits.redirects + 1):
            step = await self._insist(url, request)
            if isinstance(step, Response):
                return step
            url = redirected(url, step.location, self._policy)
        raise FetchError(
            f"{shown(str(start))} redirects more than {self._limits.redirects} times.",
            hint="Open it in a browser and give the address where it ends.",
            code="too-many-redirects",
        )

    async def _insist(self, url: "URL", request: Request) -> Response | Moved:
        """Ask again while the server says that it is busy, as far as limits and deadline allow."""
        attempt = 1
        while isinstance(step := await self._ask(url, request), Busy):
            now = datetime.now(UTC)
            if rest := seconds_from(step.retry_after, now):
                await self._turns.rest(url.host or "", rest)
            delay = retry_delay(attempt, step.retry_after, backoff=self._limits.backoff, now=now)
            seconds_left = request.until - asyncio.get_running_loop().time()
            if attempt >= self._limits.attempts or delay >= seconds_left:
                raise StatusError(shown(str(url)), step.status)
            attempt += 1
            await asyncio.sleep(delay)
        return step

    async def _ask(self, url: "URL", request: Request) -> Response | Moved | Busy:
        """Send one request, if the site's robots.txt has nothing against it."""
        host = url.host or ""
        delay = await self._robots.require(url) if request.robots else 0.0
        async with (
            self._turns.turn(host, until=request.until, interval=delay),
            traces.foreign("GET", host) as note_status,
            self._exchange().open(url, request.headers) as answer,
        ):
            note_status(answer.status)
            location = answer.headers.get("Location", "")
            if answer.status in PAGES:
                return await respond(answer, request)
            if answer.status == 304 and request.is_conditional:
                return response(answer, b"", not_modified=True)
            if answer.status in REDIRECTS and location:
                return Moved(location)
            if answer.status in BUSY:
                return Busy(answer.status, answer.headers.get("Retry-After", ""))
            raise StatusError(shown(str(url)), answer.status)

    def _exchange(self) -> "Exchange":
        if self._opened is None:
            from gestral.http.exchange import Exchange

            self._opened = Exchange(self._policy, self._user_agent, self._resolver)
        return self._opened


async def respond(answer: "ClientResponse", request: Request) -> Response:
    """Check what is sent and read it.

    Raises:
        FetchError: `content-type`, `too-large` or `encoding-refused`.
    """
    from gestral.http.exchange import read_body

    kind = content_type(answer)
    if request.accept and not any(is_of(kind, pattern) for pattern in request.accept):
        raise FetchError(
            f"{shown(str(answer.url))} is {shown(kind) or 'of no stated type'}, "
            f"not {' or '.join(request.accept)}.",
            hint="Give the address of a page that shows the text in a browser.",
            code="content-type",
        )
    body = await read_body(answer, request.max_bytes, is_cut=request.is_cut)
    return response(answer, body)


def response(answer: "ClientResponse", body: bytes, *, not_modified: bool = False) -> Response:
    """Make a response out of aiohttp's."""
    names = dict.fromkeys(name.lower() for name in answer.headers)
    return Response(
        address=str(answer.url),
        status=answer.status,
        headers={name: ", ".join(map(clean, answer.headers.getall(name))) for name in names},
        body=body,
        content_type=content_type(answer),
        charset=clean(answer.charset).lower() if answer.charset else None,
        not_modified=not_modified,
    )


def content_type(answer: "ClientResponse") -> str:
    """Give the type without its parameters; aiohttp would call a missing one octet-stream."""
    return clean(answer.content_type).lower() if "Content-Type" in answer.headers else ""


def clean(value: str) -> str:
    """Make a header fit to be kept: aiohttp turns bytes that are no UTF-8 into lone surrogates."""
    return value.encode("utf-8", "replace").decode()


def is_of(kind: str, pattern: str) -> bool:
    """Say whether a content type fits a pattern such as "text/html" or "image/*"."""
    return kind == pattern or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))
