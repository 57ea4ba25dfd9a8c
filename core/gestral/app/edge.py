"""What holds for every answer and every request, routed or not: the outermost layer of the web.

Answers get the security headers and a `Cache-Control`, whoever makes them. Requests that could only
break something further in are refused, and so are those that are too many at once.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from litestar.enums import ScopeType

from gestral.app.problems import problem, send_problem

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

    from gestral.app.problems import Problem
    from gestral.settings import Settings

__all__ = ("at_the_edge", "standing_headers")

QUERY_PARAMETERS = 100
"""The most that an address may have."""

ALWAYS_ANSWERED = "/health/"
"""Whoever looks after the process must not mistake a busy one for a dead one."""

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every answer that does not say otherwise: it is kept nowhere, runs nothing, and belongs to
this site alone."""

HTTPS_ONLY = "max-age=31536000"
"""A year, and for this host alone: its neighbours may still be without TLS."""

log = logging.getLogger(__name__)


def standing_headers(public_url: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of every answer, as ASGI sends them."""
    headers = dict(HEADERS)
    if urlsplit(public_url).scheme == "https":
        headers["strict-transport-security"] = HTTPS_ONLY
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


def at_the_edge(app: "ASGIApp", settings: "Settings") -> "ASGIApp":
    """Wrap the whole application, routing included."""
    standing = standing_headers(settings.public_url)
    most = settings.requests_at_once
    waiting = 0
    """Requests whose answers have not begun; what is only being sent costs little."""

    async def handle(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        nonlocal waiting
        begun = False

        async def answer(message: "Message") -> None:
            nonlocal begun, waiting
            if message["type"] == "http.response.start":
                if not begun:
                    begun = True
                    waiting -= 1
                message["headers"] = [*message["headers"], *_missing(message["headers"], standing)]
            await send(message)

        waiting += 1
        try:
            if refusal := _refusal(scope, waiting, most):
                await send_problem(answer, refusal)
            else:
                await app(scope, receive, answer)
        except Exception:
            if begun:
                raise
            log.exception("%s %s failed outside of its route", scope["method"], scope["path"])
            await send_problem(
                answer,
                problem(500, "internal-error", "Something went wrong inside. It has been logged."),
            )
        finally:
            if not begun:
                waiting -= 1

    return handle


def _missing(
    given: "Iterable[tuple[bytes, bytes]]", standing: tuple[tuple[bytes, bytes], ...]
) -> list[tuple[bytes, bytes]]:
    """Return the standing headers that an answer does not set itself."""
    names = {name.lower() for name, _ in given}
    return [header for header in standing if header[0] not in names]


def _refusal(scope: "HTTPScope", waiting: int, most: int) -> "Problem | None":
    """Return why a request goes no further, or nothing."""
    query = scope["query_string"]
    if "\0" in scope["path"] or b"%00" in query:
        # PostgreSQL and file systems cannot keep it, and each would fail in its own way.
        return problem(
            422, "nul-character", "The address holds a NUL character, which nothing has."
        )
    if query.count(b"&") >= QUERY_PARAMETERS:
        return problem(
            422,
            "too-many-parameters",
            f"The address has more than {QUERY_PARAMETERS} parameters.",
        )
    if waiting > most and not scope["path"].startswith(ALWAYS_ANSWERED):
        return problem(
            503,
            "overloaded",
            "There are too many requests at the moment. Try again.",
            retry_after=1,
        )
    return None
