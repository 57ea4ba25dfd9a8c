"""What is seen of each request: an id, a line in the log, counts, and a span."""

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType

from gestral.observe import traces
from gestral.observe.context import bound
from gestral.observe.logs import ACCESS, RequestLine, moment, only_handler
from gestral.observe.masking import mask_path
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

_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info"}

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
            await answered(scope, receive, send)
        else:
            await app(scope, receive, send)

    async def answered(scope: "HTTPScope", receive: "Receive", send: "Send") -> None:
        headers = dict(scope["headers"])
        given = headers.get(_NAME)
        request_id = given if given and _SANE.match(given) else os.urandom(16).hex().encode()
        answer = _Answer(scope, send, standing, (_NAME, request_id))
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
    """Passes an answer on with its headers, and notes its status and when it began."""

    __slots__ = ("_arrived", "_began", "_name", "_scope", "_send", "_standing", "status")

    def __init__(
        self,
        scope: "HTTPScope",
        send: "Send",
        standing: "StandingHeaders",
        name: tuple[bytes, bytes],
    ) -> None:
        self.status = 0
        self._scope = scope
        self._send = send
        self._standing = standing
        self._name = name
        self._arrived = time.perf_counter()
        self._began: float | None = None

    def __call__(self, message: "Message") -> Awaitable[None]:
        if message["type"] == "http.response.start":
            start: HTTPResponseStartEvent = message
            self.status = start["status"]
            self._began = time.perf_counter()
            start["headers"] = self._standing.added_to(start["headers"], self._name)
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
        # Never with the query: addresses of files are signed in it.
        path = scope["path"]
        milliseconds = round((now - self._arrived) * 1000, 1)
        identity = (scope.get("state") or {}).get("identity")
        organisation_id = str(identity.organisation_id) if identity else ""
        if handler := only_handler(log):
            method, path = mask_path(method), mask_path(path)
            handler.write_soon(
                RequestLine(
                    moment(time.time()),
                    _LEVELS[level],
                    ACCESS,
                    f"{method} {path} {status}",
                    self._name[1].decode(),
                    method,
                    path,
                    route,
                    status,
                    milliseconds,
                    organisation_id,
                    traces.trace_id(),
                )
            )
            return
        fields: dict[str, Any] = {
            "method": method,
            "path": path,
            "route": route,
            "status": status,
            "milliseconds": milliseconds,
        }
        if organisation_id:
            fields["organisation_id"] = organisation_id
        log.log(level, "%s %s %d", method, path, status, extra=fields)
