"""What holds for every request and every answer, whatever the route."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import toy
import toy_edge
from litestar.types import ASGIApp, Receive, Scope, Send

from gestral.app.edge import QUERY_PARAMETERS, Edge
from gestral.app.headers import HEADERS, HTTPS_ONLY, standing_headers
from gestral.app.intake import FORM_PARTS
from gestral.capabilities import JOBS, OBJECT_STORE
from gestral.plugin import Plugin
from gestral.settings import Settings
from gestral.testing.kit import Kit

JSON = {"Content-Type": "application/json"}
NOTES, FILES = "/api/v1/edge/notes", "/api/v1/edge/files"


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return (toy.plugin, toy_edge.plugin)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a problem, having seen that it is a whole one."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:gestral:problem:{document['code']}"
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["detail"]
    return answer.status_code, document["code"]


def assert_dressed(answer: httpx.Response) -> None:
    """See that an answer has the standing headers, once each."""
    for name, value in HEADERS.items():
        assert len(answer.headers.get_list(name)) == 1, (answer.request.url, name)
        if name not in {"cache-control", "content-security-policy"}:
            assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def addresses(gestral: Kit) -> Iterator[str]:
    for route in gestral.app.routes:
        yield "/".join("1" if part.startswith("{") else part for part in route.path.split("/"))
    yield from ("/nowhere", "/api/v1/nowhere", "/api/v1/toy/count/none", "/a?b=%00", "/%00")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE", "TRACE"])
async def test_every_answer_has_the_security_headers_and_says_how_to_be_kept(
    gestral: Kit, method: str
) -> None:
    client = gestral.client()
    for address in addresses(gestral):
        answer = await client.request(method, address, headers={"Accept": "text/html"})
        assert_dressed(answer)
        html = answer.headers.get("content-type", "").startswith("text/html")
        if answer.status_code >= 400 and method != "HEAD" and not html:
            problem(answer)
        if address.startswith("/api") or answer.status_code >= 400:
            # Litestar says `no-cache` for a stream, which is never kept.
            wanted = (
                "no-cache"
                if address.endswith("/stream") and answer.status_code == 200
                else "no-store"
            )
            assert answer.headers["cache-control"] == wanted, address


async def test_answers_about_files_have_them_too(gestral: Kit) -> None:
    store = gestral.platform.get(OBJECT_STORE)
    await store.put("one.txt", b"hello", content_type="text/plain")
    client, address = gestral.client(), store.address("one.txt", expires=60)
    whole = await client.get(address)
    others = [
        await client.get(address, headers=headers)
        for headers in (
            {"Range": "bytes=1-2"},
            {"Range": "bytes=9-"},
            {"If-None-Match": whole.headers["etag"]},
        )
    ]
    assert [answer.status_code for answer in (whole, *others)] == [200, 206, 416, 304]
    # Else a browser would not play a video that is opened by itself.
    assert "media-src 'self'" in whole.headers["content-security-policy"]
    for answer in (whole, *others):
        assert_dressed(answer)
        assert "public" not in answer.headers["cache-control"]


def test_over_https_browsers_are_told_to_stay_there() -> None:
    name = b"strict-transport-security"
    assert (
        dict(standing_headers("https://gestral.example").added_to([]))[name] == HTTPS_ONLY.encode()
    )
    assert name not in dict(standing_headers("http://gestral.example").added_to([]))


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("POST", "/api/v1/toy/count/none", 404, "not-found"),
        ("DELETE", NOTES, 405, "method-not-allowed"),
        ("GET", "/api/v1/edge/numbers", 422, "invalid-input"),
        ("GET", "/api/v1/edge/numbers?number=x", 422, "invalid-input"),
        ("GET", f"/api/v1/edge/numbers?number={2**63}", 422, "invalid-input"),
        ("GET", f"/api/v1/edge/numbers?number={'9' * 5000}", 422, "invalid-input"),
        ("GET", "/api/v1/edge/numbers?number=1&a=%00", 422, "nul-character"),
        ("GET", "/files/%00", 422, "nul-character"),
        ("GET", f"/?{'a&' * QUERY_PARAMETERS}", 422, "too-many-parameters"),
    ],
)
async def test_what_is_wrong_with_an_address_is_a_problem(
    gestral: Kit, method: str, address: str, status: int, code: str
) -> None:
    assert problem(await gestral.client().request(method, address)) == (status, code)


async def test_an_address_says_which_methods_it_takes(gestral: Kit) -> None:
    client = gestral.client()
    refused = await client.delete(NOTES)
    asked = await client.options("/api/v1/toy/count/1")
    assert "POST" in refused.headers["allow"]
    assert (asked.status_code, "POST" in asked.headers["allow"]) == (204, True)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed-body"),
        (b"{", 400, "malformed-body"),
        (b'{"text": "\xff"}', 400, "malformed-body"),
        (b'{"text": "\\ud800"}', 400, "malformed-body"),
        (b"[]", 422, "invalid-input"),
        (b"null", 422, "invalid-input"),
        (b'{"text": 1}', 422, "invalid-input"),
        (b'{"text": "a", "txet": "b"}', 422, "invalid-input"),
        (b'{"text": "a\\u0000"}', 422, "nul-character"),
        (b'{"text": "\\\\\\u0000"}', 422, "nul-character"),
        (b'{"text": "\\\\u0000"}', 201, ""),
        (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422, "nested-too-deeply"),
    ],
)
async def test_a_body_that_will_not_do_is_a_problem(
    gestral: Kit, body: bytes, status: int, code: str
) -> None:
    answer = await gestral.client().post(NOTES, content=body, headers=JSON)
    assert (problem(answer) if code else (answer.status_code, "")) == (status, code)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {**JSON, "Content-Encoding": "gzip"},
    ],
)
async def test_a_body_of_another_kind_is_refused(gestral: Kit, headers: dict[str, str]) -> None:
    answer = await gestral.client().post(NOTES, content=b'{"text": "a"}', headers=headers)
    assert problem(answer) == (415, "unsupported-media-type")


def form(content: bytes, *, headers: bytes = b"") -> bytes:
    start = b'--x\r\nContent-Disposition: form-data; name="title"'
    return start + headers + b"\r\n\r\n" + content + b"\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("multipart/form-data", form(b"a"), 400, "malformed-body"),
        ("multipart/form-data; boundary=y", form(b"a"), 400, "malformed-body"),
        ("multipart/form-data; boundary=x", b"--x", 400, "malformed-body"),
        ("multipart/form-data; boundary=x", form(b"\xff"), 400, "malformed-body"),
        (
            "multipart/form-data; boundary=x",
            form(b"a", headers=b"\r\nContent-Type: text/plain; charset=none"),
            400,
            "malformed-body",
        ),
        ("multipart/form-data; boundary=x", form(b"a\0"), 422, "nul-character"),
        ("multipart/form-data; boundary=x", form(b"a"), 422, "invalid-input"),
        ("multipart/form-data; boundary=x", b"", 422, "invalid-input"),
        (
            "multipart/form-data; boundary=x",
            (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n' * (FORM_PARTS + 1))
            + b"--x--\r\n",
            400,
            "malformed-body",
        ),
    ],
)
async def test_a_form_that_will_not_do_is_a_problem(
    gestral: Kit, kind: str, body: bytes, status: int, code: str
) -> None:
    answer = await gestral.client().post(FILES, content=body, headers={"Content-Type": kind})
    assert problem(answer) == (status, code)


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nb\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\na\r\n--x--\r\n'
)


async def test_a_form_with_a_key_is_read_once_more(gestral: Kit) -> None:
    client = gestral.client(gestral.user())
    answers = [
        await client.post(
            FILES,
            content=FORM,
            headers={
                "Idempotency-Key": "one",
                "Content-Type": "multipart/form-data; boundary=x",
            },
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json() == {"title": "b", "name": "a.txt"}


async def test_an_error_says_when_to_come_back(gestral: Kit) -> None:
    answer = await gestral.client().post(NOTES, json={"text": "again"})
    assert problem(answer) == (429, "rate-limited")
    assert answer.headers["retry-after"] == "7"


async def test_a_request_without_end_is_ended_and_undone(gestral: Kit) -> None:
    answer = await gestral.client().post("/api/v1/edge/endless")
    assert problem(answer) == (503, "timed-out")
    assert answer.headers["retry-after"]
    assert await gestral.platform.get(JOBS).unfinished() == ()


async def test_a_body_that_never_comes_is_not_waited_for(gestral: Kit) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": FILES,
        "raw_path": FILES.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
        "client": None,
        "http_version": "1.1",
    }
    (handler,) = [one for one in _handlers(gestral) if one.handler_name == "give"]
    handler.opt["deadline"] = 0.1
    await gestral.app(scope, receive, send)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "body-too-slow"


def _handlers(gestral: Kit) -> Iterator[Any]:
    for route in gestral.app.routes:
        yield from getattr(route, "route_handlers", [])


async def test_a_stream_outlives_the_time_that_an_answer_has_to_begin(gestral: Kit) -> None:
    answer = await gestral.client().get("/api/v1/edge/stream")
    assert answer.status_code == 200
    assert "data: last" in answer.text
    assert_dressed(answer)


def edge(app: ASGIApp, most: int = 100) -> httpx.AsyncClient:
    """Return a client of an application that has only the edge around it."""
    settings = Settings(
        data=Path(),
        database_url="",
        redis_url="",
        storage_url="",
        secret="x" * 32,
        requests_at_once=most,
    )
    around = Edge(app, settings)

    async def whole(scope: Any, receive: Receive, send: Send) -> None:
        scope["state"] = {}  # as Litestar has it
        await around(scope, receive, send)

    transport = httpx.ASGITransport(app=whole)
    return httpx.AsyncClient(transport=transport, base_url="http://gestral.test")


async def test_too_many_requests_at_once_are_sent_away_but_not_those_for_health() -> None:
    hold = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await hold.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with edge(app, 2) as client:
        held = [asyncio.create_task(client.get("/")) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await client.get("/")
        healthy = asyncio.create_task(client.get("/health/live"))
        await asyncio.sleep(0)
        hold.set()
        answers = await asyncio.gather(*held, healthy)
        later = await client.get("/")
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert [answer.status_code for answer in (*answers, later)] == [204] * 4


async def test_what_breaks_outside_of_the_routes_is_a_problem_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("a secret detail")

    async with edge(app) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "secret" not in answer.text
    assert_dressed(answer)
