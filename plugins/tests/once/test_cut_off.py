"""A real server and a connection that is cut after the commit: nothing is there twice."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg
import pytest

from gestral.app.core_plugin import core_plugin
from gestral.db.migrate import upgrade
from gestral.embedded import Services, running
from gestral.plugin import Plugin
from gestral.testing.proxy import AnswerCutter

VIDEOS = "/api/v1/video/videos"


class Server:
    """A web process of the whole platform over services of its own."""

    def __init__(self, services: Services, folder: Path) -> None:
        self._owner = services.database_owner_url
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.log = folder / "log"
        environment = {
            **os.environ,
            "GESTRAL_DATA": str(folder / "data"),
            "GESTRAL_DATABASE_URL": services.database_url,
            "GESTRAL_REDIS_URL": services.redis_url,
            "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
            "GESTRAL_SECRET": "a secret of this test, and of it alone",
            "GESTRAL_PORT": str(self.port),
            "GESTRAL_AUTH_ARGON2_MEMORY_KIB": "64",
        }
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gestral.cli", "web"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + 120
        while True:
            try:
                return httpx.get(f"http://127.0.0.1:{self.port}/health/live").raise_for_status()
            except httpx.HTTPError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.1)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return httpx.post(f"http://127.0.0.1:{self.port}{path}", timeout=60, **given)

    def cut_off(self, path: str, **given: Any) -> bytes:
        """Send a request whose answer is lost, and return that answer."""
        with AnswerCutter(self.port) as cutter:
            headers = {**given.pop("headers", {}), "Connection": "close"}
            with pytest.raises(httpx.TransportError):
                httpx.post(
                    f"http://127.0.0.1:{cutter.port}{path}", timeout=60, headers=headers, **given
                )
        return cutter.swallowed

    def count(self, query: LiteralString) -> int:
        with psycopg.connect(self._owner) as connection:
            row = connection.execute(query).fetchone()
        assert row
        return int(row[0])


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, gestral_plugins: Sequence[Plugin]
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("cut-off")
    with running(folder / "services") as services:
        upgrade(services.database_owner_url, (core_plugin, *gestral_plugins))
        server = Server(services, folder)
        try:
            server.wait()
            yield server
        finally:
            server.process.terminate()
            server.process.wait(60)


ADA = {"email": "ada@example.com", "name": "Ada", "password": "a heron over cold water"}


def test_an_account_and_a_video_are_made_once_though_the_answer_was_lost(server: Server) -> None:
    """Without any Idempotency-Key: an address is one account, an order is one video."""
    assert b" 201 " in server.cut_off("/api/v1/auth/sign-up", json=ADA).splitlines()[0]
    again = server.post("/api/v1/auth/sign-up", json=ADA)
    assert (again.status_code, again.json()["code"]) == (409, "email-taken")
    assert server.count("SELECT count(*) FROM auth.user_account") == 1
    assert server.count("SELECT count(*) FROM auth.organisation") == 1
    assert server.count("SELECT count(*) FROM email.message") == 1

    credentials = {name: ADA[name] for name in ("email", "password")}
    signed_in = server.post("/api/v1/auth/sign-in", json=credentials)
    order: dict[str, Any] = {
        "headers": {"Cookie": "; ".join(f"{k}={v}" for k, v in signed_in.cookies.items())},
        "files": {"file": ("a.txt", b"A title\n\nOne sentence is enough.")},
    }
    lost = server.cut_off(f"{VIDEOS}/file", **order)
    assert b" 201 " in lost.splitlines()[0]
    found = server.post(f"{VIDEOS}/file", **order)
    assert found.status_code == 200, found.text
    assert found.json()["id"].encode() in lost
    assert server.count("SELECT count(*) FROM video.video") == 1
    assert server.count("SELECT count(*) FROM core.job WHERE name = 'video.make'") == 1
