"""Asking for work and seeing what became of it: the capability `JOBS`."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.event import listen
from uuid_utils.compat import uuid7

from gestral.capabilities import CLOCK, JobView
from gestral.db.tenancy import acting_for_whom
from gestral.errors import ConflictError, NotFoundError, PluginError
from gestral.events import Event
from gestral.jobs.ledger import Ledger
from gestral.jobs.live import Live
from gestral.jobs.model import JobRow
from gestral.jobs.work import Work
from gestral.observe import traces
from gestral.plugin import Job, Services, _Listener
from gestral.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("CANCELLED", "CHANNEL", "Outbox")

CHANNEL = "gestral_outbox"
"""The PostgreSQL channel on which the dispatcher hears that something waits."""

CANCELLED = "gestral_cancelled"
"""The one on which workers hear the ids of jobs that were cancelled."""

VIEWS = """
    SELECT id, name, state, stage, done, total, reason, code, attempt
    FROM core.job WHERE id = ANY(%s)
"""

UNFINISHED = ("waiting", "queued", "running")
LOOK_AGAIN = 2.0
"""Seconds after which a watcher looks into the database itself, should a message be lost."""

A = TypeVar("A", bound=msgspec.Struct)

encode = msgspec.json.Encoder().encode

INSERT = f"""
    INSERT INTO core.job (
        id, arguments, name, key, queue, priority, organisation_id, run_at, trace, state,
        attempt, forgiven, stage, done, total, reason, code, created_at, updated_at)
    SELECT id, arguments::jsonb, %(name)s, %(key)s, %(queue)s, %(priority)s, %(organisation_id)s,
        %(run_at)s, %(trace)s, 'waiting', 0, 0, '', 0, 0, '', '', now(), now()
    FROM unnest(%(ids)s::uuid[], %(arguments)s::text[]) AS new(id, arguments)
    ON CONFLICT DO NOTHING
    -- The bell rings at the commit, once for all that a transaction wrote.
    RETURNING pg_notify('{CHANNEL}', '')
