"""The worker process: SAQ carries tickets, the runner does the work, a dispatcher feeds both."""

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from gestral.app.services import Platform
from gestral.capabilities import JOBS
from gestral.errors import ServiceError
from gestral.jobs.dispatcher import Dispatcher, Ticket
from gestral.jobs.outbox import Outbox
from gestral.jobs.runner import Runner
from gestral.jobs.work import all_work

if TYPE_CHECKING:
    from saq.queue import Queue

__all__ = ("QUEUE", "work_until_stopped")

QUEUE = "gestral"
ORPHAN = "core.orphan"
"""Carries jobs whose plugin is gone, so that they end as failed and not as waiting for ever."""

DEADLINE = 10.0
"""Seconds that running jobs are given at the end to hand themselves back."""


async def work_until_stopped(platform: Platform, stop: asyncio.Event, *, concurrency: int) -> None:
    """Do jobs until `stop` is set, then hand back what is not finished.

    Args:
        platform: Whose plugins' jobs.
        stop: Ends the work.
        concurrency: Jobs at once in this process.

    Raises:
        ServiceError: Valkey is not there, or may drop what it holds.
    """
    from saq import Worker
    from saq.queue.redis import RedisQueue

    url = platform.core_settings.redis_url
    queue = RedisQueue.from_url(url, name=QUEUE)  # SAQ's own choice by scheme knows no unix://
    await queue.connect()
    await refuse_forgetful(queue)
    work = all_work(platform.registry.plugins)
    outbox = platform.get(JOBS)
    assert isinstance(outbox, Outbox)  # noqa: S101 - core provides it itself
    runner = Runner(platform, work, outbox.live)

    async def carry(_context: Any, *, job: str) -> None:
        await runner.run(uuid.UUID(job))

    async def send(ticket: Ticket) -> None:
        job_id, name, attempt = ticket
        one = work.get(name)
        await queue.enqueue(
            name if one else ORPHAN,
            key=f"{job_id}:{attempt}",
            job=str(job_id),
            timeout=int(one.timeout if one else 60) + 60,
            retries=1,
            ttl=60,
        )

    functions = [(name, carry) for name in (*work, ORPHAN)]
    worker = Worker(
        queue,
        functions=functions,
        concurrency=concurrency,
        # SAQ's grace waits for its own upkeep too, so that stopping always takes all of it.
        # Jobs are handed back instead, and lose no more than the step they were at.
        cancellation_hard_deadline_s=DEADLINE,
    )
    worker.SIGNALS = []  # the caller's process has its own
    dispatching = asyncio.create_task(
        Dispatcher(platform, work, outbox).run(platform.core_settings.database_url, send)
    )
    working = asyncio.create_task(worker.start())
    try:
        await asyncio.wait(
            [working, dispatching, asyncio.create_task(stop.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        dispatching.cancel()
        await worker.stop()
        await asyncio.gather(dispatching, working, return_exceptions=True)
        await queue.disconnect()


async def refuse_forgetful(queue: "Queue") -> None:
    """Refuse a Valkey or Redis that may evict jobs.

    Raises:
        ServiceError: Its policy can drop keys that were not asked to expire.
    """
    # INFO, because services in the cloud keep CONFIG to themselves.
    memory = await queue.redis.info("memory")  # type: ignore[attr-defined]
    found = memory.get("maxmemory_policy", "noeviction")
    if not found.startswith(("noeviction", "volatile-")):
        raise ServiceError(
            f"Valkey may drop waiting jobs: its maxmemory-policy is {found}.",
            hint="Set maxmemory-policy to noeviction.",
        )
