"""Who may come in: every handler names a permission or says that it is public."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from gestral.capabilities import CURRENT_USER, Identity
from gestral.db.tenancy import organisation
from gestral.errors import ForbiddenError, ServiceError, UnauthenticatedError
from gestral.plugin import Services

if TYPE_CHECKING:
    from gestral.app.services import Platform

__all__ = ("guarded", "platform_of", "visitor")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_ASKED = object()

Connection = ASGIConnection[Any, Any, Any, Any]


def platform_of(connection: Connection) -> "Platform":
    """Return the platform that serves a connection."""
    platform: Platform = connection.app.state.platform
    return platform


async def visitor(connection: Connection) -> Identity | None:
    """Return who makes the request, or None; asked once for each request, which is then theirs."""
    state = connection.scope["state"]
    known = state.get("identity", NOT_ASKED)
    if known is NOT_ASKED:
        services: Services = platform_of(connection)
        people = services.find(CURRENT_USER)
        known = await people.identify(connection) if people else None
        state["identity"] = known
        organisation.set(known.organisation_id if known else None)
    found: Identity | None = known
    return found


def guarded(app: ASGIApp) -> ASGIApp:
    """Wrap the routes: middleware of the application, within the request's transaction.

    Litestar's own guards do the same, but each is handed a copy of the route's handler, which costs
    more than to route, answer and log a small request.
    """

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        handler: BaseRouteHandler = scope["route_handler"]
        if scope.get("method", "GET") not in SAFE:
            refuse_foreign(ASGIConnection(scope, receive, send))
        if not is_open(handler):
            await authorise(ASGIConnection(scope, receive, send), handler)
        await app(scope, receive, send)

    return handle


def is_open(handler: BaseRouteHandler) -> bool:
    """Whether everybody may ask: public handlers, and Litestar's own, which answer OPTIONS."""
    return handler.opt.get("public") is True or handler.fn.__module__ == "litestar.routes.http"


async def authorise(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let through whoever has the handler's permission.

    Raises:
        UnauthenticatedError: Nobody is signed in.
        ForbiddenError: Whoever is signed in lacks the permission.
        ServiceError: No plugin knows people, so nobody can sign in.
    """
    if platform_of(connection).find(CURRENT_USER) is None:
        raise ServiceError("Nobody can sign in: no loaded plugin knows people.")
    identity = await visitor(connection)
    if identity is None:
        raise UnauthenticatedError("You are not signed in.", hint="Sign in and try again.")
    permission = handler.opt.get("permission")
    if permission not in identity.permissions:
        raise ForbiddenError(
            f"You lack the permission {permission!r} in this organisation.",
            hint="Ask one of its administrators.",
        )


def refuse_foreign(connection: Connection) -> None:
    """Refuse requests that change something when another site's page has sent them.

    Browsers tell with `Sec-Fetch-Site` (Fetch Metadata) or at least `Origin`; a client that sends
    neither is no browser, and carries no cookie that a page could abuse.

    Raises:
        ForbiddenError: The request comes from another site.
    """
    headers = connection.headers
    relation = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if relation is not None:
        foreign = relation not in {"same-origin", "none"}
    else:
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if foreign:
        raise ForbiddenError("This request was sent by another site's page.", code="cross-site")
