"""Telling watchers in other processes that a job has changed, over Valkey's publish and subscribe.

A message says only that something changed; what it is stands in the database. A lost message
therefore costs a delay and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gestral.errors import ServiceError

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ("Live",)

PREFIX = "gestral:changed:"

PUBLISH = "for _, topic in ipairs(ARGV) do redis.call('PUBLISH', topic, '') end"
"""All at once, for a fraction of what as many commands cost."""


class Live:
    """Signals by topic. Without a Valkey (in tests) watchers look at the database on their own."""

    def __init__(self, redis: "Redis | None") -> None:
        self._redis = redis
        self._untold: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    def tell(self, *topics: str) -> None:
        """Wake whoever listens to the topics, soon; nobody waits for it.

        A message may be lost, so errors are let go.
        """
        if self._redis is None:
            return
        self._untold.update(topics)
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_all(self._redis))

    async def _tell_all(self, redis: "Redis") -> None:
        from redis.exceptions import RedisError

        try:
            while self._untold:
                topics, self._untold = self._untold, set()
                await redis.eval(PUBLISH, 0, *(PREFIX + topic for topic in topics))  # type: ignore[misc]
        except RedisError:
            return
        finally:
            self._telling = None

    @asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
        """Give a function that waits until the topic is told, or the seconds are over."""
        if self._redis is None:
            yield asyncio.sleep
            return
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(PREFIX + topic)

            async def changed(seconds: float) -> None:
                await subscription.get_message(ignore_subscribe_messages=True, timeout=seconds)

            yield changed

    async def ping(self) -> None:
        """Ask Valkey whether it is there.

        Raises:
            ServiceError: It does not answer.
        """
        from redis.exceptions import RedisError

        if self._redis is not None:
            try:
                await self._redis.publish(PREFIX, b"")
            except RedisError as error:
                raise ServiceError("Valkey does not answer.") from error

    async def aclose(self) -> None:
        """Say what is to be said, and close the connection."""
        if self._telling is not None:
            await asyncio.wait([self._telling])
        if self._redis is not None:
            await self._redis.aclose()
