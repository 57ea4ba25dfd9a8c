"""SAQ's queue in Valkey, for tickets alone: what it would keep of each job stands in PostgreSQL.

A ticket is a job of SAQ's, one element of a list, and gone once it was handed out. SAQ's records,
its list of what is active, its retries and its sweeps would be written for each and read by nobody.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from redis.exceptions import RedisError
from saq import Job, Status
from saq.queue.redis import RedisQueue
from saq.types import WorkerInfo

from gestral.jobs.batch import Batch

__all__ = ("TicketQueue",)

ASKING = 1.0
"""Seconds for which one question to Valkey holds: a worker that is paused, or cut off, must not go
on being handed tickets that it cannot take, and one that stops waits for the answer."""

SILENCE = 10.0
"""Seconds without an answer after which Valkey is taken for gone: a cut cable says nothing."""

PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds between two questions to a Valkey that is away; the last one for all further."""

log = logging.getLogger(__name__)


class TicketQueue(RedisQueue):
    """Hands tickets to the worker's slots: all that are free ask together.

    Args:
        url: Of Valkey or Redis.
        name: Of the queue.
        slots: Tickets that may be out at once, until they are released. SAQ's worker must have
            more, so that what became of a job is written while its slot does the next.
    """

    def __init__(self, url: str, *, name: str, slots: int) -> None:
        from redis.asyncio import Redis

        # SAQ's own choice by scheme knows no unix://
        super().__init__(
            Redis.from_url(url, socket_timeout=SILENCE, socket_connect_timeout=SILENCE),
            name=name,
            dump=msgspec.json.encode,
            load=msgspec.json.decode,
        )
        self._valkey: Any = self.redis  # whose types say that it may be one that does not wait
        self._free = asyncio.Semaphore(slots)
        self._out: set[int] = set()
        self._closing = asyncio.Event()
        self._asks = Batch(self._ask)
        self._failures = 0

    async def send(self, tickets: Sequence[Job]) -> None:
        """Append tickets, in their order."""
        for ticket in tickets:
            ticket.queue = self
        await self._valkey.rpush(self._queued, *(self.serialize(ticket) for ticket in tickets))

    async def dequeue(
        self,
        timeout: float = 0.0,  # noqa: ASYNC109 - SAQ's
        poll_interval: float = 0.0,
    ) -> Job | None:
        """Return the next ticket, once there is a free slot and a ticket for it."""
        del timeout, poll_interval
        await self._free.acquire()
        try:
            while not self._closing.is_set():
                if ticket := await self._asks.ask(None):
                    self._out.add(id(ticket))
                    return ticket
            await asyncio.Event().wait()  # until SAQ cancels its slots
        except BaseException:
            self._free.release()
            raise
        return None

    def release(self, ticket: Job) -> None:
        """Free the slot of a ticket that was handed out, unless it is free already."""
        if id(ticket) in self._out:
            self._out.remove(id(ticket))
            self._free.release()

    async def _ask(self, slots: Sequence[None]) -> Sequence[Job | None]:
        try:
            found: list[bytes] = await self._valkey.lpop(self._queued, len(slots)) or []
            if not found and (waited := await self._valkey.blpop([self._queued], ASKING)):
                found = [waited[1]]
            if found and self._closing.is_set():
                await self._valkey.lpush(self._queued, *reversed(found))
                found = []
        except (RedisError, OSError) as error:
            await self._pause(error)
            found = []
        else:
            self._failures = 0
        return [*map(self._read, found), *[None] * (len(slots) - len(found))]

    def _read(self, ticket: bytes) -> Job | None:
        try:
            return self.deserialize(ticket)
        except (LookupError, TypeError, ValueError):  # a job's lease brings its ticket back
            log.warning("the queue %s: something that is no ticket was dropped", self.name)
            return None

    async def _pause(self, error: Exception) -> None:
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        if self._failures % 10 == 0:
            log.warning("the queue %s: %s; trying again", self.name, error)
        self._failures += 1
        try:
            async with asyncio.timeout(pause):
                await self._closing.wait()
        except TimeoutError:
            return

    async def close(self) -> None:
        """Hand out nothing more; what was asked for meanwhile goes back to the front."""
        self._closing.set()
        await self._asks.idle()

    async def disconnect(self) -> None:
        """Close the connections, without a word to a Valkey that may be away."""
        await self.redis.aclose()

    async def update(self, job: Job, **kwargs: Any) -> None:
        """Nothing: PostgreSQL knows."""

    async def finish(
        self,
        job: Job,
        status: Status,
        *,
        result: Any = None,
        error: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Nothing: PostgreSQL knows."""

    async def retry(self, job: Job, error: str | None) -> None:
        """Nothing: the lease in PostgreSQL runs out, or the job was handed back."""

    async def schedule(self, lock: int = 1) -> list[str]:
        """Nothing: the dispatcher does."""
        del lock
        return []

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Nothing: the dispatcher does."""
        del lock, abort
        return []

    async def jobs(self, job_keys: Any) -> list[Job | None]:
        """Nothing: SAQ asks which of those that run long were aborted, and none is through it."""
        del job_keys
        return []

    async def write_worker_info(self, worker_id: str, info: WorkerInfo, ttl: int) -> None:
        """Nothing: nobody reads it."""
