"""Serving the browser application."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from gestral.app.frontend import CONTENT_SECURITY_POLICY, frontend_routes, panel_routes
from gestral.app.problems import MEDIA_TYPE, exception_handlers

SCRIPT = b"console.log('hello')"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

Client = TestClient[Litestar]


def client_of(handlers: list[HTTPRouteHandler]) -> Client:
    return TestClient(
        Litestar(handlers, exception_handlers=exception_handlers, openapi_config=None),
        raise_server_exceptions=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    tmp_path = tmp_path_factory.mktemp("built")
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_bytes(b"<!doctype html><title>Gestral</title>")
    (dist / "assets" / "main-1a2b.js").write_bytes(SCRIPT)
    (dist / "assets" / "main-1a2b.js.br").write_bytes(b"as brotli")
    (dist / "assets" / "main-1a2b.js.gz").write_bytes(b"as gzip")
    (dist / "inputs.sha256").write_text("not for browsers")
    (tmp_path / "secret.js").write_text("outside")
    with client_of(frontend_routes(dist)) as client:
        # The test client would send, and decode, encodings of its own.
        client.headers["Accept-Encoding"] = "identity"
        yield client


@pytest.mark.parametrize("path", ["/", "/video/videos", "/settings"])
def test_every_address_of_the_application_opens_the_index(built: Client, path: str) -> None:
    answer = built.get(path, headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "Gestral" in answer.text


def test_an_index_that_the_browser_has_is_not_sent_again(built: Client) -> None:
    etag = built.get("/").headers["etag"]
    again = built.get("/", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert built.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"as brotli"),
        ("gzip;q=1.0, br;q=0", "gzip", b"as gzip"),
        ("deflate", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
def test_assets_come_in_the_best_encoding_the_browser_takes(
    built: Client, accepted: str, encoding: str | None, body: bytes
) -> None:
    headers = {"Accept-Encoding": accepted}
    with built.stream("GET", "/assets/main-1a2b.js", headers=headers) as answer:
        assert b"".join(answer.iter_raw()) == body
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]


def test_head_tells_what_get_would_send(built: Client) -> None:
    for path in ("/", "/assets/main-1a2b.js"):
        head, get = built.head(path), built.get(path)
        assert head.content == b""
        assert head.headers == get.headers


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nope",
        "/api/v1/video/nope",
        "/panels/nope",
        "/files/nope",
        "/assets/gone.js",
        "/assets/..%2f..%2fsecret.js",
        "/inputs.sha256.js",
    ],
)
def test_what_is_missing_is_a_problem_document_and_never_the_index(
    built: Client, path: str
) -> None:
    headers = {} if path == "/inputs.sha256.js" else PAGE
    answer = built.get(path, headers=headers)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith(MEDIA_TYPE)


def test_a_missing_build_is_said_openly_with_the_remedy(tmp_path: Path) -> None:
    with client_of(frontend_routes(tmp_path / "dist")) as client:
        answer = client.get("/", headers=PAGE)
        assert answer.status_code == 503
        assert "python frontend/build.py" in answer.text
        assert client.get("/api/v1/nope", headers=PAGE).status_code == 404


@pytest.fixture(scope="module")
def panels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    tmp_path = tmp_path_factory.mktemp("plugin")
    folder = tmp_path / "panels"
    folder.mkdir()
    (folder / "hello.js").write_bytes(SCRIPT)
    (folder / "hello.css").write_bytes(b"p {}")
    (folder / "hello.py").write_bytes(b"SECRET = 1")
    (folder / ".hidden.js").write_bytes(b"hidden")
    (tmp_path / "secret.js").write_bytes(b"outside")
    with client_of([*panel_routes({"greeter": [folder]}), *frontend_routes(folder)]) as client:
        yield client


def test_a_panel_is_a_module_that_the_browser_checks_again(panels: Client) -> None:
    answer = panels.get("/panels/greeter/hello.js")
    assert answer.content == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": answer.headers["etag"]}
    assert panels.get("/panels/greeter/hello.js", headers=known).status_code == 304
    assert panels.get("/panels/greeter/hello.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path",
    [
        "hello.py",
        ".hidden.js",
        "nope.js",
        "../secret.js",
        "..%2fsecret.js",
        "%2e%2e/secret.js",
        "..%5csecret.js",
        "hello.js%00",
        "hello.js%0a",
    ],
)
def test_nothing_but_the_panels_own_files_is_served(panels: Client, path: str) -> None:
    assert panels.get(f"/panels/greeter/{path}").status_code == 404
    assert panels.get(f"/panels/nobody/{path}").status_code == 404
