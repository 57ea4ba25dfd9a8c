"""Turns at a host over all processes: who may go next stands in Valkey.

For each host there are three keys, all of which expire: how long it is left alone, how long until
the next request may start, and who is there at the moment, each with a lease, so that a process
that dies takes its turn away for no longer than its own deadline. Times are Valkey's, so that the
clocks of machines need not agree. Hosts are named by a digest: short, and nobody's business.
"""

import asyncio
import hashlib
import logging
import uuid
from random import uniform
from typing import TYPE_CHECKING, Any, Final

from gestral.http.failures import BusyError

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ("SharedTurns",)

TAKE: Final = """
local rest = redis.call('PTTL', KEYS[1])
if rest > 0 then return {'resting', rest} end
local wait = redis.call('PTTL', KEYS[2])
if wait > 0 then return {'early', wait} end
local interval, most, lease = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if redis.call('ZCARD', KEYS[3]) >= most then return {'full', 0} end
redis.call('ZADD', KEYS[3], now + lease, ARGV[1])
if redis.call('PTTL', KEYS[3]) < lease then redis.call('PEXPIRE', KEYS[3], lease) end
if interval > 0 then redis.call('SET', KEYS[2], '', 'PX', interval) end
return {'taken', 0}
"""

REST: Final = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
end
"""

PATIENCE: Final = 1.0
"""Seconds for an answer of Valkey; without one, processes keep their distance each for itself."""

AWAY: Final = 5.0
"""Seconds for which a Valkey that did not answer is not asked again."""

GRACE: Final = 5.0
"""Seconds that a lease is longer than the deadline of who has it."""

SHORTEST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.5
"""Seconds before a place is asked for again."""

log = logging.getLogger(__name__)


class SharedTurns:
    """Limits the requests to each host over all processes that name the same Valkey.

    Nothing fails because Valkey is away: its users then keep the limits within their own process.

    Args:
        redis_url: Of Valkey.
        concurrent: Requests to one host at the same time.
        interval: The least seconds between the starts of two.
    """

    def __init__(self, redis_url: str, concurrent: int, interval: float) -> None:
        self._url = redis_url
        self._concurrent = concurrent
        self._interval = interval
        self._connected: Redis | None = None
        self._away_until = 0.0

    async def take(self, host: str, *, until: float, interval: float) -> str:
        """Wait for a turn.

        Args:
            host: Whose.
            until: The deadline in the time of the event loop; the turn ends by itself soon after.
            interval: Seconds until the next one, when the host asks for more than our own.

        Returns:
            What to give back, or "" when Valkey is away.

        Raises:
            BusyError: The host is to be left alone until after the deadline.
        """
        clock = asyncio.get_running_loop().time
        token = uuid.uuid4().hex
        milliseconds = round(max(interval, self._interval) * 1000)
        pause = SHORTEST_PAUSE
        try:
            while True:
                lease = round((until - clock() + GRACE) * 1000)
                arguments = (token, milliseconds, self._concurrent, lease)
                found = await self._try("EVAL", TAKE, 3, *keys(host), *arguments)
                if found is None:
                    return ""
                if found[0] == b"taken":
                    return token
                seconds = found[1] / 1000
                if found[0] == b"resting" and clock() + seconds >= until:
                    raise BusyError(host, seconds)
                # When a place gets free nobody can tell; it is asked for less and less often.
                pause = min(2 * pause, LONGEST_PAUSE) if found[0] == b"full" else SHORTEST_PAUSE
                # A little later than told: those who wait should not all come back at once.
                await asyncio.sleep(seconds + uniform(pause / 2, pause))  # noqa: S311 - no secret
        except asyncio.CancelledError:
            await self.give_back(host, token)
            raise

    async def give_back(self, host: str, token: str) -> None:
        """End a turn."""
        await self._try("ZREM", keys(host)[2], token)

    async def rest(self, host: str, seconds: float) -> None:
        """Have a host be left alone for so many seconds, or for longer if that is known already."""
        await self._try("EVAL", REST, 1, keys(host)[0], round(seconds * 1000))

    async def aclose(self) -> None:
        """Close the connections. What is called later opens new ones."""
        if self._connected is not None:
            connected, self._connected = self._connected, None
            await connected.aclose()

    async def _try(self, *command: str | int) -> Any:
        """Return what Valkey answers, or None when it does not."""
        from redis.exceptions import RedisError

        clock = asyncio.get_running_loop().time
        if clock() < self._away_until:
            return None
        try:
            return await self._redis().execute_command(*command)
        except (RedisError, OSError) as error:
            self._away_until = clock() + AWAY
            log.warning(
                "each process keeps its own distance to hosts for now: Valkey does not answer (%s)",
                type(error).__name__,
            )
            return None

    def _redis(self) -> Any:  # its method for commands has no types
        if self._connected is None:
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            self._connected = Redis.from_url(
                self._url,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
            )
        return self._connected


def keys(host: str) -> tuple[str, str, str]:
    """Name a host's keys; the braces keep them on one node of a cluster."""
    digest = hashlib.sha256(host.encode()).hexdigest()[:32]
    prefix = f"gestral:guest:{{{digest}}}"
    return f"{prefix}:rest", f"{prefix}:next", f"{prefix}:here"
