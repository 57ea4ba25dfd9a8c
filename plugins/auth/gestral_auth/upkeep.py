"""What is deleted when its time is over, and whether the tables can be read."""

import datetime as dt

from sqlalchemy import select

from gestral.capabilities import CLOCK
from gestral.plugin import JobContext, Services
from gestral_auth.models import UserAccount
from gestral_auth.sessions import forget_sessions
from gestral_auth.settings import AuthSettings
from gestral_auth.throttle import forget

__all__ = ("check_accounts", "tidy")


async def tidy(context: JobContext) -> None:
    """Delete sessions and counts of attempts that no longer mean anything."""
    services = context.services
    settings = services.settings(AuthSettings)
    now: dt.datetime = services.get(CLOCK).now()
    async with services.across_organisations() as session:
        await forget_sessions(session, settings, now)
        await forget(session, now - settings.attempt_window)


async def check_accounts(services: Services) -> None:
    """Raise when the table of accounts cannot be read."""
    async with services.across_organisations() as session:
        await session.execute(select(UserAccount.id).limit(1))
