"""Being a guest on other people's servers: taking turns, and coming back when they say.

The limits hold within a process; with a `SharedTurns` they hold over all of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from typing import TYPE_CHECKING, Final

from gestral.http.failures import BusyError

if TYPE_CHECKING:
    from gestral.http.shared import SharedTurns

__all__ = ("Turns", "retry_delay", "seconds_from")

LONGEST_REST: Final = 3600.0
"""Seconds for which a host is left alone at most, whatever it asks for."""


class Host:
    """The requests to one host."""

    def __init__(self, concurrent: int) -> None:
        self.slots = asyncio.Semaphore(concurrent)
        self.starting = asyncio.Lock()
        self.users = 0
        self.next_start = 0.0
        self.rest_until = 0.0


class Turns:
    """Limits the requests to each host.

    Args:
        concurrent: How many may run at the same time.
        interval: The least seconds between the starts of two.
        shared: What the processes share; each keeps the limits by itself without.
    """

    def __init__(
        self, concurrent: int, interval: float, shared: "SharedTurns | None" = None
    ) -> None:
        self._concurrent = concurrent
        self._interval = interval
        self._shared = shared
        self._hosts: dict[str, Host] = {}

    @asynccontextmanager
    async def turn(self, name: str, *, until: float, interval: float = 0.0) -> AsyncIterator[None]:
        """Wait for a turn at a host and keep it for the length of the block.

        Args:
            name: The host.
            until: The deadline, in the time of the event loop.
            interval: Seconds until the next one may start, when it asks for more than our own.

        Raises:
            BusyError: The host is to be left alone until after the deadline.
        """
        clock = asyncio.get_running_loop().time
        self._forget(clock())
        host = self._hosts.setdefault(name, Host(self._concurrent))
        host.users += 1
        token = ""
        try:
            async with host.slots:
                async with host.starting:
                    rest = host.rest_until - clock()
                    if rest > 0 and host.rest_until >= until:
                        raise BusyError(name, rest)
                    await asyncio.sleep(max(rest, host.next_start - clock()))
                    if self._shared is not None:
                        token = await self._shared.take(name, until=until, interval=interval)
                    # Counted from now, not from when it was due: a late start delays the next.
                    host.next_start = clock() + max(interval, self._interval)
                yield
        finally:
            host.users -= 1
            if token and self._shared is not None:
                await self._shared.give_back(name, token)

    async def rest(self, name: str, seconds: float) -> None:
        """Leave a host alone for so many seconds, an hour at most."""
        seconds = min(seconds, LONGEST_REST)
        host = self._hosts.setdefault(name, Host(self._concurrent))
        host.rest_until = max(host.rest_until, asyncio.get_running_loop().time() + seconds)
        if self._shared is not None:
            await self._shared.rest(name, seconds)

    async def aclose(self) -> None:
        """Close the connection to what the processes share."""
        if self._shared is not None:
            await self._shared.aclose()

    def _forget(self, now: float) -> None:
        """Drop the hosts that nobody waits for, so that a long life does not fill the memory."""
        idle = [
            name
            for name, host in self._hosts.items()
            if host.users == 0 and max(host.next_start, host.rest_until) <= now
        ]
        for name in idle:
            del self._hosts[name]


def retry_delay(attempt: int, retry_after: str, *, backoff: float, now: datetime) -> float:
    """Say how many seconds to wait before a request is tried again.

    Args:
        attempt: How often it was tried, from 1.
        retry_after: The server's own word, seconds or a date (RFC 9110, section 10.2.3); it may
            lengthen the wait but not shorten it. An unreadable one counts as none.
        backoff: Seconds before the second attempt; it doubles from there. A random share of its
            upper half is left out, so that many clients do not return together.
        now: With a time zone.
    """
    own = backoff * 2 ** (attempt - 1)
    return max(uniform(own / 2, own), seconds_from(retry_after, now))  # noqa: S311 - no secret


def seconds_from(retry_after: str, now: datetime) -> float:
    """Read a Retry-After header; 0 when it says nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # More digits than a year has seconds mean the same: not today.
        return float(text[:9]) if len(text) <= 9 else float("inf")
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if when.tzinfo is None:  # "-0000" is UTC here
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
