"""Is it alive, is it ready, and how much is there to do: for load balancers and operators."""

import asyncio
import hmac
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from gestral.app.services import Platform
from gestral.errors import NotFoundError
from gestral.observe.metrics import CONTENT_TYPE, exposition
from gestral.plugin import HealthCheck

__all__ = ("Readiness", "handlers", "readiness")

PATIENCE = 5.0
"""Seconds after which a check that does not answer counts as failed."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the platform can serve.

    Attributes:
        ready: All checks are well.
        checks: `<plugin>.<check>` to "ok" or what is wrong.
        plugins: Each plugin's state, with the reason where it is not loaded.
    """

    ready: bool
    checks: dict[str, str]
    plugins: dict[str, str]


async def readiness(platform: Platform) -> Readiness:
    """Run the checks of all plugins at once."""
    checks = {
        f"{plugin.name}.{check.name}": check
        for plugin in platform.registry.plugins
        for check in plugin.health
    }
    answers = await asyncio.gather(*(_answer(platform, check) for check in checks.values()))
    plugins = {
        entry.name: f"{entry.state}: {entry.reason}" if entry.reason else entry.state
        for entry in platform.registry.entries
    }
    for (provider, capability), error in platform.unmade.items():
        plugins[provider] = f"loaded, but making {capability} failed: {error}; the log says more"
    return Readiness(
        ready=all(answer == "ok" for answer in answers),
        checks=dict(zip(checks, answers, strict=True)),
        plugins=plugins,
    )


async def _answer(platform: Platform, check: HealthCheck) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await check.check(platform)
    except TimeoutError:
        return f"no answer within {PATIENCE:.0f} seconds"
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return "ok"


@get("/health/live", public=True, include_in_schema=False)
async def live() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "ok"}


@get("/health/ready", public=True, include_in_schema=False)
async def ready(platform: NamedDependency[Platform]) -> Response[Readiness]:
    """Say whether the platform can serve: 200 when it can, else 503."""
    found = await readiness(platform)
    return Response(found, status_code=200 if found.ready else 503)


@get("/metrics", public=True, include_in_schema=False, media_type=CONTENT_TYPE)
async def metrics(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> bytes:
    """Return all metrics in Prometheus' text format, to whoever knows the token."""
    token = platform.core_settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise NotFoundError("There is nothing here.")
    return await exposition(platform)


handlers = [live, ready, metrics]
