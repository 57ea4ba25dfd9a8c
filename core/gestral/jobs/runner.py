"""Doing jobs: claim one, keep its lease, and write what became of it.

Every write names the attempt, which is the fencing token: when the lease ran out and somebody
else took over, what the late one writes matches no row.
"""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec
from sqlalchemy import case, update

from gestral.capabilities import CLOCK, JobState
from gestral.db.tenancy import acting_for
from gestral.errors import GestralError, RetryableError, ServiceError
from gestral.jobs.batch import Batch
from gestral.jobs.ledger import Claimed, Outcome
from gestral.jobs.model import JobRow
from gestral.jobs.outbox import Outbox
from gestral.jobs.tally import Ending, Tally
from gestral.jobs.work import Work
from gestral.observe import traces
from gestral.observe.attempts import observed, tell
from gestral.plugin import Services

__all__ = ("LEASE", "Runner")

LEASE = dt.timedelta(seconds=30)
"""How long a runner may be silent before it is taken for dead; it renews at a third of it."""

BACK_OFF = (5.0, 30.0, 120.0, 600.0)
"""Seconds before the second attempt, the third, ...; the last one for all further."""

QUIET = 0.25
"""Seconds between two writes of progress within one stage."""

PAUSE = 1.0
"""Seconds between two tries to reach PostgreSQL."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Runner:
    """Does jobs of the given platform in this process.

    Args:
        services: The platform.
        work: All work by name.
        outbox: Where the jobs are written down.
        started: Called at each start: there is room in the queue again.
    """

    def __init__(
        self,
        services: Services,
        work: Mapping[str, Work],
        outbox: Outbox,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self.services = services
        self.work = work
        self.live = outbox.live
        self._ledger = outbox.ledger
        self.closed = False
        self.tally = Tally()
        self._started = started
        self._claims = Batch(self._claim_all)
        self._outcomes = Batch(self._write_all)
        self._running: dict[uuid.UUID, RunningJob] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._doubt = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, job_id: uuid.UUID, worked: Callable[[], None] = lambda: None) -> bool:
        """Do a job, unless somebody else does it, did it, or it was cancelled.

        Args:
            job_id: Which.
            worked: Called when the work is over, and what became of it is still to be written.

        Returns:
            Whether this call was the one that did it.
        """
        if self.closed:
            return False
        row = await self._claims.ask(job_id)
        self._started()
        if row is None:
            return False
        running = RunningJob(self, row)
        self._enter(running)
        try:
            with observed(row):
                outcome = await self._outcome(running, row)
                worked()
                if outcome is None:
                    self._count(running, "lost")
                else:
                    await self.finish(outcome)
        finally:
            self._leave(running)
        return True

    def look(self, job_id: uuid.UUID) -> None:
        """See at once whether a job is still ours: it was cancelled, as somebody said."""
        if job_id in self._running:
            self._doubt.set()

    async def drain(self, seconds: float) -> None:
        """Start nothing more, and wait until what runs is done, at most so long."""
        self.closed = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            log.info("handing back %d jobs that were not done in time", len(self._running))

    async def finish(self, outcome: Outcome) -> None:
        """Write an outcome, unless the job is no longer this attempt's."""
        written = await self._outcomes.ask(outcome)
        if (running := self._running.get(outcome.id)) is not None:
            self._count(running, outcome.ending if written else "lost")

    def _count(self, running: "RunningJob", ending: Ending) -> None:
        seconds = asyncio.get_running_loop().time() - running.began
        self.tally.count(running.name, ending, seconds)
        tell(running.name, ending, seconds)

    async def claim(self, job_id: uuid.UUID) -> Claimed | None:
        """Make a queued job ours, or return None when it is not to be had."""
        return await self._claims.ask(job_id)

    async def _claim_all(self, job_ids: Sequence[uuid.UUID]) -> Sequence[Claimed | None]:
        now = self.services.get(CLOCK).now
        return await self._insist(lambda: self._ledger.claim(job_ids, now=now(), lease=LEASE))

    async def _write_all(self, outcomes: Sequence[Outcome]) -> Sequence[bool]:
        """Write outcomes, and return of each whether the job was still its attempt's."""
        written = await self._insist(lambda: self._ledger.finish(outcomes))
        self.live.tell(*(str(outcome.id) for outcome in outcomes))
        return [outcome.id in written for outcome in outcomes]

    async def _insist(self, write: Callable[[], Awaitable[T]]) -> T:
        """Try until PostgreSQL answers: its restart must cost no work that is done already."""
        import psycopg

        while True:
            try:
                return await write()
            except psycopg.OperationalError as error:
                if self.closed:
                    raise
                log.warning("PostgreSQL: %s; trying again", error)
                await asyncio.sleep(PAUSE)

    async def _outcome(self, running: "RunningJob", row: Claimed) -> Outcome | None:
        """Return what became of it, or None when the job is no longer ours."""
        work = self.work.get(row.name)
        if work is not None:
            return await self._attempt(running, work, row)
        return running.outcome(
            "failed",
            reason="The plugin that does this work is not loaded.",
            code="plugin-missing",
        )

    async def _attempt(self, running: "RunningJob", work: Work, row: Claimed) -> Outcome | None:
        """Return what became of it, or None when the job is no longer ours."""
        running.task = asyncio.current_task()
        try:
            arguments = msgspec.json.decode(row.arguments, type=work.arguments)
            async with asyncio.timeout(work.timeout):
                with acting_for(row.organisation_id):
                    await work.run(running, arguments)
        except TimeoutError:
            problem: Exception = RetryableError(
                f"It took longer than {work.timeout:.0f} seconds.", code="timed-out"
            )
        except asyncio.CancelledError:
            if running.lost:
                if running.task is not None and running.task.cancelling():
                    running.task.uncancel()
                return None
            # The worker is being stopped: hand the job back at once, at no cost of an attempt.
            await asyncio.shield(self.finish(running.outcome("waiting", given_back=True)))
            raise
        except Exception as error:  # noqa: BLE001 - whatever a job raises becomes its outcome
            problem = error
        else:
            return running.outcome("done")
        return self._after(problem, running, work, row)

    def _after(
        self, problem: Exception, running: "RunningJob", work: Work, row: Claimed
    ) -> Outcome:
        """Decide what an error means: try again, or fail with a reason for people."""
        traces.failed(problem.code if isinstance(problem, GestralError) else type(problem).__name__)
        named = isinstance(problem, GestralError)
        final = named and not isinstance(problem, (RetryableError, ServiceError))
        if not named:
            log.error("job %s %s failed", row.name, row.id, exc_info=problem)
        tried = row.attempt - row.forgiven
        if not final and tried < work.attempts:
            wait = BACK_OFF[min(tried, len(BACK_OFF)) - 1]
            now = self.services.get(CLOCK).now()
            return running.outcome("waiting", run_at=now + dt.timedelta(seconds=wait))
        if isinstance(problem, GestralError):
            return running.outcome("failed", reason=str(problem)[:2000], code=problem.code)
        return running.outcome(
            "failed",
            reason=f"Something went wrong inside; the log has it under job {row.id}.",
            code="internal-error",
        )

    def _enter(self, job: "RunningJob") -> None:
        self._running[job.id] = job
        self._idle.clear()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_leases())

    def _leave(self, job: "RunningJob") -> None:
        if self._running.get(job.id) is job:
            del self._running[job.id]
        if not self._running:
            self._idle.set()
            if self._keeper is not None:
                self._keeper.cancel()
                self._keeper = None

    async def _keep_leases(self) -> None:
        """Renew the leases of all that runs; what is no longer ours is stopped."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LEASE.total_seconds() / 3):
                    await self._doubt.wait()
            self._doubt.clear()
            held = dict(self._running)
            try:
                ours = await self._renew(held)
            except Exception as error:  # noqa: BLE001 - the next round is well before the end
                log.warning("renewing leases: %s; trying again", error)
                continue
            for job_id, job in held.items():
                if job_id not in ours and self._running.get(job_id) is job:
                    job.lose()

    async def _renew(self, held: Mapping[uuid.UUID, "RunningJob"]) -> set[uuid.UUID]:
        attempts = {job_id: job.attempt for job_id, job in held.items()}
        async with self.services.across_organisations() as session:
            renewed = await session.scalars(
                update(JobRow)
                .where(
                    JobRow.id.in_(attempts),
                    JobRow.attempt == case(attempts, value=JobRow.id),
                    JobRow.state == "running",
                )
                .values(lease_until=self.services.get(CLOCK).now() + LEASE)
                .returning(JobRow.id)
            )
            return set(renewed)


class RunningJob:
    """Implements `gestral.plugin.JobContext`."""

    def __init__(self, runner: Runner, row: Claimed) -> None:
        self.id = row.id
        self.name = row.name
        self.attempt = row.attempt
        self.began = asyncio.get_running_loop().time()
        self.organisation_id = row.organisation_id
        self.services = runner.services
        self.task: asyncio.Task[object] | None = None
        self.lost = False
        self._live = runner.live
        self._stage = ""
        self._written = 0.0

    async def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """See `JobContext.progress`."""
        now = asyncio.get_running_loop().time()
        if stage == self._stage and done < total and now - self._written < QUIET:
            return
        if stage != self._stage:
            traces.event(stage, done=done, total=total)
        self._stage, self._written = stage, now
        async with self.services.across_organisations() as session:
            ours = await session.scalar(
                update(JobRow)
                .where(
                    JobRow.id == self.id,
                    JobRow.attempt == self.attempt,
                    JobRow.state == "running",
                )
                .values(stage=stage[:255], done=done, total=total)
                .returning(JobRow.id)
            )
        if ours is None:
            self.lost = True
            raise asyncio.CancelledError
        self._live.tell(str(self.id))

    def lose(self) -> None:
        """Stop doing it: it was cancelled, or given to another attempt."""
        self.lost = True
        if self.task is not None:
            self.task.cancel()

    def outcome(
        self,
        state: JobState,
        *,
        run_at: dt.datetime | None = None,
        reason: str = "",
        code: str = "",
        given_back: bool = False,
    ) -> Outcome:
        """Return an outcome of this attempt."""
        ended = state != "waiting"
        return Outcome(
            id=self.id,
            attempt=self.attempt,
            state=state,
            run_at=run_at,
            finished_at=self.services.get(CLOCK).now() if ended else None,
            reason=reason,
            code=code,
            given_back=given_back,
        )
