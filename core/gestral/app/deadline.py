"""How long a request may take until its answer begins."""

import asyncio
import time
from typing import TYPE_CHECKING

from gestral.errors import GestralError, InputError, ServiceError

if TYPE_CHECKING:
    from litestar.types import HTTPScope

    from gestral.app.exchange import Exchange

__all__ = ("Deadlines", "SlowBodyError", "late")

Waiting = tuple["asyncio.Task[object] | None", "HTTPScope", float]
"""The task that answers a request, the request, and when it arrived."""

TICK = 0.5
"""Seconds between two looks for requests that are late."""


class SlowBodyError(InputError):
    """The body did not arrive in time."""

    status = 408
    default_code = "body-too-slow"


class Deadlines:
    """Cancels requests that are late, where they stand: what they did is rolled back.

    A handler gives itself another number of seconds by `deadline=`. A stream lasts as long as it
    likes: only its beginning is waited for. One timer looks at all requests, which costs each of
    them next to nothing.

    Args:
        seconds: That a request may take if its handler does not say otherwise.

    Attributes:
        waiting: The requests whose answers have not begun.
    """

    def __init__(self, seconds: float) -> None:
        self.waiting: dict[Exchange, Waiting] = {}
        self._seconds = seconds
        self._ticking: asyncio.AbstractEventLoop | None = None

    def begin(self, exchange: "Exchange", scope: "HTTPScope", arrived: float) -> None:
        """Have the present task be cancelled when the request's time is over, or a little later."""
        loop = asyncio.get_running_loop()
        self.waiting[exchange] = asyncio.current_task(loop), scope, arrived
        if self._ticking is not loop:
            self._ticking = loop
            loop.call_later(TICK, self._look, loop)

    def end(self, exchange: "Exchange") -> None:
        """Wait no more for a request: its answer begins, or it came to its end without one."""
        self.waiting.pop(exchange, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = time.monotonic()
        for exchange, (task, scope, arrived) in list(self.waiting.items()):
            own = None
            if "route_handler" in scope:  # it is not there before the router was
                own = scope["route_handler"].opt.get("deadline")
            seconds = self._seconds if own is None else own
            if task is not None and arrived + seconds <= now:
                self.end(exchange)
                exchange.expired = seconds
                task.cancel()
        if self.waiting:
            loop.call_later(TICK, self._look, loop)
        else:
            self._ticking = None


def late(exchange: "Exchange") -> GestralError:
    """Return what is wrong with a request that was cancelled; its task is so no longer."""
    if task := asyncio.current_task():
        task.uncancel()
    if exchange.body is not None and exchange.body.arriving:
        return SlowBodyError(
            f"The request's body was not here after {exchange.expired:g} seconds.",
            hint="Send less, or over a better connection.",
        )
    return ServiceError(
        f"There was no answer after {exchange.expired:g} seconds, and nothing was done.",
        hint="Try again.",
        code="timed-out",
    )
