"""Who may come in: every handler names a permission or says that it is public."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from gestral.capabilities import CURRENT_USER, Identity
from gestral.db.tenancy import organisation
from gestral.errors import ForbiddenError, ServiceError, UnauthenticatedError
from gestral.plugin import Services

if TYPE_CHECKING:
    from gestral.app.services import Platform

__all__ = ("SAFE", "Guards", "handlers_of", "is_foreign", "is_guarded", "platform_of", "visitor")

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


class Guards(ReceiveRoutePlugin):
    """Puts a guard around each route that is not open to everybody.

    Litestar's own guards do the same, but each is handed a copy of the route's handler, which costs
    more than to route, answer and log a small request. As middleware of the whole application it
    would be around public routes too, with a layer of exception handling that they do not need.
    """

    def receive_route(self, route: BaseRoute) -> None:
        """See Litestar's `ReceiveRoutePlugin`: routes come here before they are built."""
        for handler in handlers_of(route):
            if not is_guarded(handler):
                handler.middleware = (guarded, *(handler.middleware or ()))


def guarded(app: ASGIApp) -> ASGIApp:
    """Wrap a route: middleware that lets through who has the permission of its handler."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await authorise(ASGIConnection(scope, receive, send), scope["route_handler"])
        await app(scope, receive, send)

    return handle


def handlers_of(route: BaseRoute) -> Sequence[BaseRouteHandler]:
    """Return the handlers of a route: one for each method, where it is of HTTP."""
    return getattr(route, "route_handlers", None) or [route.route_handler]  # type: ignore[attr-defined]


def is_guarded(handler: BaseRouteHandler) -> bool:
    """Whether nobody comes in who may not: it is open to everybody, or has its guard.

    Open are public handlers, and Litestar's own, which answer OPTIONS.
    """
    return (
        handler.opt.get("public") is True
        or handler.fn.__module__ == "litestar.routes.http"
        or guarded in handler.resolve_middleware()
    )


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


def is_foreign(scope: HTTPScope) -> bool:
    """Whether a request that may change something was sent by another site's page.

    Browsers tell with `Sec-Fetch-Site` (Fetch Metadata) or at least `Origin`; a client that sends
    neither is no browser, and carries no cookie that a page could abuse.
    """
    if scope["method"] in SAFE:
        return False
    headers = dict(scope["headers"])
    relation = headers.get(b"sec-fetch-site")
    if relation is not None:
        return relation not in {b"same-origin", b"none"}
    origin = headers.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] != headers.get(b"host")
