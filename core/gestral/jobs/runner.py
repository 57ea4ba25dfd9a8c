"""Doing one job: claim it, keep its lease, and write what became of it.

Every write names the attempt, which is the fencing token: when the lease ran out and somebody
else took over, what the late one writes matches no row.
"""

import asyncio
import datetime as dt
import logging
import uuid
from typing import Any

import msgspec
from sqlalchemy import update

from gestral.capabilities import CLOCK
from gestral.db.tenancy import acting_for
from gestral.errors import GestralError, RetryableError, ServiceError
from gestral.jobs.live import Live
from gestral.jobs.model import JobRow
from gestral.jobs.work import Work
from gestral.plugin import Services

__all__ = ("LEASE", "Runner")

LEASE = dt.timedelta(seconds=30)
"""How long a runner may be silent before it is taken for dead; it renews at a third of it."""

BACK_OFF = (5.0, 30.0, 120.0, 600.0)
"""Seconds before the second attempt, the third, ...; the last one for all further."""

QUIET = 0.25
"""Seconds between two writes of progress within one stage."""

log = logging.getLogger(__name__)


class Runner:
    """Does jobs of the given platform in this process."""

    def __init__(self, services: Services, work: dict[str, Work], live: Live) -> None:
        self.services = services
        self.work = work
        self.live = live

    async def run(self, job_id: uuid.UUID) -> bool:
        """Do a job, unless somebody else does it, did it, or it was cancelled.

        Returns:
            Whether this call was the one that did it.
        """
        row = await self._claim(job_id)
        if row is None:
            return False
        running = RunningJob(self, row)
        work = self.work.get(row.name)
        if work is None:
            await running.finish(
                state="failed",
                reason="The plugin that does this work is not loaded.",
                code="plugin-missing",
            )
            return True
        outcome = await self._attempt(running, work, row)
        if outcome is not None:
            await running.finish(**outcome)
        return True

    async def _claim(self, job_id: uuid.UUID) -> JobRow | None:
        now = self.services.get(CLOCK).now()
        async with self.services.across_organisations() as session:
            return await session.scalar(
                update(JobRow)
                .where(JobRow.id == job_id, JobRow.state == "queued")
                .values(state="running", attempt=JobRow.attempt + 1, lease_until=now + LEASE)
                .returning(JobRow)
            )

    async def _attempt(
        self, running: "RunningJob", work: Work, row: JobRow
    ) -> dict[str, Any] | None:
        """Return the final columns of the row, or None when the job is no longer ours."""
        try:
            arguments = msgspec.convert(row.arguments, work.arguments)
            async with asyncio.timeout(work.timeout), running.lease():
                with acting_for(row.organisation_id):
                    await work.run(running, arguments)
        except LostLeaseError:
            return None
        except TimeoutError:
            problem: Exception = RetryableError(
                f"It took longer than {work.timeout:.0f} seconds.", code="timed-out"
            )
        except asyncio.CancelledError:
            # The worker is being stopped: hand the job back at once, at no cost of an attempt.
            await asyncio.shield(running.give_back())
            raise
        except Exception as error:  # noqa: BLE001 - whatever a job raises becomes its outcome
            problem = error
        else:
            return {"state": "done"}
        return self._after(problem, work, row)

    def _after(self, problem: Exception, work: Work, row: JobRow) -> dict[str, Any]:
        """Decide what an error means: try again, or fail with a reason for people."""
        named = isinstance(problem, GestralError)
        final = named and not isinstance(problem, (RetryableError, ServiceError))
        if not named:
            log.error("job %s %s failed", row.name, row.id, exc_info=problem)
        if not final and row.attempt < work.attempts:
            wait = BACK_OFF[min(row.attempt, len(BACK_OFF)) - 1]
            now = self.services.get(CLOCK).now()
            return {"state": "waiting", "run_at": now + dt.timedelta(seconds=wait)}
        if isinstance(problem, GestralError):
            return {"state": "failed", "reason": str(problem)[:2000], "code": problem.code}
        return {
            "state": "failed",
            "reason": f"Something went wrong inside; the log has it under job {row.id}.",
            "code": "internal-error",
        }


class LostLeaseError(Exception):
    """The job was cancelled, or given to another attempt."""


class RunningJob:
    """Implements `gestral.plugin.JobContext`."""

    def __init__(self, runner: Runner, row: JobRow) -> None:
        self.id = row.id
        self.attempt = row.attempt
        self.organisation_id = row.organisation_id
        self.services = runner.services
        self._live = runner.live
        self._stage = ""
        self._written = 0.0

    async def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """See `JobContext.progress`."""
        now = asyncio.get_running_loop().time()
        if stage == self._stage and done < total and now - self._written < QUIET:
            return
        self._stage, self._written = stage, now
        if not await self._write(stage=stage[:255], done=done, total=total):
            raise asyncio.CancelledError
        await self._live.tell(str(self.id))

    def lease(self) -> "_Lease":
        """Keep the lease while the block runs, and end the block when it is lost."""
        return _Lease(self)

    async def renew(self) -> bool:
        """Renew the lease; False when the job is no longer ours."""
        return await self._write(lease_until=self.services.get(CLOCK).now() + LEASE)

    async def give_back(self) -> None:
        """Put the job back, as if this attempt had not been."""
        await self._write(state="waiting", lease_until=None, attempt=self.attempt - 1)

    async def finish(self, **columns: Any) -> None:
        """Write the outcome, unless the job is no longer ours."""
        if columns["state"] != "waiting":
            columns["finished_at"] = self.services.get(CLOCK).now()
        await self._write(**columns, lease_until=None)
        await self._live.tell(str(self.id))

    async def _write(self, **columns: Any) -> bool:
        async with self.services.across_organisations() as session:
            ours = await session.scalar(
                update(JobRow)
                .where(
                    JobRow.id == self.id,
                    JobRow.attempt == self.attempt,
                    JobRow.state == "running",
                )
                .values(**columns)
                .returning(JobRow.id)
            )
        return ours is not None


class _Lease:
    """Renews a lease in the background, and tells a lost job from a worker that is stopped."""

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self._lost = False

    async def __aenter__(self) -> None:
        self._task = asyncio.current_task()
        self._keeper = asyncio.create_task(self._keep())

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        if self._task is None or kind is not asyncio.CancelledError:
            return
        if self._lost:
            self._task.uncancel()
            raise LostLeaseError
        if self._task.cancelling() == 0:
            # Nobody cancelled the task, so it was `progress` that found the job gone.
            raise LostLeaseError

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            if not await self._job.renew():
                self._lost = True
                if self._task is not None:
                    self._task.cancel()
                return
