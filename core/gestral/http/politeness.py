"""Being a guest on other people's servers: taking turns, and coming back when they say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform

__all__ = ("Turns", "retry_delay")


class Host:
    """The requests to one host."""

    def __init__(self, concurrent: int) -> None:
        self.slots = asyncio.Semaphore(concurrent)
        self.starting = asyncio.Lock()
        self.users = 0
        self.next_start = 0.0


class Turns:
    """Limits the requests to each host.

    Args:
        concurrent: How many may run at the same time.
        interval: The least seconds between the starts of two.
    """

    def __init__(self, concurrent: int, interval: float) -> None:
        self._concurrent = concurrent
        self._interval = interval
        self._hosts: dict[str, Host] = {}

    @asynccontextmanager
    async def turn(self, name: str, interval: float = 0.0) -> AsyncIterator[None]:
        """Wait for a turn at a host and keep it for the length of the block.

        Args:
            name: The host.
            interval: Seconds until the next one may start, when it asks for more than our own.
        """
        clock = asyncio.get_running_loop().time
        self._forget(clock())
        host = self._hosts.setdefault(name, Host(self._concurrent))
        host.users += 1
        try:
            async with host.slots:
                async with host.starting:
                    await asyncio.sleep(host.next_start - clock())
                    # Counted from now, not from when it was due: a late start delays the next.
                    host.next_start = clock() + max(interval, self._interval)
                yield
        finally:
            host.users -= 1

    def _forget(self, now: float) -> None:
        """Drop the hosts that nobody waits for, so that a long life does not fill the memory."""
        idle = [
            name for name, host in self._hosts.items() if host.users == 0 and host.next_start <= now
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
