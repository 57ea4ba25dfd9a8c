"""What holds for every request, routed or not.

Requests that could only break something further in are refused, and so are those that are too many
at once. An error that nobody further in has caught becomes a problem document here.
"""

import logging
from typing import TYPE_CHECKING

from litestar.enums import ScopeType

from gestral.app.problems import problem, send_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

    from gestral.app.problems import Problem

__all__ = ("at_the_edge",)

QUERY_PARAMETERS = 100
"""The most that an address may have."""

ALWAYS_ANSWERED = "/health/"
"""Whoever looks after the process must not mistake a busy one for a dead one."""

log = logging.getLogger(__name__)


def at_the_edge(app: "ASGIApp", most: int) -> "ASGIApp":
    """Wrap the whole application, routing included.

    Args:
        app: What answers.
        most: Requests at a time, beyond which further ones are refused.
    """
    waiting = 0
    """Requests whose answers have not begun; what is only being sent costs little."""

    async def handle(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        nonlocal waiting
        begun = False

        def answer(message: "Message") -> "Awaitable[None]":
            nonlocal begun, waiting
            if message["type"] == "http.response.start" and not begun:
                begun = True
                waiting -= 1
            return send(message)

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
