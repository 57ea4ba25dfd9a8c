"""How long a request may take until its answer begins."""

import asyncio
from typing import TYPE_CHECKING

from litestar.enums import ScopeType

from gestral.errors import InputError, ServiceError

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send
    from litestar.types.asgi_types import WebSocketReceiveMessage

__all__ = ("SlowBodyError", "in_time")


class SlowBodyError(InputError):
    """The body did not arrive in time."""

    status = 408
    default_code = "body-too-slow"


def in_time(app: "ASGIApp") -> "ASGIApp":
    """Wrap the routes: middleware of the application, around the request's transaction.

    A request that takes longer is cancelled where it stands, and what it did is rolled back. A
    handler gives itself another number of seconds by `deadline=`. A stream lasts as long as it
    likes: only its beginning is waited for.

    Raises (within, where it becomes a problem):
        SlowBodyError: The body was still on its way.
        ServiceError: The handler was still at work.
    """

    async def handle(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        default = scope["litestar_app"].state.platform.core_settings.request_seconds
        seconds = float(scope["route_handler"].opt.get("deadline", default))
        timer = asyncio.timeout(seconds)
        arriving = False

        async def take() -> "HTTPReceiveMessage | WebSocketReceiveMessage":
            nonlocal arriving
            arriving = True
            message = await receive()
            arriving = message["type"] == "http.request" and message["more_body"]
            return message

        async def answer(message: "Message") -> None:
            if message["type"] == "http.response.start" and not timer.expired():
                timer.reschedule(None)
            await send(message)

        try:
            async with timer:
                await app(scope, take, answer)
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise _late(seconds, arriving=arriving) from error

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
