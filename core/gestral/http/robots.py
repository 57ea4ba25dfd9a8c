"""What sites ask of programs in their robots.txt (RFC 9309), remembered for a while."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import msgspec

from gestral.errors import FetchError
from gestral.http.failures import shown

if TYPE_CHECKING:
    from protego import Protego
    from yarl import URL

    from gestral.http.fetcher import Response

__all__ = ("MOST_BYTES", "Robots", "Rules")

PRODUCT: Final = "gestral"
"""The product token by which a robots.txt names us; upper and lower case do not matter."""

MOST_BYTES: Final = 500 * 1024
"""As much of a robots.txt is read; what follows is ignored (RFC 9309, section 2.5)."""

LONGEST: Final = 24 * 3600.0
"""Seconds for which a robots.txt is remembered at most (RFC 9309, section 2.4)."""

SHORTEST: Final = 60.0
"""Seconds for which it is remembered at least, whatever its Cache-Control says: a page and what
belongs to it are read within a minute. So long, too, is nothing read where it cannot be had."""

MOST_HOSTS: Final = 1_000
MOST_CHARACTERS: Final = 16_000_000
"""What is remembered at most; the least recently used goes first."""

LONGEST_DELAY: Final = 10.0
"""Seconds; a longer Crawl-delay, which is no part of the RFC, counts as this."""

LONG: Final = 50_000
"""Characters from which on a robots.txt is read in a thread: hostile ones take tenths of a second,
for which everything else in the process would stand still."""

PASSED_ON: Final = frozenset(
    {"address-private", "port-refused", "unreachable", "timed-out", "host-busy"}
)
"""What is wrong with the site and not with its robots.txt: the page could not be read either."""

AGENT: Final = re.compile(r"\s*user[\s-]*agent\b[\s:]*(?P<token>[a-z_-]+|\*)?", re.IGNORECASE)
MAX_AGE: Final = re.compile(r"max-age\s*=\s*\"?(\d{1,9})")
NO_CACHE: Final = re.compile(r"\bno-(?:cache|store)\b")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What one site asks.

    Args:
        text: Its robots.txt, with the names of other programs left out; "" asks nothing.
        problem: Why it could not be had: nothing may be read then.
    """

    text: str = ""
    problem: FetchError | None = None

    def require(self, url: "URL") -> float:
        """Return the seconds that are asked for between two requests, 0 for no wish.

        Raises:
            FetchError: `robots-refused`, `robots-unavailable`, or what kept the site from being
                reached at all.
        """
        if self.problem is not None:
            raise unavailable(url, self.problem)
        if not self.text:
            return 0.0
        parsed = self._parsed()
        if not parsed.can_fetch(str(url), PRODUCT):
            raise FetchError(
                f"{shown(str(url))} may not be read by programs: its site's robots.txt says so.",
                hint="Save the page as a file and give that, or ask the site to allow Gestral.",
                code="robots-refused",
            )
        return min(parsed.crawl_delay(PRODUCT) or 0.0, LONGEST_DELAY)

    def _parsed(self) -> "Protego":
        # Not kept: parsed, a hostile file takes up some forty times its size.
        from protego import Protego

        return Protego.parse(self.text)


class Known(msgspec.Struct, frozen=True):
    """Rules and until when they hold, in the time of the clock."""

    rules: Rules
    until: float


