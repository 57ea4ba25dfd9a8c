"""A request and its answer, on their way through the edge."""

import time
from typing import TYPE_CHECKING

from gestral.app.intake import MalformedError
from gestral.app.problems import send_problem
from gestral.observe.requests import CLOSED_BY_CLIENT, HEADER

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from litestar.types import HTTPReceiveMessage, Message, Receive, Send
    from litestar.types.asgi_types import WebSocketReceiveMessage

    from gestral.app.deadline import Deadlines
    from gestral.app.headers import StandingHeaders
    from gestral.app.problems import Problem
    from gestral.app.unit import Unit

__all__ = ("Body", "Exchange")


class Exchange:
    """What is known of a request that is being answered.

    Attributes:
        id: The request's.
        body: What it carries; None where its method carries nothing.
        unit: Its transaction, once something asked for it.
        status: Of the answer; 0 until it begins.
        began: When the answer began, as `time.monotonic` counts.
        expired: The seconds after which the request was cancelled; 0 when it was not.
    """

    # One for each request: it holds little, and what is the same for all requests is the edge's.
    __slots__ = (
        "_deadlines",
        "_send",
        "_standing",
        "began",
        "body",
        "expired",
        "id",
        "status",
        "unit",
    )

    def __init__(
        self, request_id: str, send: "Send", standing: "StandingHeaders", deadlines: "Deadlines"
    ) -> None:
        self.id = request_id
        self.body: Body | None = None
        self.unit: Unit | None = None
        self.status = 0
        self.began = self.expired = 0.0
        self._send = send
        self._standing = standing
        self._deadlines = deadlines

    @property
    def outcome(self) -> int:
        """What is told of it: the status of its answer, or that its client went away before."""
        gone = self.body is not None and self.body.broken_off
        return CLOSED_BY_CLIENT if gone else self.status or CLOSED_BY_CLIENT

    def send(self, message: "Message") -> "Awaitable[None]":
        """Send a message of the answer, as ASGI has it: once the transaction is committed."""
        if self.unit is not None:
            return self.unit.send(message, self._pass_on)
        return self._pass_on(message)

    def _pass_on(self, message: "Message") -> "Awaitable[None]":
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.began = time.monotonic()
            self._deadlines.end(self)
            message["headers"] = self._standing.added_to(
                message["headers"], (HEADER, self.id.encode())
            )
        return self._send(message)

    async def fail(self, answer: "Problem") -> None:
        """Undo what was done, and answer with a problem; only where no answer has begun."""
        self._deadlines.end(self)
        if self.unit is not None:
            await self.unit.end()
        await send_problem(self._pass_on, answer)


class Body:
    """The body of a request while it arrives.

    Attributes:
        arriving: Whether a part of it is waited for.
        broken_off: Whether the client went away before it was whole.
    """

    __slots__ = ("_receive", "_whole", "arriving", "broken_off")

    def __init__(self, receive: "Receive") -> None:
        self.arriving = self.broken_off = self._whole = False
        self._receive = receive

    async def receive(self) -> "HTTPReceiveMessage | WebSocketReceiveMessage":
        """Take its next part, as ASGI has it.

        Raises:
            MalformedError: The client is gone.
        """
        self.arriving = not self._whole
        message = await self._receive()
        if message["type"] == "http.request":
            self._whole = not message.get("more_body")
            self.arriving = False
        elif self.arriving:
            self.broken_off = True
            raise MalformedError("The client went away while it sent the body.")
        return message
