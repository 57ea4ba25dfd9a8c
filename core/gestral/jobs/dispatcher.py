"""Emptying the outbox into the queues, restoring what was lost, and firing what is scheduled."""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert

from gestral.capabilities import CLOCK
from gestral.jobs.ledger import Ticket
from gestral.jobs.model import JobRow, ScheduleRow
from gestral.jobs.outbox import CANCELLED, CHANNEL, Outbox
from gestral.jobs.tally import Tally
from gestral.jobs.work import Work
from gestral.plugin import Services
from gestral.settings import Settings

if TYPE_CHECKING:
    from psycopg import AsyncConnection

__all__ = ("WINDOW", "Dispatcher", "Send")

QUEUED_LEASE = dt.timedelta(seconds=45)
"""After which a job that was sent and not started is sent again; of two tickets one claims it. A
worker that dies with a ticket in hand is thus noticed within a minute."""

WINDOW = 100
"""Jobs of one queue that are sent ahead of the workers, where nobody says otherwise."""

LONGEST = 5.0
"""Seconds between two tries at most, while PostgreSQL or Valkey is away."""

TICK = 1.0
"""Seconds between two looks when nobody rings, and between two sweeps."""

log = logging.getLogger(__name__)

Send = Callable[[Sequence[Ticket], str], Awaitable[None]]
"""Puts tickets, in their order, into the queue of a name; by raising it leaves them all."""


class Dispatcher:
    """Moves what is due from the table to `send`.

    No more is sent ahead than `windows` says, so that who comes next is decided late: what an
    organisation asks for now waits behind the window and what runs, never behind another's backlog.

    Args:
        services: The platform.
        work: All work by name.
        outbox: Where the jobs are written down.
        windows: Jobs of each queue that may be sent and not started; `WINDOW` of each queue that
            the work names, when left out.
    """

    def __init__(
        self,
        services: Services,
        work: Mapping[str, Work],
        outbox: Outbox,
        windows: Mapping[str, int] | None = None,
    ) -> None:
        self._services = services
        self._scheduled = [one for one in work.values() if one.cron]
        self._attempts = {one.name: one.attempts for one in work.values()}
        self._outbox = outbox
        self._windows = windows or {one.queue: WINDOW for one in work.values()}
        self._most = services.settings(Settings).jobs_per_organisation
        self._fired: dict[str, dt.datetime] = {}
        self._rung = asyncio.Event()
        self._stopping = False

    def ring(self) -> None:
        """Have `run` look at once: a job was started, so that there is room for another."""
        self._rung.set()

    def stop(self) -> None:
        """Have `run` end when what it took is sent."""
        self._stopping = True
        self.ring()

    async def run(
        self, url: str, send: Send, cancelled: Callable[[uuid.UUID], None] = lambda _job_id: None
    ) -> None:
        """Go on until stopped; a database that is away is waited for.

        Args:
            url: Of PostgreSQL, for a connection of its own that listens.
            send: Sends the tickets.
            cancelled: Called with each job that is cancelled.
        """
        import psycopg

        clock = asyncio.get_running_loop().time
        pause = TICK
        while not self._stopping:
            begun = clock()
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as bell:
                    await bell.execute(f"LISTEN {CHANNEL}")
                    await bell.execute(f"LISTEN {CANCELLED}")
                    listening = asyncio.create_task(self._listen(bell, cancelled))
                    try:
                        await self._until_broken(listening, send)
                    finally:
                        listening.cancel()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
                pause = TICK if clock() - begun > LONGEST else min(2 * pause, LONGEST)
                log.warning("dispatcher: %s; trying again in %.0f s", error, pause)
                await asyncio.sleep(pause)

    async def _until_broken(self, listening: "asyncio.Task[None]", send: Send) -> None:
        clock = asyncio.get_running_loop().time
        next_upkeep = clock()
        while not self._stopping and not listening.done():
            self._rung.clear()
            if clock() >= next_upkeep:
                await self.upkeep()
                next_upkeep = clock() + TICK
            for queue in self._windows:
                await self._fill(queue, send)
            try:
                async with asyncio.timeout_at(next_upkeep):
                    await self._rung.wait()
            except TimeoutError:
                continue
        if listening.done():
            listening.result()

    async def _listen(
        self, bell: "AsyncConnection[object]", cancelled: Callable[[uuid.UUID], None]
    ) -> None:
        async for notice in bell.notifies():
            if notice.channel == CANCELLED:
                cancelled(uuid.UUID(notice.payload))
            else:
                self.ring()

    async def once(self, send: Send) -> int:
        """Do upkeep, send all that is due, and return how many tickets that was."""
        await self.upkeep()
        sent = 0
        progress = True
        while progress:
            counts = [await self._fill(queue, send) for queue in self._windows]
            progress = any(counts)
            sent += sum(counts)
        return sent

    async def _fill(self, queue: str, send: Send) -> int:
        tickets = await self.take(queue)
        if tickets:
            try:
                await send(tickets, queue)
            except Exception:
                await self._outbox.ledger.unsend(tickets)
                raise
        return len(tickets)

    async def take(self, queue: str = "default") -> list[Ticket]:
        """Mark due jobs as queued, as many as the queue's window has room for, in their order.

        It costs one probe for each organisation that waits, and nothing for the jobs behind.
        """
        return await self._outbox.ledger.take(
            queue,
            window=self._windows[queue],
            most=self._most,
            now=self._services.get(CLOCK).now(),
            lease=QUEUED_LEASE,
        )

    async def upkeep(self) -> None:
        """Fire what is due by its schedule, and take back what nobody holds any more."""
        await self.schedule()
        await self.sweep()

    async def sweep(self) -> None:
        """Take back what nobody holds any more: lost tickets, and jobs of dead workers."""
        now = self._services.get(CLOCK).now()
        limits = case(self._attempts, value=JobRow.name, else_=1) if self._attempts else 1
        spent = (JobRow.state == "running") & (JobRow.attempt - JobRow.forgiven >= limits)
        async with self._services.across_organisations() as session:
            dead = await session.execute(
                update(JobRow)
                .where(JobRow.lease_until < now, spent)
                .values(
                    state="failed",
                    lease_until=None,
                    finished_at=now,
                    reason="The worker died while doing it, as often as it was tried.",
                    code="worker-died",
                )
                .returning(JobRow.name, JobRow.started_at)
            )
            tally = Tally()
            for row in dead:
                tally.count(row.name, "died", (now - (row.started_at or now)).total_seconds())
            await tally.add_to(session)
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
                first = insert(ScheduleRow).values(name=work.name, due=due)
                begun = await session.scalar(
                    first.on_conflict_do_nothing().returning(ScheduleRow.name)
                )
                ours = begun is None and await session.scalar(
                    update(ScheduleRow)
                    .where(ScheduleRow.name == work.name, ScheduleRow.due < due)
                    .values(due=due)
                    .returning(ScheduleRow.name)
                )
                if ours:
                    await self._outbox.insert(session, work, [work.arguments()])
            self._fired[work.name] = due
