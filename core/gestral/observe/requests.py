"""What is seen of each request: an id, a count, and a line in the log."""

import logging
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING

from gestral.observe import traces
from gestral.observe.logs import ACCESS, RequestLine, moment, only_handler
from gestral.observe.masking import mask_path
from gestral.observe.metrics import METHODS, count_request

if TYPE_CHECKING:
    from litestar.types import HTTPScope

__all__ = ("CLOSED_BY_CLIENT", "HEADER", "given_id", "new_ids", "route_of", "tell")

HEADER = b"x-request-id"
"""By which a client may name its request, and is told its name."""

CLOSED_BY_CLIENT = 499
"""Shown where the client went away before there was an answer; nginx's number."""

NO_ROUTE = "(none)"
"""Stands for every path that no route has, so that strangers cannot make up labels."""

OFTEN_ASKED = ("/health/", "/metrics")
"""What machines ask for every few seconds: not worth a line."""

_SANE = re.compile(rb"[A-Za-z0-9_.-]{1,64}\Z")

log = logging.getLogger(ACCESS)


def given_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the id that a request came with; nothing where it has none, or none that is sane."""
    for name, value in headers:
        if name == HEADER:
            return value.decode() if _SANE.match(value) else ""
    return ""


def new_ids() -> Iterator[str]:
    """Give one id after the other: a part of this process alone, then a number.

    They tell requests apart, and need not be hard to guess.
    """
    process = secrets.token_hex(8)
    for number in count(1):
        yield f"{process}{number:016x}"


def route_of(scope: "HTTPScope") -> str:
    """Return the template of a request's path, as the router found it."""
    found: str = scope.get("path_template") or NO_ROUTE
    return found


def tell(scope: "HTTPScope", request_id: str, status: int, waited: float, seconds: float) -> None:
    """Count a request that came to its end, and have its line written.

    Args:
        scope: The request's.
        request_id: Its id.
        status: Of its answer.
        waited: Seconds until the answer began.
        seconds: Until it was sent.
    """
    method: str = scope["method"]
    route = route_of(scope)
    count_request(method, route, status, waited)
    level = logging.DEBUG if route.startswith(OFTEN_ASKED) else logging.INFO
    if not log.isEnabledFor(level):
        return
    method = method if method in METHODS else mask_path(method)
    path = mask_path(scope["path"])
    identity = scope["state"].get("identity")
    line = RequestLine(
        moment(time.time()),
        "info" if level == logging.INFO else "debug",
        ACCESS,
        f"{method} {path} {status}",
        request_id,
        method,
        path,
        route,
        status,
        int(seconds * 10_000 + 0.5) / 10,
        identity.organisation_id if identity else None,
        traces.trace_id(),
    )
    if handler := only_handler(log):
        handler.write_soon(line)
    else:
        log.log(level, "%s", line.message, extra=line.own())
