"""What a body must be before a handler sees it, so that none has to ask.

Litestar parses whatever comes; some of that breaks it or PostgreSQL in ways that only show as an
error of the platform.
"""

import re
from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException, SerializationException
from litestar.params import BodyKwarg

from gestral.errors import InputError

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

__all__ = ("FORM_PARTS", "MalformedError", "MediaTypeError", "body_type", "check_body")

FORM_PARTS = 100
"""The most fields and files that one form may have."""

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL character as JSON writes it, and no escaped backslash before `u0000`."""

AnyRequest = Request[Any, Any, Any]


class MalformedError(InputError):
    """The body cannot be read as what it says it is."""

    status = 400
    default_code = "malformed-body"


class MediaTypeError(InputError):
    """The body is of a kind that the address does not take."""

    status = 415
    default_code = "unsupported-media-type"


def body_type(handler: "HTTPRouteHandler") -> str:
    """Return the media type of the body that a handler takes; nothing when it takes none."""
    field = handler.parsed_fn_signature.parameters.get("data")
    if field is None:
        return ""
    kind = field.kwarg_definition
    wanted = kind.media_type if isinstance(kind, BodyKwarg) else RequestEncodingType.JSON
    return str(getattr(wanted, "value", wanted))


async def check_body(request: AnyRequest) -> None:
    """Refuse a body that is of another kind, malformed, or holds what cannot be kept.

    Raises:
        MediaTypeError: It is not of the kind that the handler takes, or compressed.
        MalformedError: It is broken.
        InputError: It is nested too deeply, or holds a NUL character.
    """
    wanted = body_type(request.route_handler)
    if not wanted:
        return
    given, options = request.content_type
    if given != wanted or request.headers.get("content-encoding", "identity") != "identity":
        raise MediaTypeError(
            f"This address takes bodies of the type {wanted}, not compressed.",
            hint=f"Send the header Content-Type: {wanted}.",
        )
    if wanted == RequestEncodingType.JSON:
        await _check_json(request)
    elif wanted == RequestEncodingType.MULTI_PART:
        await _check_form(request, options.get("boundary", ""))


async def _check_json(request: AnyRequest) -> None:
    body = await request.body()
    if not body:
        raise MalformedError("The request has no body.", hint="Send a JSON object.")
    try:
        await request.json()  # which keeps it for the handler
    except RecursionError as error:
        raise InputError("The JSON is nested too deeply.", code="nested-too-deeply") from error
    except (SerializationException, UnicodeError) as error:
        said = str(error) if isinstance(error, SerializationException) else "it is not UTF-8."
        raise MalformedError(f"The body is no JSON: {said}") from error
    if b"\\u0000" in body and NUL.search(body):
        raise _nul()


async def _check_form(request: AnyRequest, boundary: str) -> None:
    if not boundary:
        raise MalformedError(
            "The Content-Type names no boundary between the form's parts.",
            hint="Let your client make the header: browsers and libraries do.",
        )
    try:
        form = await request.form()
    except HTTPException as error:
        if error.status_code != MalformedError.status:
            raise
        raise MalformedError(f"The form cannot be read: {error.detail}") from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise MalformedError("The form cannot be read: its text is not UTF-8.") from error
    for name, value in form.multi_items():
        text = value.filename if isinstance(value, UploadFile) else value
        if "\0" in name or "\0" in text:
            raise _nul()


def _nul() -> InputError:
    return InputError(
        "The body holds a NUL character, which cannot be kept.",
        hint="Leave it out.",
        code="nul-character",
    )
