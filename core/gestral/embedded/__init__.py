"""The services that one machine needs, started for you.

    with running(data) as services:
        services.database_url, services.redis_url

PostgreSQL and Valkey run from pip packages (`gestral-core[embedded]`), with all their data in one
folder and reachable through unix sockets alone. Processes that name the same folder share them, and
the last to leave stops them. A kernel lock counts the users, and one guardian process per server
owns it: whichever process is killed, no server stays behind, and the next start finds the data.

| Call | For |
|---|---|
| `running(data)` | start the services, or join those that run; leave them at the end of the block |
| `status(data)` | what runs and what is wrong, without starting anything |
| `default_data_folder()` | `GESTRAL_DATA`, else the user's data folder |

Not on Windows: there is no Valkey for it. Name servers of your own there.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from gestral.errors import ConfigurationError

__all__ = ("ServiceStatus", "Services", "default_data_folder", "running", "status")


class Services(msgspec.Struct, frozen=True):
    """Where the services are. An address is empty when its service was not asked for."""

    database_url: str
    """PostgreSQL as `gestral_app`, which owns nothing, in the form of libpq."""
    database_owner_url: str
    """PostgreSQL as `gestral_owner`, which owns the database and runs the migrations."""
    redis_url: str
    """Valkey, as redis-py reads it (`unix://`)."""
    data: Path
    """The data folder."""

    def __repr__(self) -> str:
        """Without the addresses, which hold passwords."""
        return f"Services(data={str(self.data)!r})"


class ServiceStatus(msgspec.Struct, frozen=True):
    """What is known of one service."""

    name: str
    running: bool
    version: str
    """Version of the installed server; empty when none is installed."""
    process: int | None
    """Process identifier of the server, when it runs."""
    guardian: int | None
    """Process identifier of its guardian, when it runs."""
    log: Path
    problems: tuple[str, ...]
    """What is wrong, in whole sentences."""


def default_data_folder() -> Path:
    """The folder that `GESTRAL_DATA` names, else the one that the system foresees for a user."""
    import platformdirs

    return Path(os.environ.get("GESTRAL_DATA") or platformdirs.user_data_dir("gestral", False))


@contextlib.contextmanager
def running(data: Path, *, postgres: bool = True, valkey: bool = True) -> Iterator[Services]:
    """Have the services run for the length of a block.

    Blocks while a server starts (or stops, when nobody else uses it). Joining takes a moment.
    The use is this process's alone, not that of children: wait for them within the block.

    Args:
        data: Everything is kept here. Made when it is missing; an existing folder must be empty or
            have been made by this function.
        postgres: Whether to run PostgreSQL.
        valkey: Whether to run Valkey.

    Raises:
        ConfigurationError: The folder cannot be used, a package is missing, the data is of another
            major version, or this machine cannot run the servers.
        ServiceError: A server does not start or answer; the message says where its log is.
    """
    if sys.platform == "win32" and (postgres or valkey):
        raise ConfigurationError(
            "The embedded services do not run on Windows.",
            hint="Name servers of your own in GESTRAL_DATABASE_URL and GESTRAL_REDIS_URL.",
        )
    from gestral.embedded import _folders

    data = _folders.claim(data)
    database_url = database_owner_url = redis_url = ""
    with contextlib.ExitStack() as uses:
        if postgres:
            from gestral.embedded import _database, _launch

            used = uses.enter_context(_launch.Use(data, "postgres", _launch.postgres))
            passwords = _folders.credentials(data)
            database_url = _database.address("gestral_app", passwords.app, used.sockets)
            database_owner_url = _database.address("gestral_owner", passwords.owner, used.sockets)
        if valkey:
            from gestral.embedded import _launch

            used = uses.enter_context(_launch.Use(data, "valkey", _launch.valkey))
            redis_url = f"unix://{quote(used.sockets)}/valkey.sock"
        yield Services(database_url, database_owner_url, redis_url, data)


def status(data: Path) -> tuple[ServiceStatus, ...]:
    """What runs in a data folder, with which versions, and what is wrong. Starts nothing."""
    if sys.platform == "win32":
        return ()
    from gestral.embedded._status import look

    return look(data)
