"""What a real server does with clients that are slow, endless or lie, seen on its socket."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_edge

from gestral.app.build import BODY_BYTES
from gestral.app.core_plugin import core_plugin
from gestral.cli.serve import HEAD_BYTES
from gestral.db.migrate import upgrade
from gestral.embedded import running

NOTES = "POST /api/v1/edge/notes HTTP/1.1"
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a web process with the plugin `edge` and short limits listens."""
    folder = tmp_path_factory.mktemp("server")
    metadata = folder / "installed" / "edge-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: edge\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[gestral.plugins]\nedge = toy_edge:plugin\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    with running(folder / "services") as services:
        upgrade(services.database_owner_url, (core_plugin,))
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                (str(metadata.parent), str(Path(toy_edge.__file__).parent))
            ),
            "GESTRAL_PLUGINS_OFF": "auth,email,video",
            "GESTRAL_DATA": str(folder / "data"),
            "GESTRAL_DATABASE_URL": services.database_url,
            "GESTRAL_REDIS_URL": services.redis_url,
            "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
            "GESTRAL_SECRET": "a secret of this test, and of it alone",
            "GESTRAL_PORT": str(free),
            "GESTRAL_KEEP_ALIVE_SECONDS": "0.5",
            "GESTRAL_REQUEST_SECONDS": "0.5",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "gestral.cli", "web"], env=environment, stdin=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 60
            while not listens(free):
                assert time.monotonic() < deadline, "the web server listens"
                time.sleep(0.05)
            yield free
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def listens(port: int) -> bool:
    try:
        return exchange(port, b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP")
    except ConnectionError:
        return False


def exchange(port: int, *parts: bytes) -> bytes:
    """Send bytes, and return what comes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except ConnectionError:
            pass  # it answered before it had everything, and reads no more
        found = bytearray()
        try:
            while chunk := connection.recv(65536):
                found += chunk
        except ConnectionError:
            pass
        return bytes(found)


def head(*lines: str) -> bytes:
    return "\r\n".join((*lines, "Host: gestral.test", "Connection: close", "", "")).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem(answer: bytes) -> tuple[int, str]:
    start, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in start
    return status(answer), json.loads(body)["code"]


def test_a_connection_on_which_no_request_comes_is_closed(port: int) -> None:
    assert exchange(port, b"GET /health/live HT") == b""
    assert exchange(port) == b""


def test_a_body_that_comes_too_slowly_is_not_waited_for(port: int) -> None:
    answer = exchange(port, head(NOTES, JSON, "Content-Length: 20"), b'{"text"')
    assert problem(answer) == (408, "body-too-slow")


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((f"Content-Length: {BODY_BYTES + 1}",), b" " * (BODY_BYTES + 1)),
        (("Content-Length: 99999999999999",), b"{}"),
        (("Transfer-Encoding: chunked",), b"10000\r\n%s\r\n" % (b" " * 65536) * 20),
    ],
    ids=["large", "lying", "chunked"],
)
def test_a_body_that_is_too_large_is_refused_however_it_comes(
    port: int, lines: tuple[str, ...], body: bytes
) -> None:
    assert problem(exchange(port, head(NOTES, JSON, *lines), body)) == (413, "too-large")


@pytest.mark.parametrize(
    "lines", [("GET / HTTP/1.1", f"X: {'a' * 3 * HEAD_BYTES}"), (f"GET /{'a' * 65535} HTTP/1.1",)]
)
def test_a_head_that_is_too_large_is_refused(port: int, lines: tuple[str, ...]) -> None:
    assert status(exchange(port, head(*lines))) in {414, 431}


def test_a_handler_that_never_ends_holds_nobody_up(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head("POST /api/v1/edge/endless HTTP/1.1"))
        assert status(exchange(port, head("GET /health/live HTTP/1.1"))) == 200
        found = bytearray()
        while chunk := connection.recv(65536):
            found += chunk
    assert problem(bytes(found)) == (503, "timed-out")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("GET /%ff%fe HTTP/1.1", 404),
        ("GET /%zz HTTP/1.1", 404),
        ("GET /api/v1/edge/numbers?number=%ff HTTP/1.1", 422),
        ("BREW /health/live HTTP/1.1", 405),
    ],
)
def test_nonsense_in_an_address_is_a_problem(port: int, line: str, code: int) -> None:
    assert problem(exchange(port, head(line)))[0] == code


def test_headers_that_are_no_text_do_no_harm(port: int) -> None:
    lines = ("GET /health/live HTTP/1.1", "Cookie: \xff;=;;a=\xe9", "X-Request-Id: \xff")
    assert status(exchange(port, head(*lines))) == 200


def test_a_request_for_a_websocket_is_answered_as_any_other(port: int) -> None:
    lines = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    answer = exchange(port, head("GET /health/live HTTP/1.1", *lines, key))
    assert status(answer) == 200
