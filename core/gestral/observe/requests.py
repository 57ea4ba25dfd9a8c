"""What is seen of each request: an id, a line in the log, counts, and a span."""

import asyncio
import logging
import os
import re
import time
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType

from gestral.observe import traces
from gestral.observe.context import bound
from gestral.observe.logs import ACCESS
from gestral.observe.metrics import count_request

if TYPE_CHECKING:
    from litestar.types import (
        ASGIApp,
        HTTPResponseStartEvent,
        HTTPScope,
        Message,
        Receive,
        Scope,
        Send,
    )

__all__ = ("HEADER", "observed")

HEADER = "X-Request-Id"

_NAME = HEADER.lower().encode()

CLOSED_BY_CLIENT = 499
"""Shown where the client went away before there was an answer; nginx's number."""

NO_ROUTE = "(none)"
"""Stands for every path that no route has, so that strangers cannot make up labels."""

OFTEN_ASKED = ("/health/", "/metrics")
"""What machines ask for every few seconds: not worth a line."""

_SANE = re.compile(rb"[A-Za-z0-9_.-]{1,64}\Z")

log = logging.getLogger(ACCESS)


def observed(app: "ASGIApp") -> "ASGIApp":
    """Wrap the whole application, routing included."""

    async def handle(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == ScopeType.HTTP:
            await answered(scope, receive, send)
        else:
            await app(scope, receive, send)

    async def answered(scope: "HTTPScope", receive: "Receive", send: "Send") -> None:
        headers = dict(scope["headers"])
        given = headers.get(_NAME, b"")
        request_id = given if _SANE.match(given) else os.urandom(16).hex().encode()
        answer = _Answer(scope, send, request_id)
        with bound(request_id=request_id.decode()), traces.request(scope, headers) as span:
            try:
                await app(scope, receive, answer)
            except asyncio.CancelledError:
                answer.status = answer.status or CLOSED_BY_CLIENT
                raise
            except BaseException:
                answer.status = answer.status or 500
                raise
            finally:
                answer.end()
                traces.answered(span, scope["method"], answer.route, answer.status)

    return handle


class _Answer:
    """Passes an answer on, and notes its status and when it began."""

    def __init__(self, scope: "HTTPScope", send: "Send", request_id: bytes) -> None:
        self.status = 0
        self._scope = scope
        self._send = send
        self._header = (_NAME, request_id)
        self._arrived = time.perf_counter()
        self._began: float | None = None

    async def __call__(self, message: "Message") -> None:
        if message["type"] == "http.response.start":
            start: HTTPResponseStartEvent = message
            self.status = start["status"]
            self._began = time.perf_counter()
            start["headers"] = [*start["headers"], self._header]
        await self._send(message)

    @property
    def route(self) -> str:
        """The template of the path, as the router found it."""
        found: str = self._scope.get("path_template") or NO_ROUTE
        return found

    def end(self) -> None:
        """Count the request, and write its line."""
        now = time.perf_counter()
        method = self._scope["method"]
        status = self.status or CLOSED_BY_CLIENT
        self.status = status
        count_request(method, self.route, status, (self._began or now) - self._arrived)
        level = logging.DEBUG if self.route.startswith(OFTEN_ASKED) else logging.INFO
        if not log.isEnabledFor(level):
            return
        fields: dict[str, Any] = {
            "method": method,
            # Never with the query: addresses of files are signed in it.
            "path": self._scope["path"],
            "route": self.route,
            "status": status,
            "milliseconds": round((now - self._arrived) * 1000, 1),
        }
        identity = (self._scope.get("state") or {}).get("identity")
        if organisation_id := getattr(identity, "organisation_id", None):
            fields["organisation_id"] = str(organisation_id)
        log.log(level, "%s %s %d", method, self._scope["path"], status, extra=fields)
