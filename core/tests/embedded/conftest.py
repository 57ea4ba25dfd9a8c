"""Users of the embedded services: one for the whole session, and processes of their own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gestral.embedded import Services, ServiceStatus, running, status

USER = """
import sys
from pathlib import Path
from gestral.embedded import running
with running(Path(sys.argv[1])) as services:
    print(services.database_url, services.redis_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Both services, kept for all tests that do them no harm."""
    with running(tmp_path_factory.mktemp("shared")) as services:
        yield services


@pytest.fixture(scope="session")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose services ran once."""
    data = tmp_path_factory.mktemp("stopped")
    with running(data):
        pass
    return data


@pytest.fixture
def data(stopped: Path, tmp_path: Path) -> Path:
    """A copy of it, to be treated badly: making a new one takes longer."""
    return Path(shutil.copytree(stopped, tmp_path / "data"))


class User:
    """Another process that uses the services of a folder."""

    def __init__(self, data: Path, *wrapper: str, interpreter: str = sys.executable) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [*wrapper, interpreter, "-c", USER, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def addresses(self) -> tuple[str, str]:
        """Wait until the services run, and return the database's and the queue's addresses."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr
            pytest.fail(self.process.stderr.read())
        database, queue = line.split()
        return database, queue

    def leave(self) -> None:
        """End the use, as a program does that ends."""
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        """End the process without letting it do anything."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def user() -> Iterator[Callable[..., User]]:
    with ExitStack() as ends:

        def start(data: Path, *wrapper: str, interpreter: str = sys.executable) -> User:
            started = User(data, *wrapper, interpreter=interpreter)
            ends.callback(started.kill)
            return started

        yield start


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; a test that waits for ever is a failed test."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def looks(data: Path) -> dict[str, ServiceStatus]:
    """What is known of every service, by its name."""
    return {service.name: service for service in status(data)}
