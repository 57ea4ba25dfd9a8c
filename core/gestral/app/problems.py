"""Errors over HTTP: problem details (RFC 9457) with a stable code, and never a traceback."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gestral.errors import GestralError
from gestral.observe.context import request_id

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Send

__all__ = (
    "MEDIA_TYPE",
    "TITLES",
    "exception_handlers",
    "from_database",
    "from_error",
    "of_error",
    "problem",
    "send_problem",
)

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Names of RFC 9110 that Python learned late: a title must not depend on the interpreter."""

CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be read."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address takes other methods; the header Allow names them."),
    413: ("too-large", "The request's body is larger than this address takes."),
}
"""The code and the words for what Litestar refuses by itself, by status."""

RETRY_AFTER: Mapping[int, int] = {503: 5}
"""Seconds to wait after an error of this status that does not say how long."""

log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]
Problem = Response[dict[str, Any]]


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    retry_after: int | None = None,
    **more: Any,
) -> Problem:
    """Return a problem document.

    Args:
        status: Of HTTP.
        code: Stable, for programs.
        detail: What happened and what to do, for people.
        headers: Of the response.
        retry_after: Seconds, for the header of this name.
        more: Further members, such as `hint`; empty ones are left out.
    """
    found = dict(headers or {})
    if wait := retry_after or RETRY_AFTER.get(status):
        found["Retry-After"] = str(wait)
    document = {
        "type": f"urn:gestral:problem:{code}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **{name: value for name, value in {**more, "request_id": request_id()}.items() if value},
    }
    return Response(document, status_code=status, media_type=MEDIA_TYPE, headers=found)


async def send_problem(send: "Send", answer: Problem) -> None:
    """Send a problem from outside of the routes, where no framework does it."""
    body = msgspec.json.encode(answer.content)
    headers = {**answer.headers, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status_code or 500,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


def from_error(error: GestralError) -> Problem:
    """Return the problem that an error of Gestral's own becomes."""
    return problem(
        error.status, error.code, error.message, hint=error.hint, retry_after=error.retry_after
    )


def from_database(error: Exception) -> Problem:
    """Return the problem that an error of PostgreSQL becomes: a value's fault, or the platform's.

    Numbers beyond its range and characters that it cannot keep are the client's doing wherever
    they slip through, and it may well take again later what it did not take now.
    """
    if isinstance(error, DataError):
        log.warning("the database refused a value", exc_info=error)
        return problem(
            422, "invalid-input", "One of the values is beyond what can be kept: check them."
        )
    log.error("the database did not answer, or not in time", exc_info=error)
    return problem(503, "service-unavailable", "The database did not take it. Try again.")


def of_error(error: Exception, scope: "HTTPScope") -> Problem:
    """Return the problem that an error of a request becomes; log what is the platform's fault."""
    match error:
        case GestralError():
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.error("%s", error.message, exc_info=error)
            return from_error(error)
        case ValidationException():
            return _invalid(error)
        case HTTPException(status_code=status) if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _http(error)
        case DataError() | OperationalError() | InterfaceError() | PoolTimeoutError():
            return from_database(error)
    log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
    return problem(500, "internal-error", "Something went wrong inside. It has been logged.")


def _http(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    code, words = CODES.get(error.status_code, (phrase.lower().replace(" ", "-"), phrase))
    # Without words of its own, Litestar repeats the status.
    detail = words if error.detail == phrase else error.detail
    return problem(error.status_code, code, detail, headers=error.headers)


def _invalid(error: ValidationException) -> Problem:
    errors = [
        {"field": str(one.get("key", "")), "message": str(one.get("message", ""))}
        for one in (error.extra if isinstance(error.extra, list) else [])
        if isinstance(one, dict)
    ]
    told = (": ".join(filter(None, one.values())) for one in errors)
    detail = "; ".join(told) or error.detail
    return problem(
        422,
        "invalid-input",
        f"The request does not have the form that this address takes: {detail}",
        errors=errors,
    )


def _answer_to(request: AnyRequest, error: Exception) -> Problem:
    return of_error(error, request.scope)


# One for all: Litestar puts those of all layers together anew for each request.
exception_handlers: Any = {Exception: _answer_to}
