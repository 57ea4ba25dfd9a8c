"""What holds for every request and every answer, routed or not: one layer around the application.

On its way in, a request gets an id and a deadline, begins on behalf of nobody, and is refused where
it could only break something further in or where there are too many. On its way out, an answer gets
the standing headers, after its transaction was committed; what nobody further in has caught becomes
a problem document. Then the request is counted and has its line in the log.
"""

import asyncio
import time
from typing import TYPE_CHECKING

from litestar.enums import ScopeType

from gestral.app.access import SAFE, is_foreign
from gestral.app.deadline import Deadlines, late
from gestral.app.exchange import Body, Exchange
from gestral.app.headers import standing_headers
from gestral.app.problems import of_error, problem
from gestral.db.tenancy import organisation
from gestral.observe import traces
from gestral.observe.context import answered, answering
from gestral.observe.requests import given_id, new_ids, route_of, tell

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

    from gestral.app.problems import Problem
    from gestral.settings import Settings

__all__ = ("Edge",)

QUERY_PARAMETERS = 100
"""The most that an address may have."""

ALWAYS_ANSWERED = "/health/"
"""Whoever looks after the process must not mistake a busy one for a dead one."""


class Edge:
    """Wraps the whole application, routing included.

    Args:
        app: What answers.
        settings: How many requests at a time, for how long, and under which address.
    """

    def __init__(self, app: "ASGIApp", settings: "Settings") -> None:
        self._app = app
        self._most = settings.requests_at_once
        self._standing = standing_headers(settings.public_url)
        self._deadlines = Deadlines(settings.request_seconds)
        self._ids = new_ids()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request, and tell what became of it."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        arrived = time.monotonic()
        request_id = given_id(scope["headers"]) or next(self._ids)
        exchange = Exchange(request_id, send, self._standing, self._deadlines)
        scope["state"]["exchange"] = exchange
        if scope["method"] not in SAFE:
            exchange.body = Body(receive)
            receive = exchange.body.receive
        marked, before = answering(request_id), organisation.set(None)
        span = traces.request(scope)
        self._deadlines.begin(exchange, scope, arrived)
        try:
            await self._answer(scope, receive, exchange)
        finally:
            now, status = time.monotonic(), exchange.outcome
            tell(scope, request_id, status, (exchange.began or now) - arrived, now - arrived)
            if span is not None:
                span.end(scope["method"], route_of(scope), status)
            organisation.reset(before)
            answered(marked)

    async def _answer(self, scope: "HTTPScope", receive: "Receive", exchange: Exchange) -> None:
        try:
            if refusal := self._refusal(scope):
                await exchange.fail(refusal)
            else:
                await self._app(scope, receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.expired:
                raise
            await exchange.fail(of_error(late(exchange), scope))
        except Exception as error:
            if exchange.status:  # begun: nothing else can be said any more
                raise
            await exchange.fail(of_error(error, scope))
        finally:
            self._deadlines.end(exchange)
            if exchange.unit is not None:
                await exchange.unit.end()

    def _refusal(self, scope: "HTTPScope") -> "Problem | None":
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
        if is_foreign(scope):
            return problem(403, "cross-site", "This request was sent by another site's page.")
        # Those whose answers have begun are not counted: what is only being sent costs little.
        if len(self._deadlines.waiting) > self._most and not scope["path"].startswith(
            ALWAYS_ANSWERED
        ):
            return problem(
                503,
                "overloaded",
                "There are too many requests at the moment. Try again.",
                retry_after=1,
            )
        return None
