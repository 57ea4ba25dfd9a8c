"""What handlers return, as an answer in JSON: nearly every answer, and so made for little.

Litestar's `Response` does the same and more. What most answers have nothing of (headers and cookies
of their own) it looks for in each, which costs more than all else of a small answer.
"""

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.serialization import encode_json, get_serializer

if TYPE_CHECKING:
    from litestar.background_tasks import BackgroundTask, BackgroundTasks
    from litestar.types import ASGIApp, Receive, Scope, Send, TypeEncodersMap

__all__ = ("Answer",)

WITHOUT_BODY = frozenset({204, 304})

CONTENT_TYPE = (b"content-type", b"application/json")


class Answer(Response[Any]):
    """The answer of a handler that returns plain data; Litestar makes it."""

    def __init__(
        self,
        content: Any,
        *,
        background: "BackgroundTask | BackgroundTasks | None" = None,
        media_type: str | None = None,
        status_code: int | None = None,
        type_encoders: "TypeEncodersMap | None" = None,
    ) -> None:
        self.content = content
        self.background = background
        self.media_type = media_type
        self.status_code = status_code
        self.response_type_encoders = dict(type_encoders or ())
        self.encoding = "utf-8"
        self.cookies = []
        self.headers = {}

    def to_asgi_response(  # type: ignore[override]
        self, app: None, request: Request[Any, Any, Any], **layers: Any
    ) -> "ASGIApp":
        """Return what sends it.

        Args:
            app: Of no meaning any more, but handed over.
            request: What is answered.
            layers: Headers and cookies that the layers of the application add.
        """
        if (
            self.media_type != MediaType.JSON
            or self.status_code in WITHOUT_BODY
            or isinstance(self.content, bytes | str)  # encoded already
            or self.background
            or any(layers.values())
        ):
            return super().to_asgi_response(app, request, **layers)
        body = encode_json(self.content, get_serializer(self.response_type_encoders))
        return _Encoded(self.status_code or 200, body)


class _Encoded:
    """Sends a status and a body."""

    __slots__ = ("_body", "_status")

    def __init__(self, status: int, body: bytes) -> None:
        self._status = status
        self._body = body

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        del scope, receive
        length = (b"content-length", b"%d" % len(self._body))
        await send(
            {
                "type": "http.response.start",
                "status": self._status,
                "headers": [CONTENT_TYPE, length],
            }
        )
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
