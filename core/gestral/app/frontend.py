"""Serving the browser application: the built shell, and the panels that plugins bring.

The shell's files are read once, at the start, together with the compressed twins that the build
made (`main.js.br`, `main.js.gz`). Panels are read at each request, so that their authors see a
change by loading the page again.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from litestar import Request, Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from gestral.errors import NotFoundError

__all__ = ("CONTENT_SECURITY_POLICY", "frontend_routes", "panel_routes")

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
"""Nothing but this site's own files: no inline scripts or styles, no other hosts, no frames."""

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""What is served at all. Python's `mimetypes` would ask the operating system, which errs."""

TWINS = {"br": ".br", "gzip": ".gz"}
"""Content encodings, the smaller first, and the suffixes of the files that hold them."""

NOT_PAGES = frozenset({"api", "assets", "files", "health", "metrics", "panels"})
"""First parts of addresses that never lead to a page of the application."""

PANEL_FILE = re.compile(r"\w[\w-]*(\.[\w-]+)*", re.ASCII)

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

READ = (HttpMethod.GET, HttpMethod.HEAD)

NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Gestral: the application is not built</title>
<main>
<h1>The browser application is not built yet</h1>
<p>The server is running, and <a href="/health/ready">its health</a> and the API answer.
The pages are missing: this is a source checkout in which they were not built.</p>
<p>Run <code>python frontend/build.py</code> in the project's folder, or
<code>nox -s up</code>, which does that too; then start Gestral again.</p>
</main>
</html>
"""

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class _Asset:
    media_type: str
    body: bytes
    twins: dict[str, bytes] = field(default_factory=dict)


def frontend_routes(dist: Path | None = None) -> list[HTTPRouteHandler]:
    """Return the handlers that serve the application, at every address that nothing else has.

    A browser that asks for a page (`Accept: text/html`) at an unknown address gets the index, so
    that the application's own addresses can be opened and bookmarked. Whatever else is missing is
    a `NotFoundError`.

    Args:
        dist: The folder that Vite built; by default, the one in the package `gestral_frontend`.
            Without an `index.html` in it, pages say how to build it.
    """
    assets = _read(dist or _installed())

    @route(
        ["/", "/{path:path}"],
        http_method=READ,
        public=True,
        include_in_schema=False,
        sync_to_thread=False,
    )
    def application(request: AnyRequest) -> Response[bytes]:
        path = request.scope["path"]
        asset = assets.get(path)
        if asset is not None:
            cache = IMMUTABLE if path.startswith("/assets/") else REVALIDATE
            return _answer(request, asset, cache)
        wants_page = path == "/" or "text/html" in request.headers.get("accept", "")
        if path.split("/")[1] in NOT_PAGES or not wants_page:
            raise NotFoundError(f"There is nothing at {path}.")
        index = assets.get("/index.html")
        if index is None:
            return Response(
                NOT_BUILT if request.method == HttpMethod.GET else b"",
                status_code=503,
                media_type=MEDIA_TYPES[".html"],
                headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
            )
        return _answer(request, index, REVALIDATE)

    return [application]


def panel_routes(folders: Mapping[str, Collection[Path]]) -> list[HTTPRouteHandler]:
    """Return the handler of `/panels/<plugin>/<file>`: modules of panels and what lies beside.

    Only files directly in one of the plugin's folders are served, and only of the kinds that pages
    are made of.

    Args:
        folders: For each plugin, the folders that hold its panels' modules.
    """

    @route(
        "/panels/{plugin:str}/{name:str}",
        http_method=READ,
        public=True,
        include_in_schema=False,
        sync_to_thread=True,
    )
    def panel(request: AnyRequest, plugin: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        if media_type and PANEL_FILE.fullmatch(name):
            for folder in folders.get(plugin, ()):
                file = folder / name
                if file.is_file():
                    return _answer(request, _Asset(media_type, file.read_bytes()), REVALIDATE)
        raise NotFoundError(f"The plugin {plugin!r} has no panel file {name!r}.")

    return [panel]


def _installed() -> Path | None:
    try:
        return Path(str(files("gestral_frontend"))) / "dist"
    except ModuleNotFoundError:
        return None


def _read(dist: Path | None) -> dict[str, _Asset]:
    if dist is None:
        return {}
    return {
        f"/{file.relative_to(dist).as_posix()}": _Asset(
            MEDIA_TYPES[file.suffix],
            file.read_bytes(),
            {
                encoding: twin.read_bytes()
                for encoding, suffix in TWINS.items()
                if (twin := file.with_name(file.name + suffix)).is_file()
            },
        )
        for file in dist.rglob("*")
        if file.suffix in MEDIA_TYPES and file.is_file()
    }


def _answer(request: AnyRequest, asset: _Asset, cache: str) -> Response[bytes]:
    """Answer with an asset in the best encoding that the browser takes, or with 304."""
    accepted = _accepted_encodings(request.headers.get("accept-encoding", ""))
    encoding = next((name for name in TWINS if name in accepted and name in asset.twins), None)
    body = asset.twins[encoding] if encoding else asset.body
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": cache,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    if asset.twins:
        headers["Vary"] = "Accept-Encoding"
    known = {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, f"W/{etag}", "*"}:
        # Litestar sends `null` as the body of a 304 without this empty one.
        return Response(b"", status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    headers["Content-Length"] = str(len(body))
    return Response(
        body if request.method == HttpMethod.GET else b"",
        media_type=asset.media_type,
        headers=headers,
    )


def _accepted_encodings(header: str) -> set[str]:
    """Return the names in an `Accept-Encoding` header, without those refused by `q=0`."""
    parts = (part.replace(" ", "").lower().partition(";") for part in header.split(","))
    return {name for name, _, quality in parts if not re.fullmatch(r"q=0(\.0*)?", quality)}
