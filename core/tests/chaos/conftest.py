"""A platform of real processes that the tests may kill."""

import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gestral.db.migrate import upgrade
from gestral.embedded import Services, running

HERE = Path(__file__).parent


def until(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It does not within the time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Process:
    """One web or worker process, started again whenever it is gone."""

    def __init__(
        self, kind: str, environment: dict[str, str], log: Path, options: tuple[str, ...]
    ) -> None:
        self.kind = kind
        self._options = options
        self._environment = environment
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "gestral.cli", self.kind, *self._options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a fault would: at once, and all that it started."""
        os.killpg(self.child.pid, 9)
        self.child.wait()

    def look_after(self) -> None:
        if self.child.poll() is not None:
            self.start()


class World:
    """The platform under test, from outside."""

    def __init__(self, folder: Path, services: Services, seed: int) -> None:
        self.services = services
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.killed: Counter[str] = Counter()
        self.journal = folder / "journal"
        self.journal.touch()
        self.processes: list[Process] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        path = folder / "installed"
        path.mkdir()
        (path / "toy_chaos.py").write_text((HERE / "toy_chaos.py").read_text())
        metadata = path / "chaos-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: chaos\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[gestral.plugins]\nchaos = toy_chaos:plugin\n")
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(path),
            "GESTRAL_PLUGINS_OFF": "auth,email,video",
            "GESTRAL_CHAOS_JOURNAL": str(self.journal),
            "GESTRAL_DATA": str(folder / "data"),
            "GESTRAL_DATABASE_URL": services.database_url,
            "GESTRAL_REDIS_URL": services.redis_url,
            "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
            "GESTRAL_SECRET": "a secret of the chaos test, and of it alone",
            "GESTRAL_PORT": str(self.port),
        }
        self.log = folder / "log"

    def add(self, kind: str, *options: str) -> Process:
        process = Process(kind, self.environment, self.log, options)
        self.processes.append(process)
        return process

    def kill(self, process: Process) -> None:
        process.kill()
        self.killed[process.kind] += 1
        process.start()

    def look_after(self) -> None:
        for process in self.processes:
            process.look_after()

    def query(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.services.database_owner_url, autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def effects(self) -> list[int]:
        """Return the request of each step that had its effect."""
        return [int(str(row[0])) for row in self.query("SELECT request FROM chaos.effect")]

    def notes(self, word: str) -> list[tuple[int, int]]:
        """Return request and attempt of each line of the journal that begins with a word."""
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return [(int(line[1]), int(line[2])) for line in lines if line[0] == word]


@pytest.fixture
def seed() -> int:
    """Printed with each test; GESTRAL_CHAOS_SEED brings it back.

    With it come the same requests, the same victims in the same order and the same pauses between
    kills. What a victim was doing in that moment is up to the machine: a fault that depends on it
    may take several runs to show again.
    """
    return int(os.environ.get("GESTRAL_CHAOS_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, seed: int) -> Iterator[World]:
    """A platform with a database and a queue of its own, all of it ended afterwards."""
    from gestral.app.core_plugin import core_plugin

    folder = tmp_path_factory.mktemp("chaos")
    print(f"seed {seed}, log in {folder / 'log'}; again: GESTRAL_CHAOS_SEED={seed} nox -s chaos")
    with running(folder / "services") as services:
        upgrade(services.database_owner_url, (core_plugin,))
        with psycopg.connect(services.database_owner_url) as connection:
            connection.execute("CREATE SCHEMA chaos")
            connection.execute(
                "CREATE TABLE chaos.effect (request int, step int, PRIMARY KEY (request, step))"
            )
            connection.execute("GRANT USAGE ON SCHEMA chaos TO gestral_app")
            connection.execute("GRANT SELECT, INSERT ON chaos.effect TO gestral_app")
        world = World(folder, services, seed)
        try:
            yield world
        finally:
            for process in world.processes:
                if process.child.poll() is None:
                    process.kill()
