"""`gestral users`: what an operator does about accounts by hand."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from gestral.plugin import Services

__all__ = ("users",)

T = TypeVar("T")


@click.group()
def users() -> None:
    """List accounts, make one, or give one another password."""


@users.command("list")
def list_users() -> None:
    """List all accounts, the oldest first."""

    async def rows(services: Services) -> list[tuple[str, str]]:
        from sqlalchemy import select

        from gestral_auth.models import UserAccount

        async with services.across_organisations() as session:
            found = await session.execute(
                select(UserAccount.email, UserAccount.name).order_by(UserAccount.id)
            )
            return [(email, name) for email, name in found]

    for email, name in _run(rows):
        click.echo(f"{email}\t{name}")


@users.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What to call the person.")
@click.password_option(help="Asked for when not given.")
def create_user(email: str, name: str, password: str) -> None:
    """Make an account with an organisation of its own, even where sign-up is closed."""

    async def create(services: Services) -> None:
        from gestral_auth.accounts import prepare, register

        account = await prepare(services, email=email, name=name, password=password)
        async with services.across_organisations() as session:
            await register(services, session, account)

    _run(create)
    click.echo(f"{email} can sign in now.")


@users.command("set-password")
@click.argument("email")
@click.password_option(help="Asked for when not given.")
def change_password(email: str, password: str) -> None:
    """Give an account another password, and sign it out everywhere."""

    async def change(services: Services) -> None:
        from gestral_auth.accounts import set_password

        await set_password(services, email, password)

    _run(change)
    click.echo(f"{email} has a new password and is signed out everywhere.")


def _run(task: Callable[[Services], Awaitable[T]]) -> T:
    from gestral.cli.platform import run

    return run(task)
