"""Errors over HTTP: problem details (RFC 9457) with a stable code, and never a traceback."""

import logging
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from gestral.errors import GestralError
from gestral.observe.context import request_id

__all__ = ("MEDIA_TYPE", "exception_handlers", "problem", "problem_document")

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]
Problem = Response[dict[str, Any]]


def problem(
    status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Problem:
    """Return a problem document.

    Args:
        status: Of HTTP.
        code: Stable, for programs.
        detail: What happened and what to do, for people.
        headers: Of the response.
        more: Further members, such as `hint`; empty ones are left out.
    """
    return Response(
        problem_document(status, code, detail, **more),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def problem_document(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return the members of a problem document; see `problem`."""
    return {
        "type": f"urn:gestral:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **{name: value for name, value in {**more, "request_id": request_id()}.items() if value},
    }


def _named(_request: AnyRequest, error: GestralError) -> Problem:
    return problem(error.status, error.code, error.message, hint=error.hint)


def _http(request: AnyRequest, error: HTTPException) -> Problem:
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(request, error)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, code, error.detail, headers=error.headers)


def _invalid(_request: AnyRequest, error: ValidationException) -> Problem:
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


def _unexpected(request: AnyRequest, error: Exception) -> Problem:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal-error", "Something went wrong inside. It has been logged.")


exception_handlers: Any = {
    GestralError: _named,
    ValidationException: _invalid,
    HTTPException: _http,
    Exception: _unexpected,
}
