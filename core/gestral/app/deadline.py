"""How long a request may take until its answer begins."""

import asyncio
from typing import TYPE_CHECKING

from litestar.enums import ScopeType

from gestral.errors import InputError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send
    from litestar.types.asgi_types import WebSocketReceiveMessage

__all__ = ("SlowBodyError", "in_time")

TICK = 0.5
"""Seconds between two looks for requests that are late."""


class SlowBodyError(InputError):
    """The body did not arrive in time."""

    status = 408
    default_code = "body-too-slow"


class Waiting:
    """A request whose answer has not begun."""

    __slots__ = ("arriving", "expired", "task", "until")

    def __init__(self, task: "asyncio.Task[object]", until: float) -> None:
        self.task = task
        self.until = until
        self.arriving = False
        self.expired = False


class Clock:
    """Cancels requests that are late: one timer for all, which costs each of them next to nothing.

    Attributes:
        waiting: The requests to look at.
    """

    def __init__(self) -> None:
        self.waiting: set[Waiting] = set()
        self._ticking: asyncio.AbstractEventLoop | None = None

    def begin(self, seconds: float) -> Waiting:
        """Have the present request be cancelled after so many seconds, or a little later."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - servers run each request in one
        one = Waiting(task, loop.time() + seconds)
        self.waiting.add(one)
        if self._ticking is not loop:
            self._ticking = loop
            loop.call_later(min(TICK, seconds), self._look, loop)
        return one

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for one in [one for one in self.waiting if one.until <= now]:
            self.waiting.discard(one)
            one.expired = True
            one.task.cancel()
        self._ticking = loop if self.waiting else None
        if self._ticking:
            loop.call_later(TICK, self._look, loop)


def in_time(app: "ASGIApp") -> "ASGIApp":
    """Wrap the routes: middleware of the application, around the request's transaction.

    A request that takes longer is cancelled where it stands, and what it did is rolled back. A
    handler gives itself another number of seconds by `deadline=`. A stream lasts as long as it
    likes: only its beginning is waited for.

    Raises (within, where it becomes a problem):
        SlowBodyError: The body was still on its way.
        ServiceError: The handler was still at work.
    """
    clock = Clock()

    async def handle(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        seconds = scope["route_handler"].opt.get("deadline")
        if seconds is None:
            seconds = scope["litestar_app"].state.platform.core_settings.request_seconds
        one = clock.begin(seconds)

        async def take() -> "HTTPReceiveMessage | WebSocketReceiveMessage":
            one.arriving = True
            message = await receive()
            one.arriving = message["type"] == "http.request" and message["more_body"]
            return message

        def answer(message: "Message") -> "Awaitable[None]":
            if message["type"] == "http.response.start":
                clock.waiting.discard(one)
            return send(message)

        try:
            await app(scope, take, answer)
        except asyncio.CancelledError:
            if not one.expired:
                raise
            raise _late(seconds, arriving=one.arriving) from None
        finally:
            clock.waiting.discard(one)
            if one.expired:
                one.task.uncancel()

    return handle


def _late(seconds: float, *, arriving: bool) -> InputError | ServiceError:
    if arriving:
        return SlowBodyError(
            f"The request's body was not here after {seconds:g} seconds.",
            hint="Send less, or over a better connection.",
        )
    return ServiceError(
        f"There was no answer after {seconds:g} seconds, and nothing was done.",
        hint="Try again.",
        code="timed-out",
    )
