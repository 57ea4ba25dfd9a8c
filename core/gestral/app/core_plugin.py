"""Core's own plugin: what core offers is declared the same way as everybody's."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from gestral.capabilities import CATALOGUE, CLOCK, FETCHER, JOBS, OBJECT_STORE, Fetcher
from gestral.plugin import (
    CONTRACT_VERSION,
    HealthCheck,
    Job,
    JobContext,
    Metric,
    Plugin,
    Provision,
    Services,
    Tables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData

    from gestral.app.catalogue import LoadedCatalogue
    from gestral.app.clock import SystemClock
    from gestral.app.services import Platform
    from gestral.jobs.outbox import Outbox
    from gestral.storage import ObjectStore

__all__ = ("core_plugin",)


def _platform(services: Services) -> "Platform":
    """Core's own factories may know what `Services` really is; nobody else's do."""
    return cast("Platform", services)


def _catalogue(services: Services) -> "LoadedCatalogue":
    from gestral.app.catalogue import LoadedCatalogue

    return LoadedCatalogue(_platform(services).registry)


def _clock(services: Services) -> "SystemClock":
    from gestral.app.clock import SystemClock

    del services
    return SystemClock()


def _jobs(services: Services) -> "Outbox":
    from redis.asyncio import Redis

    from gestral.jobs.live import Live
    from gestral.jobs.outbox import Outbox
    from gestral.jobs.work import all_work

    platform = _platform(services)
    url = platform.core_settings.redis_url
    live = Live(Redis.from_url(url) if url else None)
    return Outbox(services, all_work(platform.registry.plugins), live)


async def _close_jobs(jobs: object) -> None:
    from gestral.jobs.outbox import Outbox

    assert isinstance(jobs, Outbox)  # noqa: S101 - made above
    await jobs.aclose()


def _store(services: Services) -> "ObjectStore":
    from gestral.storage import open_store

    settings = _platform(services).core_settings
    return open_store(settings.storage_url, secret=settings.secret.encode())


async def _close_store(store: "ObjectStore") -> None:
    await store.aclose()


def _fetcher(services: Services) -> Fetcher:
    from gestral.http.way_out import WayOut, open_fetcher

    settings = _platform(services).core_settings
    return open_fetcher(
        WayOut(allow_networks=settings.allow_networks, allow_ports=settings.allow_ports),
        redis_url=settings.redis_url,
    )


async def _close_fetcher(made: Fetcher) -> None:
    from gestral.http import Fetcher as RealFetcher

    if isinstance(made, RealFetcher):
        await made.aclose()


def _metadata() -> "MetaData":
    from gestral.jobs.model import Base

    return Base.metadata


def _routes() -> "Sequence[ControllerRouterHandler]":
    from gestral.app.routes import handlers

    return handlers


async def _database_answers(services: Services) -> None:
    from sqlalchemy import text

    async with services.transaction() as session:
        await session.execute(text("SELECT 1"))


async def _queue_answers(services: Services) -> None:
    from gestral.jobs.outbox import Outbox

    jobs = services.get(JOBS)
    if isinstance(jobs, Outbox):
        await jobs.live.ping()


async def _unfinished(services: Services) -> float:
    return len(await services.get(JOBS).unfinished())


class TidyArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is to be said."""


async def _tidy(context: JobContext, arguments: TidyArguments) -> None:
    from gestral.jobs.tidy import tidy

    await tidy(context, arguments)


TIDY = Job(name="tidy", arguments=TidyArguments, run=_tidy, timeout=600.0, cron="47 3 * * *")

core_plugin = Plugin(
    name="core",
    api=f"=={CONTRACT_VERSION}",
    summary="What all plugins stand on",
    critical=True,
    provides=(
        Provision(capability=CATALOGUE, factory=_catalogue),
        Provision(capability=CLOCK, factory=_clock),
        Provision(capability=JOBS, factory=_jobs, close=_close_jobs),
        Provision(capability=OBJECT_STORE, factory=_store, close=_close_store),
        Provision(capability=FETCHER, factory=_fetcher, close=_close_fetcher),
    ),
    routes=_routes,
    tables=Tables(metadata=_metadata, migrations=Path(__file__).parent.parent / "migrations"),
    jobs=(TIDY,),
    health=(
        HealthCheck(name="database", check=_database_answers),
        HealthCheck(name="queue", check=_queue_answers),
    ),
    metrics=(
        Metric(name="jobs_unfinished", summary="Jobs that are not finished", read=_unfinished),
    ),
)
