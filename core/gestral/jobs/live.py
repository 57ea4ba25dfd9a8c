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


class Live:
    """Signals by topic. Without a Valkey (in tests) watchers look at the database on their own."""

    def __init__(self, redis: "Redis | None") -> None:
        self._redis = redis

    async def tell(self, *topics: str) -> None:
        """Wake whoever listens to the topics. Nobody may miss it for good, so errors are let go."""
        from redis.exceptions import RedisError

        if self._redis is not None:
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for topic in topics:
                        pipe.publish(PREFIX + topic, b"")
                    await pipe.execute()
            except RedisError:
                return

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
        """Close the connection."""
        if self._redis is not None:
            await self._redis.aclose()
