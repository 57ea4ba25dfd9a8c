"""People, organisations, roles and sessions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gestral.capabilities import CURRENT_USER, MAILER, MEMBERS, CurrentUser, Members
from gestral.plugin import (
    Capability,
    HealthCheck,
    Job,
    JobContext,
    Panel,
    Permission,
    Plugin,
    Provision,
    Services,
    Tables,
)
from gestral_auth.settings import AuthSettings

if TYPE_CHECKING:
    import click
    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData

    from gestral_auth.passwords import Passwords

__all__ = ("PASSWORDS", "TIDY", "Tidy", "plugin")

HERE = Path(__file__).parent

PASSWORDS = Capability["Passwords"]("auth_passwords")
"""This plugin's own hashing threads, once in each process."""


class Tidy(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the job `tidy`: none."""


async def _tidy(context: JobContext, arguments: Tidy) -> None:
    from gestral_auth.upkeep import tidy

    del arguments
    await tidy(context)


TIDY = Job(name="tidy", arguments=Tidy, run=_tidy, timeout=60.0, cron="17 3 * * *")


def _passwords(services: Services) -> "Passwords":
    from gestral_auth.passwords import Passwords

    return Passwords(services.settings(AuthSettings))


async def _close_passwords(passwords: "Passwords") -> None:
    await passwords.aclose()


def _current_user(services: Services) -> CurrentUser:
    from gestral_auth.current_user import SignedInUser

    return SignedInUser(services)


def _members(services: Services) -> Members:
    from gestral_auth.members import OrganisationMembers

    del services
    return OrganisationMembers()


def _metadata() -> "MetaData":
    from gestral_auth.models import Base

    return Base.metadata


def _routes() -> "Sequence[ControllerRouterHandler]":
    from gestral_auth.routes import handlers

    return handlers


def _commands() -> "Sequence[click.Command]":
    from gestral_auth.commands import users

    return (users,)


async def _check_accounts(services: Services) -> None:
    from gestral_auth.upkeep import check_accounts

    await check_accounts(services)


async def _demo(services: Services) -> Sequence[str]:
    from gestral_auth.demo import demo

    return await demo(services)


plugin = Plugin(
    name="auth",
    api=">=1,<2",
    summary="People, organisations, roles and sessions",
    critical=True,
    provides=(
        Provision(capability=CURRENT_USER, factory=_current_user),
        Provision(capability=MEMBERS, factory=_members),
        Provision(capability=PASSWORDS, factory=_passwords, close=_close_passwords),
    ),
    optional=(MAILER,),
    routes=_routes,
    tables=Tables(metadata=_metadata, migrations=HERE / "migrations"),
    jobs=(TIDY,),
    settings=AuthSettings,
    permissions=(
        Permission(
            name="auth:account", summary="See one's own account and organisations", role="viewer"
        ),
    ),
    mail_templates=HERE / "mail",
    commands=_commands,
    health=(HealthCheck(name="accounts", check=_check_accounts),),
    panels=(
        Panel(
            name="sign-in",
            title="Sign in",
            slot="sign-in",
            module=HERE / "panels" / "sign-in.js",
        ),
        Panel(
            name="account",
            title="Account",
            slot="settings",
            module=HERE / "panels" / "account.js",
            permission="auth:account",
        ),
    ),
    demo=_demo,
)
