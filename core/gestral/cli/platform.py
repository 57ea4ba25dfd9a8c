"""What commands stand on: settings with the services behind them, and a platform to ask."""

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from gestral.app.registry import Candidate, Registry, discover, resolve
from gestral.app.services import Platform
from gestral.errors import ConfigurationError, InputError, ServiceError
from gestral.settings import PREFIX, Settings, read_settings

if TYPE_CHECKING:
    from gestral.db.engine import Database

__all__ = ("confirm", "installed", "machine", "owner_of", "run", "run_alone", "run_on")

T = TypeVar("T")


@contextmanager
def machine(environment: Mapping[str, str] = os.environ) -> Iterator[Settings]:
    """Give settings that work on this machine: what is not set is started or made up.

    Without `GESTRAL_DATABASE_URL` and `GESTRAL_REDIS_URL` the embedded services run while the
    block does; without `GESTRAL_STORAGE_URL` files lie in the data folder; without
    `GESTRAL_SECRET` one is made there once.

    Raises:
        ConfigurationError: A setting is wrong.
        ServiceError: An embedded service does not start.
    """
    from gestral.embedded import default_data_folder, running

    values = dict(environment)
    data = Path(values.get(f"{PREFIX}DATA") or default_data_folder()).expanduser().absolute()
    values[f"{PREFIX}DATA"] = str(data)
    needs_postgres = not values.get(f"{PREFIX}DATABASE_URL")
    needs_valkey = not values.get(f"{PREFIX}REDIS_URL")
    with running(data, postgres=needs_postgres, valkey=needs_valkey) as services:
        if needs_postgres:
            values[f"{PREFIX}DATABASE_URL"] = services.database_url
            values[f"{PREFIX}DATABASE_OWNER_URL"] = services.database_owner_url
        if needs_valkey:
            values[f"{PREFIX}REDIS_URL"] = services.redis_url
        if not values.get(f"{PREFIX}STORAGE_URL"):
            values[f"{PREFIX}STORAGE_URL"] = (data / "files").as_uri()
        if not values.get(f"{PREFIX}SECRET"):
            values[f"{PREFIX}SECRET"] = _kept_secret(data / "secret")
        yield read_settings(Settings, values)


def _kept_secret(path: Path) -> str:
    """Return the secret of a data folder, made at its first use, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


def installed(settings: Settings) -> Registry:
    """Load the installed plugins under the operator's settings."""
    from gestral.app.build import load

    return load(os.environ, off=settings.plugins_off)


def owner_of(settings: Settings) -> str:
    """Return the address of PostgreSQL as the role that owns the tables.

    Raises:
        ConfigurationError: It is not set.
    """
    if not settings.database_owner_url:
        raise ConfigurationError(
            "GESTRAL_DATABASE_OWNER_URL is not set.",
            hint="Migrations run as the role that owns the tables: see db_scripts/bootstrap.sql.",
        )
    return settings.database_owner_url


def confirm(what: str, name: str, *, yes: bool) -> None:
    """Have a person type a name before something is done that cannot be undone.

    Raises:
        InputError: Something else was typed, or there is nobody to ask.
    """
    if yes:
        return
    click.echo(f"{what} Type {name} to go on: ", nl=False, err=True)
    typed = sys.stdin.readline()
    if typed.strip() != name:
        if not typed:
            click.echo(err=True)
        raise InputError(
            f"{typed.strip()!r} is not {name!r}: nothing was done.",
            hint="--yes goes on without asking.",
        )


def run(task: Callable[[Platform], Awaitable[T]]) -> T:
    """Run a task on the platform of this machine; the way for plugins' commands.

    Args:
        task: An async function that takes `Services`.
    """
    with machine() as settings:
        return run_on(settings, installed(settings), task)


def run_on(settings: Settings, registry: Registry, task: Callable[[Platform], Awaitable[T]]) -> T:
    """Run a task on a platform of its own, closed at the end."""
    from gestral.app.build import platform_from

    return _run(lambda: platform_from(settings, registry), task)


def run_alone(task: Callable[[Platform], Awaitable[T]]) -> T:
    """Run a task on what the plugins provide, where no service runs and none is started.

    For commands that need capabilities and settings alone: they work where nothing is set up.
    Whatever needs the database fails with a `ServiceError`.

    Args:
        task: An async function that takes `Services`.
    """
    from gestral.app.core_plugin import core_plugin
    from gestral.embedded import default_data_folder

    data = default_data_folder().expanduser().absolute()
    values = {
        f"{PREFIX}DATABASE_URL": "",
        f"{PREFIX}STORAGE_URL": (data / "files").as_uri(),
        f"{PREFIX}SECRET": secrets.token_urlsafe(32),
    }
    values |= {name: value for name, value in os.environ.items() if value}
    values |= {f"{PREFIX}DATA": str(data), f"{PREFIX}REDIS_URL": ""}
    settings = read_settings(Settings, values)
    core = Candidate(name="core", load=lambda: core_plugin)
    registry = resolve([core, *discover()], os.environ, off=settings.plugins_off)

    database = cast("Database", _NoDatabase())
    return _run(lambda: Platform(registry, settings, database), task)


def _run(made: Callable[[], Platform], task: Callable[[Platform], Awaitable[T]]) -> T:
    async def body() -> T:
        platform = made()
        try:
            return await task(platform)
        finally:
            await platform.aclose()

    return asyncio.run(body())


class _NoDatabase:
    """Stands where a command has no database."""

    def __getattr__(self, name: str) -> Any:
        raise ServiceError(
            f"This command has no database, which was asked for its {name}.",
            hint="It is a fault of the plugin that asked.",
        )

    async def aclose(self) -> None:
        """There is nothing to close."""
