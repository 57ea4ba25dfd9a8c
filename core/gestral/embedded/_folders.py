"""Where everything lies in the data folder.

<data>/
  .gestral                 says that the folder is ours
  credentials.json         passwords of the database's roles, for the folder's owner alone
  logs/postgres.log        what the servers say; the guardian's own lines too
  postgres/18/             one cluster per major version
  valkey/                  the append-only file
  run/postgres/            sockets, locks and who runs
  run/valkey/
"""

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from gestral.errors import ConfigurationError, GestralError, ServiceError

__all__ = (
    "MARK",
    "Credentials",
    "ServiceFolder",
    "ServiceName",
    "State",
    "claim",
    "credentials",
    "explained",
    "failure",
    "tail",
)

ServiceName = Literal["postgres", "valkey"]
LockName = Literal["start", "users", "guardian", "server"]

MARK = ".gestral"
_LOG_LIMIT = 8 * 2**20
"""Bytes of a log after which the next start begins a new one and keeps this one beside it."""


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that says what to do.

    Raises:
        ConfigurationError: The folder cannot be used as it is.
        ServiceError: The disk is full or broken.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or path
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ServiceError(
                f"The disk that holds {place} is full.", hint="Free some space."
            ) from error
        if isinstance(error, (FileExistsError, NotADirectoryError)):
            raise ConfigurationError(
                f"{path} cannot be the data folder: {place} is a file.",
                hint="Name a folder in GESTRAL_DATA.",
            ) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise ConfigurationError(
                f"The data folder {path} cannot be written: {error.strerror} at {place}.",
                hint="Name a folder that you may write in GESTRAL_DATA, or mend its permissions.",
            ) from error
        raise ServiceError(f"The data folder {path} cannot be used: {error}.") from error


def claim(data: Path) -> Path:
    """Make the data folder, or check that it is ours already.

    Returns:
        The folder's absolute path.

    Raises:
        ConfigurationError: It cannot be made or written, or holds somebody else's files.
        ServiceError: The disk is full or broken.
    """
    data = data.expanduser().absolute()
    mark = data / MARK
    with explained(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Asked again after the listing: another process may have claimed the folder meanwhile.
        if not mark.exists() and any(data.iterdir()) and not mark.exists():
            raise ConfigurationError(
                f"The folder {data} holds files that are not Gestral's.",
                hint="Name an empty or a new folder in GESTRAL_DATA.",
            )
        if not mark.exists():
            mark.write_text("Gestral keeps its data here. Leave this file in place.\n")
        for name in ("run", "logs"):
            (data / name).mkdir(mode=0o700, exist_ok=True)
        if not os.access(data, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(data))
    return data


@dataclass(frozen=True)
class State:
    """What a guardian writes down about itself; a hint for people, never relied upon for life."""

    guardian: int
    """The guardian's process identifier."""
    server: int
    """The server's process identifier."""
    sockets: str
    """The folder of the server's socket."""


@dataclass(frozen=True)
class ServiceFolder:
    """The places of one service in the data folder."""

    data: Path
    name: ServiceName

    @property
    def home(self) -> Path:
        """What has to outlive the server."""
        return self.data / self.name

    @property
    def run(self) -> Path:
        """What matters only while it runs."""
        return self.data / "run" / self.name

    @property
    def log(self) -> Path:
        """What the server and its guardian said."""
        return self.data / "logs" / f"{self.name}.log"

    def lock(self, name: LockName) -> Path:
        """The file of a lock: who is starting, who uses the server, who guards it, does it live."""
        return self.run / f"{name}.lock"

    def make(self) -> None:
        """Make the folders, private to their owner, and the locks' files."""
        with explained(self.data):
            self.home.mkdir(mode=0o700, exist_ok=True)
            self.run.mkdir(mode=0o700, exist_ok=True)
            for name in get_args(LockName):
                self.lock(name).touch(mode=0o600)

    def open_log(self) -> int:
        """Open the log for appending, beginning a new one when it has grown too long."""
        with explained(self.data):
            if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
            return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def read_state(self) -> State | None:
        """What the last guardian wrote down, if it did."""
        try:
            return State(**json.loads((self.run / "state.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write_state(self, state: State) -> None:
        """Write down who runs."""
        new = self.run / "state.json.new"
        new.write_text(json.dumps(asdict(state)))
        new.replace(self.run / "state.json")


@dataclass(frozen=True)
class Credentials:
    """Passwords of the database's roles."""

    superuser: str
    owner: str
    app: str


def credentials(data: Path) -> Credentials:
    """Read the passwords, or make them up once. The caller holds the lock `start` of postgres.

    Raises:
        ConfigurationError: The file is damaged, or gone while the database is there.
    """
    path = data / "credentials.json"
    with explained(data):
        try:
            return Credentials(**json.loads(path.read_bytes()))
        except FileNotFoundError:
            pass
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                f"{path} is damaged.", hint="Put it back from a copy of the data folder."
            ) from error
        if any(found.parent.name.isdigit() for found in (data / "postgres").glob("*/PG_VERSION")):
            raise ConfigurationError(
                f"{path} is gone, and with it the passwords of the database beside it.",
                hint="Put it back from a copy of the data folder.",
            )
        made = Credentials(*(secrets.token_urlsafe(24) for _ in range(3)))
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600, exist_ok=False)
        with new.open("w") as file:
            json.dump(asdict(made), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return made


def tail(folder: ServiceFolder, lines: int = 4) -> str:
    """The last lines of a service's log and where the rest is, as sentences for a message."""
    try:
        last = folder.log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        last = []
    said = " Its last lines: " + " | ".join(last) if last else ""
    full = " The disk is full: free some space." if "No space left on device" in said else ""
    return f"{full} The log is {folder.log}.{said}"


def failure(error: GestralError) -> dict[str, str]:
    """An error as the guardian sends it to the process that started it."""
    return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
