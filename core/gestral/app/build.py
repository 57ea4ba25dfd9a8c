"""Building the platform and the Litestar application from what was loaded."""

import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from gestral import __version__
from gestral.app import health
from gestral.app.access import SAFE, Guards, handlers_of, is_guarded, platform_of, visitor
from gestral.app.answers import Answer
from gestral.app.core_plugin import core_plugin
from gestral.app.document import ApiDocument, Structs
from gestral.app.edge import Edge
from gestral.app.frontend import frontend_routes, panel_routes
from gestral.app.intake import FORM_PARTS, check_body
from gestral.app.problems import exception_handlers
from gestral.app.registry import Candidate, Registry, discover, resolve
from gestral.app.services import Platform
from gestral.app.unit import answer_again, unit_of
from gestral.capabilities import OBJECT_STORE, Identity
from gestral.db.engine import Database
from gestral.errors import PluginError, UnauthenticatedError
from gestral.observe import logs, traces
from gestral.plugin import API_PREFIX, Plugin, Services
from gestral.settings import Settings
from gestral.storage.local import LocalStore
from gestral.storage.routes import file_route

__all__ = ("CORE", "addresses", "application", "load", "platform_from", "probe")

log = logging.getLogger(__name__)

CORE = Candidate(name="core", load=lambda: core_plugin)

BODY_BYTES = 1024 * 1024
"""The largest body of a request; a route that takes more says so with `request_max_body_size`."""


def load(
    environment: Mapping[str, str],
    *,
    off: Sequence[str] = (),
    candidates: Sequence[Candidate] | None = None,
) -> Registry:
    """Load core's own plugin and all that are installed, or the given ones.

    Raises:
        PluginError: A critical plugin is broken.
    """
    found = discover() if candidates is None else candidates
    registry = resolve([CORE, *found], environment, off=off)
    registry.require_critical()
    return registry


def application(platform: Platform) -> Litestar:
    """Build the web application; plugins whose routes are broken are refused first.

    Raises:
        PluginError: A critical plugin is broken.
    """
    platform.registry = probe(platform.registry)
    platform.registry.require_critical()
    for entry in platform.registry.entries:
        if entry.state in {"failed", "skipped"}:
            log.warning("plugin %s is %s: %s", entry.name, entry.state, entry.reason)
        else:
            cost = entry.cost * 1000, entry.routes_cost * 1000
            log.debug("plugin %s: %.0f ms to import, %.0f ms for routes", entry.name, *cost)
    handlers: list[ControllerRouterHandler] = [
        Router(
            f"{API_PREFIX}/{plugin.name}", route_handlers=list(plugin.routes()), tags=[plugin.name]
        )
        for plugin in platform.registry.plugins
        if plugin.routes is not None
    ]
    handlers += health.handlers
    handlers += panel_routes(_panels(platform.registry))
    store = platform.get(OBJECT_STORE)
    if isinstance(store, LocalStore):
        handlers.append(file_route(store, public=True))
    handlers += frontend_routes()
    app = Litestar(
        route_handlers=handlers,
        state=State({"platform": platform}),
        dependencies=DEPENDENCIES,
        exception_handlers=exception_handlers,
        response_class=Answer,
        before_request=_receive,
        request_max_body_size=BODY_BYTES,
        multipart_form_part_limit=FORM_PARTS,
        lifespan=[_lifespan],
        plugins=[Guards(), Structs()],
        openapi_config=OpenAPIConfig(
            title="Gestral",
            version=__version__,
            openapi_router=Router(
                f"{API_PREFIX}/schema",
                route_handlers=[],
                opt={"public": True},
                include_in_schema=False,
            ),
            render_plugins=[ApiDocument(path="/openapi.json")],
            use_handler_docstrings=True,
        ),
        logging_config=None,
    )
    for path, handler in _handlers(app.routes):
        if not is_guarded(handler):
            raise PluginError(f"Nothing guards {path}: no application is built.")
    # Around the router too, which plain middleware is not: what has no route is seen as well.
    app.asgi_handler = Edge(app.asgi_handler, platform.core_settings)
    return app


def probe(registry: Registry) -> Registry:
    """Build each plugin's routes in an application of their own, and refuse what breaks.

    What that takes is noted: most of it is importing what the routes need.
    """
    for plugin in registry.plugins:
        if plugin.routes is None:
            continue
        begun = time.perf_counter()
        try:
            problem = _unguarded(plugin)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - must not stop the others
            problem = f"Building its routes failed: {type(error).__name__}: {error}. "
            problem += (
                "Import the types of parameters at the top of the module."
                if isinstance(error, NameError)
                else "Install a release of it that is whole, or switch it off."
            )
        registry = registry.measured(plugin.name, time.perf_counter() - begun)
        if problem:
            registry = registry.refuse(plugin.name, problem)
    return registry


