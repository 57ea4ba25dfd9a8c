"""Forgetting: what became of a job is kept for a while, not for ever."""

import datetime as dt

import msgspec
from sqlalchemy import delete

from gestral.capabilities import CLOCK
from gestral.jobs.model import JobRow, RequestRow
from gestral.plugin import JobContext
from gestral.settings import Settings

__all__ = ("tidy",)

ANSWERS_KEPT = dt.timedelta(days=1)
"""How long the answer to a request with an Idempotency-Key is kept."""


async def tidy(context: JobContext, arguments: msgspec.Struct) -> None:
    """Delete the records of jobs that were finished long ago, and answers kept from yesterday."""
    del arguments
    services = context.services
    now = services.get(CLOCK).now()
    kept = dt.timedelta(days=services.settings(Settings).jobs_kept_days)
    async with services.across_organisations() as session:
        await session.execute(delete(JobRow).where(JobRow.finished_at < now - kept))
        await session.execute(delete(RequestRow).where(RequestRow.created_at < now - ANSWERS_KEPT))
