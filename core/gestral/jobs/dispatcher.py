"""Emptying the outbox into the queues, restoring what was lost, and firing what is scheduled."""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import case, text, update
from sqlalchemy.dialects.postgresql import insert

from gestral.capabilities import CLOCK
from gestral.jobs.model import JobRow, ScheduleRow
from gestral.jobs.outbox import CHANNEL, Outbox
from gestral.jobs.tally import Tally
from gestral.jobs.work import Work
from gestral.plugin import Services
from gestral.settings import Settings

if TYPE_CHECKING:
    from psycopg import AsyncConnection

__all__ = ("WINDOW", "Dispatcher", "Ticket")

QUEUED_LEASE = dt.timedelta(seconds=60)
"""After which a job that was sent and not started is sent again; of two tickets one claims it."""

WINDOW = 100
"""Jobs of one queue that are sent ahead of the workers, where nobody says otherwise."""

TICK = 1.0
"""Seconds between two looks when nobody rings, and between two sweeps."""

log = logging.getLogger(__name__)

Ticket = tuple[uuid.UUID, str, int]
"""A job's id, its name, and the number of starts it has had."""

LOCK_AND_COUNT = text("""
    SELECT count(*) FROM core.job,
        (SELECT pg_advisory_xact_lock(hashtextextended('gestral queue ' || :queue, 0))) AS held
    WHERE queue = :queue AND state = 'queued'
""")

TAKE = text("""
    WITH RECURSIVE organisation(id) AS (
        -- One probe of the index for each organisation that waits, however many jobs it has. The
        -- NULL that ends the search stands for the jobs that belong to none.
        SELECT (SELECT organisation_id FROM core.job
                WHERE state = 'waiting' AND queue = :queue AND organisation_id IS NOT NULL
                ORDER BY organisation_id LIMIT 1)
        UNION ALL
        SELECT (SELECT organisation_id FROM core.job
                WHERE state = 'waiting' AND queue = :queue AND organisation_id > organisation.id
                ORDER BY organisation_id LIMIT 1)
        FROM organisation WHERE organisation.id IS NOT NULL
    ), busy AS (
        SELECT organisation_id AS id, count(*) AS jobs FROM core.job
        WHERE queue = :queue AND state IN ('queued', 'running') GROUP BY organisation_id
    ), due AS (
        SELECT next.id, next.turn + coalesce(busy.jobs, 0) AS turn, next.priority, next.run_at
        FROM organisation
        LEFT JOIN busy ON busy.id IS NOT DISTINCT FROM organisation.id
        CROSS JOIN LATERAL (
            SELECT mine.*, row_number() OVER (ORDER BY priority DESC, run_at, mine.id) AS turn
            FROM ((
                SELECT id, priority, run_at FROM core.job
                WHERE state = 'waiting' AND queue = :queue AND organisation_id = organisation.id
                    AND run_at <= :now
                ORDER BY priority DESC, run_at, id LIMIT :room
            ) UNION ALL (
                SELECT id, priority, run_at FROM core.job
                WHERE state = 'waiting' AND queue = :queue AND organisation_id IS NULL
                    AND organisation.id IS NULL AND run_at <= :now
                ORDER BY priority DESC, run_at, id LIMIT :room
            )) AS mine
        ) AS next
        WHERE organisation.id IS NULL OR :most = 0
            OR next.turn + coalesce(busy.jobs, 0) <= :most
        ORDER BY turn, priority DESC, run_at, id LIMIT :room
    )
    UPDATE core.job SET state = 'queued', lease_until = :lease_until
    FROM due WHERE job.id = due.id AND job.state = 'waiting'
    RETURNING job.id, job.name, job.attempt, due.turn, due.priority, due.run_at
""")
"""Who is next: organisations take turns, and what they have under way counts as turns they had."""


class Dispatcher:
    """Moves what is due from the table to `send`.

    No more is sent ahead than `windows` says, so that who comes next is decided late: what an
    organisation asks for now waits behind the window and what runs, never behind another's backlog.

    Args:
        services: The platform.
        work: All work by name.
        outbox: Where scheduled jobs are written.
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

    def ring(self) -> None:
        """Have `run` look at once: a job was started, so that there is room for another."""
        self._rung.set()

    async def run(self, url: str, send: Callable[[Ticket, str], Awaitable[None]]) -> None:
        """Go on until cancelled; a database that is away is waited for.

        Args:
            url: Of PostgreSQL, for a connection of its own that listens.
            send: Puts a ticket into the queue of this name; raising leaves the job to a later
                sweep.
        """
        import psycopg

        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as bell:
                    await bell.execute(f"LISTEN {CHANNEL}")
                    await self._until_broken(bell, send)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
                log.warning("dispatcher: %s; trying again", error)
                await asyncio.sleep(TICK)

    async def _until_broken(
        self, bell: "AsyncConnection[object]", send: Callable[[Ticket, str], Awaitable[None]]
    ) -> None:
        clock = asyncio.get_running_loop().time
        next_upkeep = clock()
        listening = asyncio.create_task(self._listen(bell))
        try:
            while not listening.done():
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
        finally:
            listening.cancel()
        listening.result()

    async def _listen(self, bell: "AsyncConnection[object]") -> None:
        async for _ in bell.notifies():
            self.ring()

    async def once(self, send: Callable[[Ticket, str], Awaitable[None]]) -> int:
        """Do upkeep, send all that is due, and return how many tickets that was."""
        await self.upkeep()
        sent = 0
        progress = True
        while progress:
            counts = [await self._fill(queue, send) for queue in self._windows]
            progress = any(counts)
            sent += sum(counts)
        return sent

    async def _fill(self, queue: str, send: Callable[[Ticket, str], Awaitable[None]]) -> int:
        tickets = await self.take(queue)
        for ticket in tickets:
            await send(ticket, queue)
        return len(tickets)

    async def take(self, queue: str = "default") -> list[Ticket]:
        """Mark due jobs as queued, as many as the queue's window has room for, in their order.

        It costs one probe for each organisation that waits, and nothing for the jobs behind.
        """
        now = self._services.get(CLOCK).now()
        async with self._services.across_organisations() as session:
            ahead = await session.scalar(LOCK_AND_COUNT, {"queue": queue}) or 0
            room = self._windows[queue] - ahead
            if room <= 0:
                return []
            rows = await session.execute(
                TAKE,
                {
                    "queue": queue,
                    "room": room,
                    "now": now,
                    "most": self._most,
                    "lease_until": now + QUEUED_LEASE,
                },
            )
            ordered = sorted(rows, key=lambda row: (row.turn, -row.priority, row.run_at, row.id))
            return [(row.id, row.name, row.attempt) for row in ordered]

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
                    await self._outbox.insert(session, work, work.arguments())
            self._fired[work.name] = due
