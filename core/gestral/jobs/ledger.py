"""What workers write of every job, in plain SQL over connections that are theirs alone.

A job costs three of these writes. Through a session of SQLAlchemy each took ten times as long.
"""

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, LiteralString

import msgspec

from gestral.capabilities import JobState
from gestral.db.tenancy import PLATFORM_ROLE
from gestral.jobs.tally import Ending

if TYPE_CHECKING:
    from psycopg import AsyncConnection, AsyncCursor

__all__ = ("Claimed", "Ledger", "Outcome", "Ticket")


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent through the queue for a job that is due."""

    id: uuid.UUID
    name: str
    attempt: int


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A job that this process does. `arguments` is JSON; the other fields are those of `JobRow`."""

    id: uuid.UUID
    name: str
    arguments: str
    organisation_id: uuid.UUID | None
    queue: str
    attempt: int
    forgiven: int
    trace: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attempt: a final state, or `waiting` for the next."""

    id: uuid.UUID
    attempt: int
    state: JobState
    run_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    reason: str = ""
    code: str = ""
    given_back: bool = False

    @property
    def ending(self) -> Ending:
        """What it is counted as."""
        if self.state != "waiting":
            return "done" if self.state == "done" else "failed"
        return "handed-back" if self.given_back else "retried"


LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('gestral queue ' || %s, 0))"

TAKE = """
    WITH RECURSIVE organisation(id) AS (
        -- One probe of the index for each organisation that waits, however many jobs it has. The
        -- NULL that ends the search stands for the jobs that belong to none.
        SELECT (SELECT organisation_id FROM core.job
                WHERE state = 'waiting' AND queue = %(queue)s AND organisation_id IS NOT NULL
                ORDER BY organisation_id LIMIT 1)
        UNION ALL
        SELECT (SELECT organisation_id FROM core.job
                WHERE state = 'waiting' AND queue = %(queue)s
                    AND organisation_id > organisation.id
                ORDER BY organisation_id LIMIT 1)
        FROM organisation WHERE organisation.id IS NOT NULL
    ), busy AS (
        SELECT organisation_id AS id, count(*) AS jobs,
            count(*) FILTER (WHERE state = 'queued') AS ahead
        FROM core.job
        WHERE queue = %(queue)s AND state IN ('queued', 'running') GROUP BY organisation_id
    ), due AS (
        SELECT next.id, next.turn + coalesce(busy.jobs, 0) AS turn, next.priority, next.run_at
        FROM organisation
        LEFT JOIN busy ON busy.id IS NOT DISTINCT FROM organisation.id
        CROSS JOIN LATERAL (
            SELECT mine.*, row_number() OVER (ORDER BY priority DESC, run_at, mine.id) AS turn
            FROM ((
                SELECT id, priority, run_at FROM core.job
                WHERE state = 'waiting' AND queue = %(queue)s
                    AND organisation_id = organisation.id AND run_at <= %(now)s
                ORDER BY priority DESC, run_at, id LIMIT %(window)s
            ) UNION ALL (
                SELECT id, priority, run_at FROM core.job
                WHERE state = 'waiting' AND queue = %(queue)s AND organisation_id IS NULL
                    AND organisation.id IS NULL AND run_at <= %(now)s
                ORDER BY priority DESC, run_at, id LIMIT %(window)s
            )) AS mine
        ) AS next
        WHERE organisation.id IS NULL OR %(most)s = 0
            OR next.turn + coalesce(busy.jobs, 0) <= %(most)s
        ORDER BY turn, priority DESC, run_at, id
        LIMIT (SELECT greatest(%(window)s - coalesce(sum(ahead), 0), 0)::bigint FROM busy)
    ), taken AS (
        UPDATE core.job SET state = 'queued', lease_until = %(lease_until)s
        FROM due WHERE job.id = due.id AND job.state = 'waiting'
        RETURNING job.id, job.name, job.attempt, due.turn, due.priority, due.run_at
    )
    SELECT id, name, attempt FROM taken ORDER BY turn, priority DESC, run_at, id
"""
"""Who is next: organisations take turns, and what they have under way counts as turns they had."""

CLAIM = """
    UPDATE core.job SET
        state = 'running', attempt = attempt + 1, lease_until = %s, started_at = %s
    WHERE id = ANY(%s) AND state = 'queued'
    RETURNING id, name, arguments::text, organisation_id, queue, attempt, forgiven, trace
"""

FINISH = """
    UPDATE core.job SET
        state = outcome.state,
        forgiven = job.forgiven + CASE WHEN outcome.given_back THEN 1 ELSE 0 END,
        run_at = coalesce(outcome.run_at, job.run_at),
        finished_at = outcome.finished_at,
        reason = outcome.reason,
        code = outcome.code,
        lease_until = NULL,
        updated_at = now()
    FROM jsonb_to_recordset(%s::text::jsonb) AS outcome(
        id uuid, attempt int, state text, run_at timestamptz, finished_at timestamptz,
        reason text, code text, given_back boolean)
    WHERE job.id = outcome.id AND job.attempt = outcome.attempt AND job.state = 'running'
    RETURNING job.id
