"""The worker process: SAQ carries tickets, the runner does the work, a dispatcher feeds both."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gestral.app.services import Platform
from gestral.capabilities import JOBS
from gestral.errors import InputError
from gestral.jobs.dispatcher import Dispatcher
from gestral.jobs.ledger import Ticket
from gestral.jobs.outbox import Outbox
from gestral.jobs.runner import Runner
from gestral.jobs.work import Work, all_work

if TYPE_CHECKING:
    from saq import Job, Worker

    from gestral.jobs.tickets import TicketQueue

__all__ = ("QUEUE", "slots_for", "work_until_stopped")

QUEUE = "gestral:tickets"
"""What the names of all queues in Valkey begin with."""

ORPHAN = "core.orphan"
"""Carries jobs whose plugin is gone, so that they end as failed and not as waiting for ever."""

DEADLINE = 10.0
"""Seconds that jobs are given at the very end to hand themselves back."""

SHORT, LONG = 8, 2
"""Jobs at once in the queue `default`, whose jobs mostly wait for others, and in each other one."""

AHEAD = 2
"""Jobs that are sent ahead for each slot, so that a worker need not wait for the next."""


def slots_for(
    work: Mapping[str, Work], *, queues: Sequence[str] = (), concurrency: int | None = None
) -> dict[str, int]:
    """Return how many jobs at once a worker does in each queue.

    Args:
        work: All work by name.
        queues: Those to serve; all that the work names when empty.
        concurrency: Jobs at once in each; by default few in those for long work.

    Raises:
        InputError: No loaded plugin has work in one of the queues.
    """
    known = {"default", *(one.queue for one in work.values())}
    unknown = sorted(set(queues) - known)
    if unknown:
        raise InputError(
            f"No loaded plugin has a queue {unknown[0]!r}.",
            hint=f"There are {', '.join(sorted(known))}.",
        )
    return {
        queue: concurrency or (SHORT if queue == "default" else LONG)
        for queue in sorted(queues or known)
    }


async def work_until_stopped(
    platform: Platform, stop: asyncio.Event, *, slots: Mapping[str, int]
) -> None:
    """Do jobs until `stop` is set; then let what runs finish for a while, and hand back the rest.

    Args:
        platform: Whose plugins' jobs.
        stop: Ends the work.
        slots: Jobs at once in this process, by the queues that it serves.
    """
    from gestral.jobs.tickets import TicketQueue

    settings = platform.core_settings
    work = all_work(platform.registry.plugins)
    outbox = platform.get(JOBS)
    assert isinstance(outbox, Outbox)  # noqa: S101 - core provides it itself
    queues = {
        name: TicketQueue(settings.redis_url, name=f"{QUEUE}:{name}", slots=count)
        for name, count in slots.items()
    }
    windows = {name: AHEAD * count for name, count in slots.items()}
    dispatcher = Dispatcher(platform, work, outbox, windows)
    runner = Runner(platform, work, outbox, dispatcher.ring)

    async def carry(context: Any, *, job: str) -> None:
        ticket = context["job"]
        if runner.closed:  # it was handed out in the moment of stopping
            await ticket.queue.send([ticket])
        await runner.run(uuid.UUID(job), lambda: ticket.queue.release(ticket))

    async def send(tickets: Sequence[Ticket], queue: str) -> None:
        await queues[queue].send([_job(ticket, work.get(ticket.name)) for ticket in tickets])

    functions = [(name, carry) for name in (*work, ORPHAN)]
    workers = [_worker(queues[name], functions, count) for name, count in slots.items()]
    counting = asyncio.create_task(runner.tally.keep(platform))
    dispatching = asyncio.create_task(dispatcher.run(settings.database_url, send, runner.look))
    working = [asyncio.create_task(worker.start()) for worker in workers]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*working, dispatching, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        dispatcher.stop()
        await asyncio.gather(
            runner.drain(settings.drain_seconds), *(queue.close() for queue in queues.values())
        )
        await asyncio.gather(*(worker.stop() for worker in workers))
        await asyncio.wait([dispatching], timeout=DEADLINE)
        dispatching.cancel()
        counting.cancel()
        await asyncio.gather(counting, dispatching, *working, return_exceptions=True)
        await runner.tally.write(platform)
        for queue in queues.values():
            await queue.disconnect()


def _job(ticket: Ticket, work: Work | None) -> "Job":
    from saq import Job

    return Job(
        function=ticket.name if work else ORPHAN,
        # Two tickets for a job do no harm: one claims it.
        key=f"{ticket.id}:{ticket.attempt}",
        kwargs={"job": str(ticket.id)},
        timeout=int(work.timeout if work else 60) + 60,
    )


def _worker(queue: "TicketQueue", functions: Sequence[Any], slots: int) -> "Worker[Any]":
    from saq import Worker

    worker: Worker[Any] = Worker(
        queue,
        functions=functions,
        concurrency=2 * slots,
        after_process=_release,
        # SAQ's grace waits for its own upkeep too, so that stopping always takes all of it: the
        # runner drains instead, and what is cancelled here hands itself back.
        cancellation_hard_deadline_s=DEADLINE,
    )
    worker.SIGNALS = []  # the caller's process has its own
    return worker


async def _release(context: Any) -> None:
    """However a ticket ended: its function may be unknown here, its job somebody else's."""
    context["job"].queue.release(context["job"])
