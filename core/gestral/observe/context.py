"""What is being done at the moment: the fields that each line of the log is marked with."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ("FIELDS", "bound", "present", "request_id")

FIELDS = ("request_id", "job_id", "job", "attempt", "organisation_id", "trace_id")
"""What a line may be marked with."""

_bound: ContextVar[Mapping[str, str | int]] = ContextVar("observed", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**fields: str | int) -> Iterator[None]:
    """Mark what is logged in the block, and in tasks that it starts, with these fields."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def present() -> dict[str, str | int]:
    """Return the fields of the moment, those of the organisation and of the trace included."""
    fields = dict(_bound.get())
    # Who acts for an organisation or keeps traces has loaded these; to log a line nobody need.
    tenancy = sys.modules.get("gestral.db.tenancy")
    if tenancy and (organisation_id := tenancy.organisation.get()):
        fields["organisation_id"] = str(organisation_id)
    traces = sys.modules.get("gestral.observe.traces")
    if traces and (trace_id := traces.trace_id()):
        fields["trace_id"] = trace_id
    return fields


def request_id() -> str:
    """Return the id of the request that is being answered, or nothing outside of one."""
    return str(_bound.get().get("request_id", ""))
