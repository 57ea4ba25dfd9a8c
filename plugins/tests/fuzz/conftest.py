"""The whole platform as processes of its own, with people in it, for tests over its socket."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
import requests

from gestral.app.build import load
from gestral.db.migrate import upgrade
from gestral.embedded import Services, running

from .people import POST, Person, World


class Blog(BaseHTTPRequestHandler):
    """Has one post at every address."""

    def do_GET(self) -> None:
        body = POST.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def blog() -> Iterator[str]:
    """Give the address of a post on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Blog) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/post"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def processes(services: Services, folder: Path, port: int) -> Iterator[str]:
    """Run a web process, and a worker that sends mail but renders nothing."""
    environment = {
        **os.environ,
        "GESTRAL_DATA": str(folder / "data"),
        "GESTRAL_DATABASE_URL": services.database_url,
        "GESTRAL_REDIS_URL": services.redis_url,
        "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
        "GESTRAL_SECRET": "a secret of this test, and of it alone",
        "GESTRAL_PORT": str(port),
        "GESTRAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GESTRAL_ALLOW_NETWORKS": "127.0.0.1/32",
        # Hashes of passwords need not be slow, and each request says which network it is from.
        "GESTRAL_AUTH_ARGON2_MEMORY_KIB": "8",
        "GESTRAL_AUTH_PROXIES": "1",
        "GESTRAL_AUTH_ATTEMPTS_PER_NETWORK": "5",
    }
    commands = (["web"], ["worker", "--queues", "default"])
    started = []
    for command in commands:
        with (folder / f"{command[0]}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "gestral.cli", *command],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(address), f"the web server answers; see {folder}")
        yield address
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in started]
    assert codes == [0, 0]


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds; fail when it does not for a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running platform with an owner, a viewer of the same organisation, videos and mail."""
    folder = tmp_path_factory.mktemp("platform")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with running(folder / "services") as services, blog() as post:
        upgrade(services.database_owner_url, load({}).plugins)
        with processes(services, folder, port) as address:
            owner = Person(address, "owner").sign_up()
            viewer = Person(address, "viewer").sign_up()
            make_viewer(services.database_url, viewer, owner)
            made = World(address=address, post=post, owner=owner, viewer=viewer.sign_in())
            until(lambda: made.message, "the welcome is in the mailbox")
            yield made


def make_viewer(database_url: str, viewer: Person, owner: Person) -> None:
    """Move a person into another's organisation, for which there is no route yet."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE gestral_platform")
        changed = connection.execute(
            "UPDATE auth.membership SET organisation_id = %s, role = 'viewer' WHERE user_id = %s",
            (owner.me["organisation"]["id"], viewer.me["user"]["id"]),
        )
        assert changed.rowcount == 1