"""  # noqa: S608 - the channel is a constant


class Outbox:
    """Implements `gestral.capabilities.Jobs` over the table `core.job`."""

    def __init__(self, services: Services, work: dict[str, Work], live: Live) -> None:
        self._services = services
        self.live = live
        self.ledger = Ledger(services.settings(Settings).database_url)
        self._by_source = {id(one.source): one for one in work.values()}
        self._by_event: dict[type[msgspec.Struct], list[Work]] = {}
        for one in work.values():
            if isinstance(one.source, _Listener):
                self._by_event.setdefault(one.arguments, []).append(one)

    async def enqueue(
        self,
        session: "AsyncSession",
        job: Job[A],
        arguments: A,
        *,
        key: str = "",
        organisation_id: uuid.UUID | None = None,
        delay: float = 0.0,
    ) -> uuid.UUID:
        """See `Jobs.enqueue`."""
        (job_id,) = await self.insert(
            session,
            self._work(job),
            [arguments],
            key=key,
            organisation_id=organisation_id,
            delay=delay,
        )
        return job_id

    async def enqueue_many(
        self,
        session: "AsyncSession",
        job: Job[A],
        arguments: Sequence[A],
        *,
        organisation_id: uuid.UUID | None = None,
        delay: float = 0.0,
    ) -> tuple[uuid.UUID, ...]:
        """See `Jobs.enqueue_many`."""
        work = self._work(job)
        return await self.insert(
            session, work, arguments, organisation_id=organisation_id, delay=delay
        )

    def _work(self, job: Job[A]) -> Work:
        work = self._by_source.get(id(job))
        if work is None:
            raise PluginError(
                f"No loaded plugin declares the job {job.name!r}.",
                hint="Name it in the plugin's `jobs`.",
            )
        return work

    async def insert(
        self,
        session: "AsyncSession",
        work: Work,
        arguments: Sequence[msgspec.Struct],
        *,
        key: str = "",
        organisation_id: uuid.UUID | None = None,
        delay: float = 0.0,
    ) -> tuple[uuid.UUID, ...]:
        """Write rows, unless one of this name and key is unfinished; return the rows' ids."""
        organisation_id = organisation_id or acting_for_whom(session.info)
        new_ids = [uuid7() for _ in arguments]
        connection = await session.connection()
        inserted = await connection.exec_driver_sql(
            INSERT,
            {
                "name": work.name,
                "key": key,
                "queue": work.queue,
                "priority": work.priority,
                "organisation_id": organisation_id,
                "run_at": self._services.get(CLOCK).now() + dt.timedelta(seconds=delay),
                "trace": traces.carried(),
                "ids": new_ids,
                "arguments": [encode(one).decode() for one in arguments],
            },
        )
        if not key or inserted.rowcount:
            return tuple(new_ids)
        found = await _unfinished(session, work.name, key, organisation_id)
        return (found or new_ids[0],)

    async def publish(self, session: "AsyncSession", event: Event) -> None:
        """See `Jobs.publish`."""
        organisation_id = getattr(event, "organisation_id", None)
        for work in self._by_event.get(type(event), ()):
            await self.insert(session, work, [event], organisation_id=organisation_id)

    async def cancel(self, session: "AsyncSession", job_id: uuid.UUID) -> None:
        """See `Jobs.cancel`."""
        now = self._services.get(CLOCK).now()
        await session.execute(
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.state.in_(UNFINISHED))
            .values(state="cancelled", lease_until=None, finished_at=now)
            .returning(func.pg_notify(CANCELLED, str(job_id)))
        )
        self._tell_after_commit(session, job_id)

    async def retry(self, session: "AsyncSession", job_id: uuid.UUID) -> None:
        """See `Jobs.retry`."""
        row = await session.scalar(select(JobRow).where(JobRow.id == job_id).with_for_update())
        if row is None:
            raise NotFoundError(f"There is no job {job_id}.")
        if row.state not in {"failed", "cancelled"}:
            raise ConflictError(f"The job {job_id} is {row.state}: there is nothing to try again.")
        other = row.key and await _unfinished(session, row.name, row.key, row.organisation_id)
        if other:
            raise ConflictError(
                f"The job {job_id} cannot be tried again: {other} does the same already."
            )
        # The attempts go on counting, for they are the fencing token; the budget begins anew.
        await session.execute(
            update(JobRow)
            .where(JobRow.id == job_id)
            .values(
                state="waiting",
                run_at=self._services.get(CLOCK).now(),
                forgiven=JobRow.attempt,
                finished_at=None,
                stage="",
                done=0,
                total=0,
                reason="",
                code="",
            )
        )
        await session.execute(select(func.pg_notify(CHANNEL, "")))
        self._tell_after_commit(session, job_id)

    def _tell_after_commit(self, session: "AsyncSession", job_id: uuid.UUID) -> None:
        """Wake who watches a job once the change can be seen."""

        def tell(_session: object) -> None:
            self.live.tell(str(job_id))

        listen(session.sync_session, "after_commit", tell, once=True)

    async def view(self, job_id: uuid.UUID) -> JobView:
        """See `Jobs.view`."""
        found = await self.views([job_id])
        if job_id not in found:
            raise NotFoundError(f"There is no job {job_id}.")
        return found[job_id]

    async def views(
        self, job_ids: Iterable[uuid.UUID], *, session: "AsyncSession | None" = None
    ) -> dict[uuid.UUID, JobView]:
        """See `Jobs.views`."""
        ids = list(job_ids)
        if session is None:
            found = await self._services.rows(JobView, VIEWS, (ids,), across_organisations=True)
            return {view.id: view for view in found}
        query = select(JobRow).where(JobRow.id.in_(ids))
        rows = await session.scalars(query, execution_options={"populate_existing": True})
        return {row.id: view_of(row) for row in rows}

    async def unfinished(self) -> tuple[JobView, ...]:
        """See `Jobs.unfinished`."""
        async with self._services.across_organisations() as session:
            rows = await session.scalars(
                select(JobRow).where(JobRow.state.in_(UNFINISHED)).order_by(JobRow.id)
            )
            return tuple(view_of(row) for row in rows)

    async def watch(self, job_id: uuid.UUID) -> AsyncIterator[JobView]:
        """See `Jobs.watch`."""
        async with self.live.listening(str(job_id)) as changed:
            seen: JobView | None = None
            while seen is None or not seen.finished:
                view = await self.view(job_id)
                if view != seen:
                    seen = view
                    yield view
                    continue
                await changed(LOOK_AGAIN)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.ledger.aclose()
        await self.live.aclose()


async def _unfinished(
    session: "AsyncSession", name: str, key: str, organisation_id: uuid.UUID | None
) -> uuid.UUID | None:
    """Return the one job of this name and key that is not finished, or None."""
    found: uuid.UUID | None = await session.scalar(
        select(JobRow.id).where(
            JobRow.name == name,
            JobRow.key == key,
            JobRow.organisation_id.is_not_distinct_from(organisation_id),
            JobRow.state.in_(UNFINISHED),
        )
    )
    return found


def view_of(row: JobRow) -> JobView:
    """Return what can be told of a row."""
    return JobView(
        **{name: getattr(row, name) for name in JobView.__struct_fields__},
    )
