"""Serving the files of a `LocalStore` to browsers, with ranges, to those who hold an address."""

from email.utils import format_datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from gestral.storage.disposition import attachment
from gestral.storage.local import LocalStore, OpenedObject
from gestral.storage.ranges import UnsatisfiableError, requested_range
from gestral.storage.store import ObjectInfo

__all__ = ("file_route",)

SHOWN_TYPES: Final = ("video/", "audio/", "text/vtt", "text/plain")
"""What a browser may show in place: nothing that can run a script on this site."""

SHOWN_PICTURES: Final = frozenset(
    f"image/{kind}" for kind in ("avif", "gif", "jpeg", "png", "webp")
)

SECURITY_POLICY: Final = (
    "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'"
)
"""Browsers show a file that is opened by itself in a page of their own, under this policy."""


def file_route(store: LocalStore, path: str = "/files", **options: Any) -> HTTPRouteHandler:
    """Make the handler behind `LocalStore.address`.

    It answers GET and HEAD on `path`/{key}, whole or one range. Who holds an address may read the
    file until it expires, so the route itself asks for no permission.

    Args:
        store: Whose addresses it serves.
        path: The `base` of the store.
        options: For the Litestar handler, such as `opt` or `guards`.

    The handler raises `ForbiddenError` for a forged or expired address and `NotFoundError`.
    """

    @route(f"{path}/{{key:path}}", http_method=["GET", "HEAD"], include_in_schema=False, **options)
    async def read_file(
        request: Request[Any, Any, Any],
        key: FromPath[str],
        until: FromQuery[str] = "",
        signature: FromQuery[str] = "",
        download_name: Annotated[str, QueryParameter(name="name")] = "",
    ) -> Response[Any]:
        key = key.removeprefix("/")
        store.signer.check(key, until=until, download_name=download_name, signature=signature)
        opened = await store.open(key)
        response = respond(request, opened, download_name)
        if not isinstance(response, Stream):
            opened.close()
        return response

    return read_file


def respond(
    request: Request[Any, Any, Any], opened: OpenedObject, download_name: str
) -> Response[Any]:
    """Answer with the part of a file that a request asks for."""
    info = opened.info
    headers = common_headers(info, download_name)
    if is_unchanged(request, info):
        return Response(b"", status_code=304, headers=headers)
    try:
        part = requested_range(wanted_range(request, info), info.size)
    except UnsatisfiableError:
        headers["Content-Range"] = f"bytes */{info.size}"
        return Response(b"", status_code=416, headers=headers)
    start, end = part or (0, info.size)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
    headers["Content-Length"] = str(end - start)
    headers["Content-Type"] = info.content_type
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(b"", status_code=status, headers=headers)
    return Stream(opened.read(start, end), status_code=status, headers=headers)


def common_headers(info: ObjectInfo, download_name: str) -> dict[str, str]:
    """Make the headers that every answer about a file carries."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": info.cache_control,
        "Content-Security-Policy": SECURITY_POLICY,
        "ETag": info.etag,
        "Last-Modified": format_datetime(info.modified, usegmt=True),
        "X-Content-Type-Options": "nosniff",
    }
    if download_name or not is_shown(info.content_type):
        headers["Content-Disposition"] = attachment(download_name)
    return headers


def is_shown(content_type: str) -> bool:
    """Say whether a browser may show a file of this type in place."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith(SHOWN_TYPES) or kind in SHOWN_PICTURES


def is_unchanged(request: Request[Any, Any, Any], info: ObjectInfo) -> bool:
    """Say whether the browser has this very file (RFC 9110, section 13.2.2)."""
    if known := request.headers.get("If-None-Match"):
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or info.etag in tags
    return False


def wanted_range(request: Request[Any, Any, Any], info: ObjectInfo) -> str:
    """Give the Range header, unless it belongs to an older file (RFC 9110, section 13.1.5)."""
    condition = request.headers.get("If-Range", info.etag)
    # A date is too coarse: two files may have been put within one second.
    return request.headers.get("Range", "") if condition == info.etag else ""