class Robots:
    """The robots.txt of many sites. Those who ask for one site at the same time share a request.

    Args:
        fetch: Reads an address, cut off after `MOST_BYTES`.
        clock: In seconds, never backwards.
    """

    def __init__(
        self,
        fetch: "Callable[[URL], Awaitable[Response]]",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: OrderedDict[URL, Known] = OrderedDict()
        self._characters = 0
        self._loading: dict[URL, asyncio.Task[Rules]] = {}

    async def require(self, url: "URL") -> float:
        """See `Rules.require`."""
        rules = await self.rules(url)
        if len(rules.text) > LONG:
            return await asyncio.to_thread(rules.require, url)
        return rules.require(url)

    async def rules(self, url: "URL") -> Rules:
        """Return what the site of an address asks."""
        site = url.origin()
        known = self._known.get(site)
        if known is not None and known.until > self._clock():
            self._known.move_to_end(site)
            return known.rules
        loading = self._loading.get(site)
        if loading is None:
            loading = self._loading[site] = asyncio.create_task(self._load(site, known))
            loading.add_done_callback(lambda _: self._loading.pop(site, None))
        # Whoever gives up waiting does not take it from the others.
        return await asyncio.shield(loading)

    async def aclose(self) -> None:
        """Stop what is being read."""
        loading = list(self._loading.values())
        for task in loading:
            task.cancel()
        await asyncio.gather(*loading, return_exceptions=True)

    async def _load(self, site: "URL", known: Known | None) -> Rules:
        seconds = LONGEST
        try:
            response = await self._fetch(site.with_path("/robots.txt"))
            rules = Rules(text=await asyncio.to_thread(simplified, response.body))
            seconds = lifetime(response.headers.get("cache-control", ""))
        except FetchError as error:
            if error.code in PASSED_ON:
                return Rules(problem=error)
            if is_absent(error):
                rules = Rules()
            else:
                # An old one may be used for longer while there is no new one (section 2.4).
                old = known.rules if known else None
                rules, seconds = old or Rules(problem=bare(error)), SHORTEST
        self._remember(site, Known(rules, self._clock() + seconds))
        return rules

    def _remember(self, site: "URL", known: Known) -> None:
        self._forget(site)
        self._known[site] = known
        self._characters += len(known.rules.text)
        while len(self._known) > MOST_HOSTS or self._characters > MOST_CHARACTERS:
            self._forget(next(iter(self._known)))

    def _forget(self, site: "URL") -> None:
        if (old := self._known.pop(site, None)) is not None:
            self._characters -= len(old.rules.text)


def is_absent(error: FetchError) -> bool:
    """Say whether a failure means that there is no robots.txt, so that everything is allowed.

    That is any status but those of servers in trouble, and a redirect that never ends (RFC 9309,
    sections 2.3.1.2 and 2.3.1.3). 429 is a 4xx, but asks for less and not for more.
    """
    answered = getattr(error, "answered", 0)
    return error.code == "too-many-redirects" or (0 < answered < 500 and answered != 429)


def unavailable(url: "URL", problem: FetchError) -> FetchError:
    """Say that nothing may be read, because a robots.txt cannot be had."""
    if problem.code in PASSED_ON:
        return problem
    return FetchError(
        f"{shown(str(url))} may not be read for now, because its site's robots.txt cannot be: "
        f"{problem.message}",
        hint="Try again later, or save the page as a file and give that.",
        code="robots-unavailable",
    )


def bare(error: FetchError) -> FetchError:
    """Copy an error without its traceback, which would keep alive all that it passed through."""
    return FetchError(error.message, hint=error.hint, code=error.code)


def lifetime(cache_control: str) -> float:
    """Say for how many seconds a robots.txt is remembered."""
    value = cache_control.lower()
    if NO_CACHE.search(value):
        return SHORTEST
    if age := MAX_AGE.search(value):
        return min(max(float(age[1]), SHORTEST), LONGEST)
    return LONGEST


def simplified(body: bytes) -> str:
    """Read a robots.txt, with all programs but us made one.

    Protego keeps the rules of each program apart, which takes programs times rules; and it lets
    "Ges" mean us too, where the RFC wants the whole token.

    Args:
        body: UTF-8; of one that is cut off the last line is half a line, and left out.
    """
    if len(body) >= MOST_BYTES:
        body = body[:MOST_BYTES].rpartition(b"\n")[0]
    lines = body.decode("utf-8-sig", "replace").splitlines()
    return "\n".join(map(simplified_line, lines)).strip()


def simplified_line(line: str) -> str:
    """Give a line that names a program a name that is `*`, our own, or nobody's."""
    if (agent := AGENT.match(line)) is None:
        return line.partition("#")[0].strip()
    token = (agent["token"] or "").lower()
    return f"User-agent: {token if token in {'*', PRODUCT} else 'another'}"
