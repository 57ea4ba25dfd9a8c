"""Forgetting: what became of a job is kept for a while, not for ever."""

import datetime as dt

import msgspec
from sqlalchemy import delete

from gestral.capabilities import CLOCK
from gestral.jobs.model import JobRow
from gestral.plugin import JobContext

__all__ = ("KEPT", "tidy")

KEPT = dt.timedelta(days=30)
"""How long the record of a finished job is kept."""


async def tidy(context: JobContext, arguments: msgspec.Struct) -> None:
    """Delete the records of jobs that were finished long ago."""
    del arguments
    before = context.services.get(CLOCK).now() - KEPT
    async with context.services.across_organisations() as session:
        await session.execute(delete(JobRow).where(JobRow.finished_at < before))
