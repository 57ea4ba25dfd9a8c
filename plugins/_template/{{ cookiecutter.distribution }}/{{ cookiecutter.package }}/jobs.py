"""What is done later: each may run twice, so a second run must do no harm."""

import datetime as dt

import msgspec
from gestral.capabilities import CLOCK
from gestral.events import OrganisationDeleted, UserDeleted
from gestral.plugin import Job, JobContext

from {{ cookiecutter.package }}.settings import Settings

__all__ = ("TIDY", "Tidy", "forget_organisation", "forget_user")


class Tidy(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the job `tidy`: none."""


async def tidy(context: JobContext, arguments: Tidy) -> None:
    """Delete the notes that are too old."""
    from sqlalchemy import delete

    from {{ cookiecutter.package }}.models import Note

    services = context.services
    kept = dt.timedelta(days=services.settings(Settings).kept_days)
    async with services.across_organisations() as session:
        before = services.get(CLOCK).now() - kept
        await session.execute(delete(Note).where(Note.created_at < before))


async def forget_user(context: JobContext, event: UserDeleted) -> None:
    """Delete what a person wrote when their account is gone."""
    from sqlalchemy import delete

    from {{ cookiecutter.package }}.models import Note

    async with context.services.across_organisations() as session:
        await session.execute(delete(Note).where(Note.user_id == event.user_id))


async def forget_organisation(context: JobContext, event: OrganisationDeleted) -> None:
    """Delete the notes of an organisation that is gone."""
    from sqlalchemy import delete

    from {{ cookiecutter.package }}.models import Note

    async with context.services.across_organisations() as session:
        await session.execute(delete(Note).where(Note.organisation_id == event.organisation_id))


TIDY = Job(name="tidy", arguments=Tidy, run=tidy, timeout=60.0, cron="27 3 * * *")
