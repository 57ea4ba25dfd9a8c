"""What is being done at the moment: the fields that each line of the log is marked with."""

import sys
from collections.abc import Mapping
from contextvars import ContextVar, Token

__all__ = ("FIELDS", "answered", "answering", "bound", "present", "request_id")

FIELDS = ("request_id", "job_id", "job", "attempt", "organisation_id", "trace_id")
"""What a line may be marked with."""

_bound: ContextVar[Mapping[str, str | int]] = ContextVar("observed", default={})  # noqa: B039 - never changed in place


class bound:  # noqa: N801 - used like a function
    """Marks what is logged in its block, and in tasks that it starts, with these fields."""

    # No generator: it is entered for each request.
    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: str | int) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token = _bound.set({**_bound.get(), **self._fields})

    def __exit__(self, *_: object) -> None:
        _bound.reset(self._token)


def answering(request_id: str) -> Token[Mapping[str, str | int]]:
    """Mark what is logged from now on with a request, until `answered` is handed the token."""
    return _bound.set({"request_id": request_id})


answered = _bound.reset


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
