"""What is seen of each request: an id, a line in the log, counts, and a span."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable
from random import getrandbits
from typing import TYPE_CHECKING

from litestar.enums import ScopeType

from gestral.observe import traces
from gestral.observe.context import answered, answering
from gestral.observe.logs import ACCESS, RequestLine, only_handler
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

    from gestral.app.headers import StandingHeaders

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


def observed(app: "ASGIApp", standing: "StandingHeaders") -> "ASGIApp":
    """Wrap the whole application, routing included.

    All that is done for each request and each answer is done here, in one layer.

    Args:
        app: What answers.
        standing: Headers of every answer.
    """

    async def handle(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == ScopeType.HTTP:
            await answer(scope, receive, send)
        else:
            await app(scope, receive, send)

    async def answer(scope: "HTTPScope", receive: "Receive", send: "Send") -> None:
        headers = dict(scope["headers"])
        given = headers.get(_NAME)
        # It tells requests apart, and need not be hard to guess.
        request_id = given.decode() if given and _SANE.match(given) else f"{getrandbits(128):032x}"
        sent = _Answer(scope, send, standing, request_id)
        token = answering(request_id)
        with traces.request(scope, headers) as span:
            try:
                await app(scope, receive, sent)
            except asyncio.CancelledError:
                sent.status = sent.status or CLOSED_BY_CLIENT
                raise
            except BaseException:
                sent.status = sent.status or 500
                raise
            finally:
                sent.end()
                traces.answered(span, scope["method"], sent.route, sent.status)
                answered(token)

    return handle


class _Answer:
    """Passes an answer on with its headers, and notes its status and when it began."""

    __slots__ = ("_arrived", "_began", "_id", "_scope", "_send", "_standing", "status")

    def __init__(
        self,
        scope: "HTTPScope",
        send: "Send",
        standing: "StandingHeaders",
        request_id: str,
    ) -> None:
        self.status = 0
        self._scope = scope
        self._send = send
        self._standing = standing
        self._id = request_id
        self._arrived = time.perf_counter()
        self._began: float | None = None

    def __call__(self, message: "Message") -> Awaitable[None]:
        if message["type"] == "http.response.start":
            start: HTTPResponseStartEvent = message
            self.status = start["status"]
            self._began = time.perf_counter()
            name = (_NAME, self._id.encode())
            start["headers"] = self._standing.added_to(start["headers"], name)
        return self._send(message)

    @property
    def route(self) -> str:
        """The template of the path, as the router found it."""
        found: str = self._scope.get("path_template") or NO_ROUTE
        return found

    def end(self) -> None:
        """Count the request, and write its line."""
        now = time.perf_counter()
        scope = self._scope
        method: str = scope["method"]
        status = self.status = self.status or CLOSED_BY_CLIENT
        route = self.route
        count_request(method, route, status, (self._began or now) - self._arrived)
        level = logging.DEBUG if route.startswith(OFTEN_ASKED) else logging.INFO
        if not log.isEnabledFor(level):
            return
        identity = (scope.get("state") or {}).get("identity")
        line = RequestLine(
            time.time(),
            level,
            self._id,
            method,
            scope["path"],
            route,
            status,
            now - self._arrived,
            identity.organisation_id if identity else None,
            traces.trace_id(),
        )
        if handler := only_handler(log):
            handler.write_soon(line)
            return
        fields = line.fields()
        if line.organisation_id:
            fields["organisation_id"] = str(line.organisation_id)
        log.log(level, "%s %s %d", line.method, line.path, status, extra=fields)
