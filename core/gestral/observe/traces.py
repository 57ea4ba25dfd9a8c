"""Traces by OpenTelemetry: one from a request over the outbox to each attempt at its jobs.

They are switched on by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, ...) and cost
a comparison where they are not: OpenTelemetry is not even imported. See ADR 0017.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from gestral.errors import ConfigurationError

if TYPE_CHECKING:
    from litestar.types import HTTPScope
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer
    from sqlalchemy import Engine

    from gestral.jobs.ledger import Claimed

__all__ = (
    "RequestSpan",
    "attempt",
    "carried",
    "event",
    "failed",
    "foreign",
    "is_on",
    "request",
    "start",
    "statement",
    "stop",
    "trace_id",
    "use",
    "watch",
)

SWITCHES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

LONGEST_STATEMENT = 2000
"""Characters of a statement that are kept."""

NOTHING: AbstractContextManager[None] = nullcontext()

_tracer: "Tracer | None" = None
_provider: "TracerProvider | None" = None


def is_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for traces."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").lower() == "none":
        return False
    return any(environment.get(name) for name in SWITCHES)


def start(service: str) -> None:
    """Begin to send spans, if the environment asks for it.

    Args:
        service: What this process is called, unless `OTEL_SERVICE_NAME` says otherwise.

    Raises:
        ConfigurationError: What sends them is not installed.
    """
    if not is_on():
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, but what sends them is not installed.",
            hint="Install gestral-core[telemetry], or unset the variable.",
        ) from error
    from opentelemetry import trace

    from gestral import __version__

    name = os.environ.get("OTEL_SERVICE_NAME") or service
    made = TracerProvider(
        resource=Resource.create({"service.name": name, "service.version": __version__})
    )
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(made)  # for the spans of plugins and libraries
    use(made)


def use(provider: "TracerProvider | None") -> None:
    """Send spans to a provider from now on, or to none."""
    global _tracer, _provider  # noqa: PLW0603 - one for a process, as OpenTelemetry has it
    _provider = provider
    _tracer = provider.get_tracer("gestral") if provider else None


def stop() -> None:
    """Send what is left, and no more."""
    if _provider is not None:
        _provider.shutdown()
    use(None)


def trace_id() -> str:
    """Return the id of the trace that the present work belongs to, or nothing."""
    if _tracer is None:
        return ""
    from opentelemetry.trace import format_trace_id, get_current_span

    found = get_current_span().get_span_context()
    return format_trace_id(found.trace_id) if found.is_valid else ""


def carried() -> str:
    """Return the W3C `traceparent` of the present span, for who goes on with the work later."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


class RequestSpan:
    """A span around a request, within the trace that its `traceparent` names."""

    __slots__ = ("_present", "_span")

    def __init__(self, tracer: "Tracer", scope: "HTTPScope") -> None:
        from opentelemetry.context import attach
        from opentelemetry.trace import SpanKind, set_span_in_context

        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("ascii", "replace")
        self._span = tracer.start_span(
            scope["method"],
            context=_context(parent),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": scope["method"],
                "url.path": scope["path"],
                "url.scheme": scope["scheme"],
            },
        )
        self._present = attach(set_span_in_context(self._span))

    def end(self, method: str, route: str, status: int) -> None:
        """Note what became of the request."""
        from opentelemetry.context import detach

        detach(self._present)
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            _mark(self._span, str(status))
        self._span.end()


def request(scope: "HTTPScope") -> RequestSpan | None:
    """Begin the span of a request, where traces are kept."""
    return RequestSpan(_tracer, scope) if _tracer is not None else None


def attempt(row: "Claimed") -> "AbstractContextManager[Span | None]":
    """Have a span around an attempt at a job, a child of the request that asked for it."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind

    attributes: dict[str, str | int] = {
        "messaging.system": "gestral",
        "messaging.operation.type": "process",
        "messaging.destination.name": row.queue,
        "messaging.message.id": str(row.id),
        "gestral.job.name": row.name,
        "gestral.job.attempt": row.attempt,
    }
    if row.organisation_id is not None:
        attributes["gestral.organisation_id"] = str(row.organisation_id)
    return _tracer.start_as_current_span(
        row.name,
        context=_context(row.trace),
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    )


@asynccontextmanager
async def foreign(method: str, host: str) -> AsyncIterator[Callable[[int], None]]:
    """Have a span around a request to somebody else, who is told nothing of the trace.

    Gives a function that notes the status of the answer.
    """
    if _tracer is None:
        yield lambda _status: None
        return
    from opentelemetry.trace import SpanKind

    with _tracer.start_as_current_span(
        method,
        kind=SpanKind.CLIENT,
        attributes={"http.request.method": method, "server.address": host},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield partial(span.set_attribute, "http.response.status_code")
        except Exception as error:
            _mark(span, getattr(error, "code", type(error).__name__))
            raise


def event(name: str, **attributes: str | int) -> None:
    """Note in the present span that something was reached."""
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    get_current_span().add_event(name, attributes)


def failed(what: str) -> None:
    """Mark the present span as failed.

    Args:
        what: An error's code or class; never its message, which may hold anything.
    """
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    _mark(get_current_span(), what)


def _mark(span: "Span", what: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", what)
    span.set_status(Status(StatusCode.ERROR, what))


def statement(sql: str) -> "AbstractContextManager[Span | None]":
    """Have a span around a statement of a request or job; never with its parameters."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind, get_current_span

    # The upkeep of workers, which is in no span, would bury all else.
    if not get_current_span().is_recording():
        return NOTHING
    return _tracer.start_as_current_span(
        sql.split(None, 1)[0].upper(),
        kind=SpanKind.CLIENT,
        attributes={
            "db.system.name": "postgresql",
            "db.query.text": sql[:LONGEST_STATEMENT],
        },
        record_exception=False,
        set_status_on_exception=False,
    )


def watch(engine: "Engine") -> None:
    """Have a span around each statement of a request or job; never with its parameters."""
    from sqlalchemy import event as events

    def before(
        _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        from opentelemetry.trace import SpanKind, get_current_span

        # The upkeep of workers, which is in no span, would bury all else.
        if _tracer is not None and context is not None and get_current_span().is_recording():
            context.gestral_span = _tracer.start_span(
                statement.split(None, 1)[0].upper(),
                kind=SpanKind.CLIENT,
                attributes={
                    "db.system.name": "postgresql",
                    "db.query.text": statement[:LONGEST_STATEMENT],
                },
            )

    def after(
        _connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        if span := getattr(context, "gestral_span", None):
            span.end()

    def broken(problem: Any) -> None:
        if span := getattr(problem.execution_context, "gestral_span", None):
            _mark(span, type(problem.original_exception).__name__)
            span.end()

    events.listen(engine, "before_cursor_execute", before)
    events.listen(engine, "after_cursor_execute", after)
    events.listen(engine, "handle_error", broken)


def _context(parent: str) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}, context=Context())
