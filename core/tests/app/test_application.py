"""The application: who comes in, and what errors look like."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from litestar import get
from litestar.di import NamedDependency

from gestral.app.build import BODY_BYTES, probe
from gestral.app.headers import StandingHeaders
from gestral.app.registry import Candidate, resolve
from gestral.plugin import Plugin
from gestral.testing.kit import Kit


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [toy.plugin]


async def test_a_public_route_is_open(gestral: Kit) -> None:
    answer = await gestral.client().get("/api/v1/toy/open")
    assert answer.json() == {"hello": "stranger"}


async def test_a_route_with_a_permission_is_shut_to_strangers(gestral: Kit) -> None:
    answer = await gestral.client().post("/api/v1/toy/count/1")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


async def test_a_route_is_shut_to_those_without_its_permission(gestral: Kit) -> None:
    answer = await gestral.client(gestral.user("toy:other")).post("/api/v1/toy/count/1")
    assert answer.status_code == 403
    assert "'toy:count'" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_changes_nothing(gestral: Kit, headers: dict[str, str]) -> None:
    client = gestral.client(gestral.user("toy:count"))
    answer = await client.post("/api/v1/toy/count/1", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


async def test_an_error_tells_nothing_of_the_inside(gestral: Kit) -> None:
    answer = await gestral.client().get("/api/v1/toy/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert "secret" not in answer.text


async def test_what_is_not_there_is_a_problem_too(gestral: Kit) -> None:
    answer = await gestral.client().get("/api/v1/toy/nowhere")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"


async def test_every_answer_has_the_security_headers(gestral: Kit) -> None:
    for address in ("/api/v1/toy/open", "/health/live"):
        headers = (await gestral.client().get(address)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


NAMES = st.sampled_from(["cache-control", "x-frame-options", "content-type", "etag"])


@given(st.dictionaries(NAMES, st.just("own")))
def test_standing_headers_give_way_to_an_answers_own(own: dict[str, str]) -> None:
    standing = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    given_ = [(name.encode(), value.encode()) for name, value in own.items()]
    found = StandingHeaders(standing).added_to(given_, (b"x-request-id", b"1"))
    expected = {name.lower(): value for name, value in standing.items()} | own
    assert len(found) == len(expected) + 1
    assert {name.decode(): value.decode() for name, value in found} == {
        **expected,
        "x-request-id": "1",
    }


async def test_health_says_what_it_looked_at(gestral: Kit) -> None:
    answer = await gestral.client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"]["core.database"] == "ok"
    assert answer.json()["plugins"]["toy"] == "loaded"


async def test_metrics_are_shut_without_a_token(gestral: Kit) -> None:
    client = gestral.client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
        assert (await client.get("/metrics", headers=headers)).status_code == 404


async def test_the_api_document_knows_the_plugins_routes(gestral: Kit) -> None:
    answer = await gestral.client().get("/api/v1/schema/openapi.json")
    assert "/api/v1/toy/count/{number}" in answer.json()["paths"]


@get("/")
async def unguarded() -> None: ...


@get("/", permission="other:do")
async def undeclared() -> None: ...


@get("/", public=True)
async def annotated(services: "NamedDependency[Nowhere]") -> None: ...  # noqa: F821 # type: ignore[name-defined]


@get("/open", public=True)
async def greet_again() -> None: ...


def failing() -> Sequence[Any]:
    raise RuntimeError("no routes today")


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        (lambda: [unguarded], "names no permission"),
        (lambda: [undeclared], "asks for 'other:do': declare it"),
        (lambda: [annotated], "Building its routes failed"),
        (lambda: [toy.greet, greet_again], "Two of its routes answer GET /open"),
        (failing, "no routes today"),
    ],
)
def test_a_plugin_with_broken_routes_is_refused_before_it_can_harm(
    routes: Callable[[], Sequence[Any]], says: str
) -> None:
    broken = replace(toy.plugin, name="broken", routes=routes, permissions=())
    found = [
        Candidate(name="broken", load=lambda: broken),
        Candidate(name="toy", load=lambda: toy.plugin),
    ]
    registry = probe(resolve(found, {}))
    states = {entry.name: entry for entry in registry.entries}
    assert states["broken"].state == "failed"
    assert says in states["broken"].reason
    assert states["toy"].state == "loaded"


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(gestral: Kit) -> None:
    client = gestral.client(gestral.user("toy:count"))
    answer = await client.post(
        "/api/v1/toy/count/1", content=b" " * (BODY_BYTES + 1), headers={"Idempotency-Key": "one"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
