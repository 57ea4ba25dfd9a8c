"""One trace leads from a request over the outbox to each attempt at its jobs, without secrets."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
import toy
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sqlalchemy import select

from gestral.capabilities import JOBS
from gestral.errors import ConfigurationError, FetchError
from gestral.http import Fetcher
from gestral.http.networks import NetworkPolicy
from gestral.jobs.model import JobRow
from gestral.observe import traces
from gestral.observe.context import present
from gestral.testing.kit import Kit

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is sent, traces being on; name it before the platform, whose engine asks whether."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.use(provider)
    yield exporter
    traces.stop()


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [one for one in spans.get_finished_spans() if one.name == name]


async def test_a_job_belongs_to_the_trace_of_the_request_that_asked_for_it(
    spans: InMemorySpanExporter, gestral: Kit
) -> None:
    client = gestral.client(gestral.user("toy:count"))
    await client.post(f"/api/v1/toy/count/{toy.SEVEN}", headers={"traceparent": PARENT})
    for _ in range(3):
        await gestral.run_jobs()
        gestral.clock.turn(minutes=20)
    (request,) = named(spans, "POST /api/v1/toy/count/{number}")
    attempts = named(spans, "toy.count")
    assert [(one.attributes or {})["gestral.job.attempt"] for one in attempts] == [1, 2, 3]
    assert request.parent is not None
    assert f"{request.parent.trace_id:032x}" in PARENT
    assert f"{request.parent.span_id:016x}" in PARENT
    for one in attempts:
        assert one.parent is not None
        assert one.parent.span_id == request.context.span_id
        assert one.context.trace_id == request.context.trace_id
        assert [event.name for event in one.events] == ["Counting"]
    failed = [one.status.status_code is StatusCode.ERROR for one in attempts]
    assert failed == [True, True, False]


async def test_statements_have_spans_within_a_request_and_no_parameters(
    spans: InMemorySpanExporter, gestral: Kit
) -> None:
    await gestral.client(gestral.user("toy:count")).post("/api/v1/toy/count/77")
    (request,) = named(spans, "POST /api/v1/toy/count/{number}")
    (insert,) = named(spans, "INSERT")
    assert insert.parent is not None
    assert insert.parent.span_id == request.context.span_id
    assert "core.job" in str((insert.attributes or {})["db.query.text"])
    assert "77" not in str((insert.attributes or {})["db.query.text"])


async def test_an_error_is_marked_and_its_words_stay_inside(
    spans: InMemorySpanExporter, gestral: Kit
) -> None:
    assert (await gestral.client().get("/api/v1/toy/broken?signature=zyx")).status_code == 500
    (request,) = named(spans, "GET /api/v1/toy/broken")
    assert request.status.status_code is StatusCode.ERROR
    assert "a secret detail" not in request.to_json()
    assert "zyx" not in request.to_json()


async def test_a_request_to_a_foreign_address_has_a_span_that_tells_its_host_alone(
    spans: InMemorySpanExporter,
) -> None:
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.1/32"),))
    async with Fetcher(policy=policy) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.get("http://127.0.0.1:1/path?token=abc")
    (fetch,) = named(spans, "GET")
    assert (fetch.attributes or {})["server.address"] == "127.0.0.1"
    assert (fetch.attributes or {})["error.type"] == "unreachable"
    assert "abc" not in fetch.to_json()


async def test_the_upkeep_of_workers_has_no_spans(
    spans: InMemorySpanExporter, gestral: Kit
) -> None:
    await gestral.run_jobs()
    assert spans.get_finished_spans() == ()


async def test_the_log_names_the_trace(spans: InMemorySpanExporter) -> None:
    del spans
    scope: Any = {"method": "GET", "path": "/", "scheme": "http", "headers": []}
    span = traces.request(scope)
    assert span is not None
    assert present()["trace_id"] == traces.trace_id() != ""
    span.end("GET", "/", 200)
    assert "trace_id" not in present()


async def test_without_an_endpoint_nothing_is_carried(gestral: Kit) -> None:
    async with gestral.transaction() as session:
        await gestral.platform.get(JOBS).enqueue(session, toy.COUNT, toy.Number())
    async with gestral.across_organisations() as session:
        assert await session.scalar(select(JobRow.trace)) == ""


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_opentelemetrys_own_variables_switch_it_on(environment: dict[str, str], on: bool) -> None:
    assert traces.is_on(environment) is on


def test_what_is_asked_for_and_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(
        __import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None
    )
    with pytest.raises(ConfigurationError, match="telemetry"):
        traces.start("gestral-web")