"""

UNSEND = """
    UPDATE core.job SET state = 'waiting', lease_until = NULL
    FROM unnest(%s::uuid[], %s::int[]) AS ticket(id, attempt)
    WHERE job.id = ticket.id AND job.attempt = ticket.attempt AND job.state = 'queued'
"""


class Ledger:
    """Takes what is due, claims it, and writes what became of it.

    Args:
        url: Of PostgreSQL, in libpq's form.
    """

    def __init__(self, url: str) -> None:
        # What is taken may be taken again after a crash of PostgreSQL: no need to wait for the
        # disk. An attempt's number must never be given twice, and an outcome never be lost.
        self._taking = _Line(url, durable=False)
        self._claiming = _Line(url)
        self._finishing = _Line(url)

    async def take(
        self, queue: str, *, window: int, most: int, now: dt.datetime, lease: dt.timedelta
    ) -> list[Ticket]:
        """Mark due jobs as queued, as many as the queue's window has room for, in their order.

        Args:
            queue: Whose jobs.
            window: How many may be queued at once.
            most: How many of one organisation may be queued or running; 0 for any number.
            now: The present moment.
            lease: After which a job that was not started is sent again.
        """
        rows = await self._taking.run(
            TAKE,
            {
                "queue": queue,
                "window": window,
                "most": most,
                "now": now,
                "lease_until": now + lease,
            },
            # A statement of its own: what is counted must be seen after the lock is ours.
            first=(LOCK, (queue,)),
        )
        return [Ticket(id=row[0], name=row[1], attempt=row[2]) for row in rows]

    async def unsend(self, tickets: Sequence[Ticket]) -> None:
        """Have jobs wait again whose tickets could not be sent."""
        await self._taking.run(
            UNSEND, ([ticket.id for ticket in tickets], [ticket.attempt for ticket in tickets])
        )

    async def claim(
        self, job_ids: Sequence[uuid.UUID], *, now: dt.datetime, lease: dt.timedelta
    ) -> list[Claimed | None]:
        """Begin an attempt at each job that is queued; None stands for one that is not."""
        rows = await self._claiming.run(CLAIM, (now + lease, now, list(job_ids)))
        found = {
            row[0]: Claimed(**dict(zip(Claimed.__struct_fields__, row, strict=True)))
            for row in rows
        }
        return [found.pop(job_id, None) for job_id in job_ids]

    async def finish(self, outcomes: Sequence[Outcome]) -> set[uuid.UUID]:
        """Write outcomes, and return the jobs that were still of the attempt that each names."""
        told = msgspec.json.encode(outcomes).decode()
        return {row[0] for row in await self._finishing.run(FINISH, (told,))}

    async def aclose(self) -> None:
        """Close the connections."""
        for line in (self._taking, self._claiming, self._finishing):
            await line.aclose()


class _Line:
    """A connection that is opened at its first use, and anew when it broke.

    It is one of a worker's own, so that it may become the platform's role for good.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self._url = url
        self._durable = durable
        self._connection: AsyncConnection[Any] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def run(
        self,
        statement: LiteralString,
        parameters: Sequence[Any] | Mapping[str, Any],
        *,
        first: tuple[LiteralString, Sequence[Any]] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own, in one round trip; return its rows.

        Args:
            statement: It may run twice when the connection breaks, so twice must do no harm.
            parameters: Its parameters.
            first: Another statement, with its parameters, to run before it in the transaction.

        Raises:
            psycopg.Error: The statement is wrong, or the database is away.
        """
        import psycopg

        async with self._one_at_a_time:
            fresh = self._connection is None
            try:
                return await self._run(statement, parameters, first)
            except BaseException as error:
                await self.aclose()  # it may be in the middle of a transaction
                if fresh or not isinstance(error, psycopg.OperationalError):
                    raise
            return await self._run(statement, parameters, first)

    async def _run(
        self,
        statement: LiteralString,
        parameters: Sequence[Any] | Mapping[str, Any],
        first: tuple[LiteralString, Sequence[Any]] | None,
    ) -> list[tuple[Any, ...]]:
        connection = self._connection or await self._open()
        cursor = connection.cursor(binary=True)
        if first is None:
            await cursor.execute(statement, parameters, prepare=True)
        else:
            # All of it leaves at once: whoever freezes afterwards holds no lock.
            async with connection.pipeline():
                await connection.execute("BEGIN")
                await connection.execute(*first, prepare=True)
                await cursor.execute(statement, parameters, prepare=True)
                await connection.execute("COMMIT")
        return await _rows(cursor)

    async def _open(self) -> "AsyncConnection[Any]":
        import psycopg

        self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        await self._connection.execute(
            "SELECT set_config('role', %s, false), set_config('synchronous_commit', %s, false), "
            "set_config('idle_in_transaction_session_timeout', '5s', false)",
            (PLATFORM_ROLE, "on" if self._durable else "off"),
        )
        return self._connection

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()


async def _rows(cursor: "AsyncCursor[Any]") -> list[tuple[Any, ...]]:
    return await cursor.fetchall() if cursor.description else []
