"""Emptying the outbox into the queue, restoring what was lost, and firing what is scheduled."""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from sqlalchemy import case, select, update

from gestral.capabilities import CLOCK
from gestral.jobs.model import JobRow
from gestral.jobs.outbox import CHANNEL, Outbox
from gestral.jobs.work import Work
from gestral.plugin import Services

if TYPE_CHECKING:
    from psycopg import AsyncConnection

__all__ = ("Dispatcher", "Ticket")

QUEUED_LEASE = dt.timedelta(seconds=60)
"""After which a job that was sent and not started is sent again; the queue drops a duplicate."""

BATCH = 100
TICK = 1.0
"""Seconds between two looks when nobody rings."""

SCHEDULES = uuid.UUID("8c5b5a3e-6d0f-5b0a-9f2e-3c1d7b4a6e90")
"""Namespace of the ids of scheduled jobs: the same due time has the same id in every process."""

log = logging.getLogger(__name__)

Ticket = tuple[uuid.UUID, str, int]
"""A job's id, its name, and the number of starts it has had."""


class Dispatcher:
    """Moves what is due from the table to `send`.

    Args:
        services: The platform.
        work: All work by name.
        outbox: Where scheduled jobs are written.
    """

    def __init__(self, services: Services, work: dict[str, Work], outbox: Outbox) -> None:
        self._services = services
        self._scheduled = [one for one in work.values() if one.cron]
        self._attempts = {one.name: one.attempts for one in work.values()}
        self._outbox = outbox
        self._started = services.get(CLOCK).now()
        self._fired: dict[str, dt.datetime] = {}

    async def run(self, url: str, send: Callable[[Ticket], Awaitable[None]]) -> None:
        """Go on until cancelled; a database that is away is waited for.

        Args:
            url: Of PostgreSQL, for a connection of its own that listens.
            send: Puts a ticket into the queue; raising leaves the job to the next sweep.
        """
        import psycopg

        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as bell:
                    await bell.execute(f"LISTEN {CHANNEL}")
                    while True:
                        await self.once(send)
                        await _ring(bell, TICK)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
                log.warning("dispatcher: %s; trying again", error)
                await asyncio.sleep(TICK)

    async def once(self, send: Callable[[Ticket], Awaitable[None]]) -> int:
        """Do one round, and return how many tickets were sent."""
        await self.schedule()
        await self.sweep()
        sent = 0
        while tickets := await self.take():
            for ticket in tickets:
                await send(ticket)
                sent += 1
        return sent

    async def take(self) -> list[Ticket]:
        """Mark up to a batch of due jobs as queued and return their tickets."""
        now = self._services.get(CLOCK).now()
        due = (
            select(JobRow.id)
            .where(JobRow.state == "waiting", JobRow.run_at <= now)
            .order_by(JobRow.run_at, JobRow.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        async with self._services.across_organisations() as session:
            rows = await session.execute(
                update(JobRow)
                .where(JobRow.id.in_(due.scalar_subquery()))
                .values(state="queued", lease_until=now + QUEUED_LEASE)
                .returning(JobRow.id, JobRow.name, JobRow.attempt)
            )
            return [(row.id, row.name, row.attempt) for row in rows]

    async def sweep(self) -> None:
        """Take back what nobody holds any more: lost tickets, and jobs of dead workers."""
        now = self._services.get(CLOCK).now()
        limits = case(self._attempts, value=JobRow.name, else_=1) if self._attempts else 1
        spent = (JobRow.state == "running") & (JobRow.attempt >= limits)
        async with self._services.across_organisations() as session:
            await session.execute(
                update(JobRow)
                .where(JobRow.lease_until < now, spent)
                .values(
                    state="failed",
                    lease_until=None,
                    finished_at=now,
                    reason="The worker died while doing it, as often as it was tried.",
                    code="worker-died",
                )
            )
            await session.execute(
                update(JobRow)
                .where(JobRow.lease_until < now, JobRow.state.in_(("queued", "running")))
                .values(state="waiting", lease_until=None, run_at=now)
            )

    async def schedule(self) -> None:
        """Write the jobs whose latest due time has come and that nobody has written yet.

        A time that was missed is made up once, however many were; a schedule that never fired
        before starts with the next due time, not with the last.
        """
        from croniter import croniter

        now = self._services.get(CLOCK).now()
        for work in self._scheduled:
            due = croniter(work.cron, now).get_prev(dt.datetime)
            if self._fired.get(work.name) == due:
                continue
            async with self._services.across_organisations() as session:
                before = select(JobRow.id).where(JobRow.name == work.name).limit(1)
                if due > self._started or await session.scalar(before) is not None:
                    same = uuid.uuid5(SCHEDULES, f"{work.name}@{due.isoformat()}")
                    await self._outbox.insert(session, work, work.arguments(), id=same)
            self._fired[work.name] = due


async def _ring(bell: "AsyncConnection[object]", seconds: float) -> None:
    """Wait until something is written into the outbox, or the seconds are over."""
    async for _ in bell.notifies(timeout=seconds, stop_after=1):
        return
