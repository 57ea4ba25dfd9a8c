"""Mail: templates, transports, and the record of what was sent."""

import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gestral.capabilities import CATALOGUE, MAILER, Mailer
from gestral.plugin import (
    Capability,
    HealthCheck,
    Job,
    JobContext,
    Metric,
    Panel,
    Permission,
    Plugin,
    Provision,
    Services,
    Tables,
)
from gestral.settings import Settings
from gestral_email.settings import EmailSettings

if TYPE_CHECKING:
    import click
    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData

    from gestral_email.templates import Templates
    from gestral_email.transports import Transport

__all__ = ("DELIVER", "SETTLE", "TEMPLATES", "TRANSPORT", "Deliver", "Settle", "plugin")

HERE = Path(__file__).parent

TRANSPORT = Capability["Transport"]("email_transport")
"""How this plugin's mail leaves."""

TEMPLATES = Capability["Templates"]("email_templates")
"""The mail templates of all loaded plugins."""

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
    from gestral_email.choice import chosen_transport

    return chosen_transport(services)


def _templates(services: Services) -> "Templates":
    from gestral_email.templates import Templates

    return Templates(
        services.get(CATALOGUE).mail_templates(),
        public_url=services.settings(Settings).public_url,
    )


def _metadata() -> "MetaData":
    from gestral_email.models import Base

    return Base.metadata


def _routes() -> "Sequence[ControllerRouterHandler]":
    from gestral_email.routes import handlers

    return handlers


def _commands() -> "Sequence[click.Command]":
    from gestral_email.commands import email

    return (email,)


async def _check_transport(services: Services) -> None:
    services.get(TRANSPORT)


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
        Provision(capability=TEMPLATES, factory=_templates),
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
        Permission(
            name="email:preferences", summary="Choose which mail to get oneself", role="viewer"
        ),
    ),
    commands=_commands,
    panels=(
        Panel(
            name="preferences",
            title="Mail",
            slot="settings",
            module=HERE / "panels" / "preferences.js",
            permission="email:preferences",
        ),
    ),
    health=(HealthCheck(name="transport", check=_check_transport),),
    metrics=tuple(
        Metric(
            name=f"messages_{state}",
            summary=f"Mail whose state is {state}",
            read=partial(_count, state),
        )
        for state in ("waiting", "failed", "unknown")
    ),
)