def addresses(plugin: Plugin) -> list[tuple[str, str, str]]:
    """Return method, path and permission of each of a plugin's routes; none for public ones."""
    given = list(plugin.routes()) if plugin.routes is not None else []
    routes = Router(f"{API_PREFIX}/{plugin.name}", route_handlers=given).routes
    return sorted(
        (method, path, str(handler.opt.get("permission", "")))
        for path, handler in _handlers(routes)
        for method in _methods(handler)
    )


def _unguarded(plugin: Plugin) -> str:
    """Return what is wrong with the access rules of a plugin's handlers, or nothing."""
    assert plugin.routes is not None  # noqa: S101 - the caller asked
    given = list(plugin.routes())
    trial = Litestar(
        route_handlers=[Router(f"{API_PREFIX}/{plugin.name}", route_handlers=given)],
        dependencies=DEPENDENCIES,
        openapi_config=None,
        logging_config=None,
    )
    declared = {permission.name for permission in plugin.permissions}
    faults = (_fault(path, handler, declared) for path, handler in _handlers(trial.routes))
    return next(filter(None, faults), "") or _twice(given)


def _handlers(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, BaseRouteHandler]]:
    return ((route.path, handler) for route in routes for handler in handlers_of(route))


def _methods(handler: BaseRouteHandler) -> frozenset[str]:
    """The methods of a handler, without OPTIONS, which Litestar answers itself."""
    return frozenset(map(str, getattr(handler, "http_methods", {"WEBSOCKET"}))) - {"OPTIONS"}


def _fault(path: str, handler: BaseRouteHandler, declared: set[str]) -> str:
    if handler.opt.get("public") is True or not _methods(handler):
        return ""
    permission = handler.opt.get("permission")
    if permission is None:
        return (
            f"The route {path} names no permission and is not public=True: give it one of the two."
        )
    if permission not in declared:
        return (
            f"The route {path} asks for {permission!r}: declare it in the plugin's `permissions`."
        )
    return ""


def _twice(given: Sequence[ControllerRouterHandler]) -> str:
    """Return which address two of the given handlers share; Litestar lets the last one win."""
    seen: set[tuple[str, str]] = set()
    for one in given:
        new = {
            (method, path)
            for path, handler in _handlers(Router("/", route_handlers=[one]).routes)
            for method in _methods(handler)
        }
        for method, path in sorted(seen & new):
            return f"Two of its routes answer {method} {path}: give each an address of its own."
        seen |= new
    return ""


def _panels(registry: Registry) -> dict[str, set[Path]]:
    return {
        plugin.name: {panel.module.parent for panel in plugin.panels}
        for plugin in registry.plugins
        if plugin.panels
    }


async def _receive(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Look at a request before its handler does: what was answered before, what cannot be read."""
    if request.scope["method"] in SAFE:  # which carry no body: Litestar gives their handlers none
        return None
    known = await answer_again(request)
    if known is None:
        await check_body(request)
    return known


async def _services(request: Request[Any, Any, Any]) -> Services:
    return platform_of(request)


async def _platform(request: Request[Any, Any, Any]) -> Platform:
    return platform_of(request)


async def _session(request: Request[Any, Any, Any]) -> AsyncSession:
    """The request's transaction: committed before the answer is sent, rolled back by an error."""
    return unit_of(request).session()


# These two ask for `services`, which they do not need: what does not depend on each other Litestar
# resolves at the same time, in tasks, and these cost more than all of it.
async def _visitor(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Identity | None:
    del services
    return await visitor(request)


async def _identity(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Identity:
    del services
    found = await visitor(request)
    if found is None:
        raise UnauthenticatedError("You are not signed in.", hint="Sign in and try again.")
    return found


DEPENDENCIES = {
    "services": Provide(_services),
    "platform": Provide(_platform),
    "session": Provide(_session),
    "visitor": Provide(_visitor),
    "identity": Provide(_identity),
}


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await app.state.platform.aclose()
        traces.stop()
        logs.flush()


def platform_from(settings: Settings, registry: Registry) -> Platform:
    """Put a platform together from settings and loaded plugins."""
    return Platform(registry, settings, Database(settings.database_url))
