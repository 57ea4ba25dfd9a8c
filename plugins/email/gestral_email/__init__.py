"""Mail: templates, transports, and the record of what was sent."""

import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gestral.capabilities import MAILER, Mailer
from gestral.plugin import (
    Capability,
    Job,
    JobContext,
    Metric,
    Permission,
    Plugin,
    Provision,
    Services,
    Tables,
)
from gestral_email.settings import EmailSettings, read_smtp_url

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData

    from gestral_email.transports import Transport

__all__ = ("DELIVER", "SETTLE", "TRANSPORT", "Deliver", "Settle", "plugin")

HERE = Path(__file__).parent

TRANSPORT = Capability["Transport"]("email_transport")
"""How this plugin's mail leaves."""

ATTEMPTS = 8
"""Over more than half an hour: servers that put off unknown senders want some minutes."""


class Deliver(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the job `deliver`."""

    message_id: uuid.UUID


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the job `settle`: none."""


async def _deliver(context: JobContext, arguments: Deliver) -> None:
    from gestral_email.delivery import deliver

    await deliver(context, arguments.message_id)


async def _settle(context: JobContext, arguments: Settle) -> None:
    from gestral_email.delivery import settle

    del arguments
    await settle(context.services)


DELIVER = Job(
    name="deliver",
    arguments=Deliver,
    run=_deliver,
    timeout=900.0,
    attempts=ATTEMPTS,
    priority=10,  # somebody waits for it, for upkeep and listeners nobody does
)
SETTLE = Job(name="settle", arguments=Settle, run=_settle, timeout=60.0, cron="*/10 * * * *")


def _mailer(services: Services) -> Mailer:
    from gestral_email.mailer import RecordingMailer

    return RecordingMailer(services)


def _transport(services: Services) -> "Transport":
    from gestral_email.transports import MailboxTransport, SmtpTransport

    settings = services.settings(EmailSettings)
    if not settings.smtp_url:
        return MailboxTransport()
    return SmtpTransport(read_smtp_url(settings.smtp_url), timeout=settings.smtp_timeout)


def _metadata() -> "MetaData":
    from gestral_email.models import Base

    return Base.metadata


def _routes() -> "Sequence[ControllerRouterHandler]":
    from gestral_email.routes import handlers

    return handlers


async def _count(state: str, services: Services) -> float:
    from sqlalchemy import func, select

    from gestral_email.models import Message

    async with services.across_organisations() as session:
        query = select(func.count()).select_from(Message).where(Message.state == state)
        return float(await session.scalar(query) or 0)


plugin = Plugin(
    name="email",
    api=">=1,<2",
    summary="Templates, transports and the record of sent mail",
    provides=(
        Provision(capability=MAILER, factory=_mailer),
        Provision(capability=TRANSPORT, factory=_transport),
    ),
    routes=_routes,
    tables=Tables(metadata=_metadata, migrations=HERE / "migrations"),
    jobs=(DELIVER, SETTLE),
    settings=EmailSettings,
    permissions=(
        Permission(
            name="email:mailbox",
            summary="Read the organisation's mail where mail stays on the machine",
            role="admin",
        ),
    ),
    metrics=tuple(
        Metric(
            name=f"messages_{state}",
            summary=f"Mail whose state is {state}",
            read=partial(_count, state),
        )
        for state in ("waiting", "failed", "unknown")
    ),
)
