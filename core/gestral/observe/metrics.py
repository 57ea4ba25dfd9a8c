"""Metrics in Prometheus' text format: what the database knows, and what this process has seen."""

import logging
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import QueuePool, select, text

from gestral.capabilities import CLOCK
from gestral.http import counts
from gestral.jobs.model import TallyRow
from gestral.jobs.tally import BOUNDS

if TYPE_CHECKING:
    from gestral.app.services import Platform

__all__ = ("CONTENT_TYPE", "CORE", "METHODS", "count_request", "exposition")

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that have a label of their own: a stranger may send any word."""

REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

log = logging.getLogger(__name__)

JOBS = ("gestral_jobs", "Jobs that are not finished", ("queue", "name", "state"))
OLDEST = (
    "gestral_jobs_oldest_seconds",
    "Seconds for which the oldest job that is due has waited",
    ("queue", "name"),
)
FINISHED = ("gestral_jobs_finished", "Attempts at jobs by how they ended", ("name", "outcome"))
SECONDS = ("gestral_job_seconds", "Seconds that attempts at jobs took", ("name", "outcome"))
REQUESTS = (
    "gestral_requests",
    "Requests that this process answered",
    ("method", "route", "status"),
)
REQUEST_SECONDS = (
    "gestral_request_seconds",
    "Seconds until an answer of this process began",
    ("method", "route", "status"),
)
FETCHES = ("gestral_fetches", "Foreign addresses that this process read or tried to", ("outcome",))
FETCH_SECONDS = ("gestral_fetch_seconds", "Seconds that fetches took", ("outcome",))
CONNECTIONS = (
    "gestral_database_connections",
    "Connections to the database of this process",
    ("state",),
)
FAILURES = (
    "gestral_metrics_failures",
    "Metrics of plugins that could not be read this time",
    ("plugin", "metric"),
)

CORE = (
    JOBS[0],
    OLDEST[0],
    f"{FINISHED[0]}_total",
    SECONDS[0],
    CONNECTIONS[0],
    FAILURES[0],
    f"{REQUESTS[0]}_total",
    REQUEST_SECONDS[0],
    f"{FETCHES[0]}_total",
    FETCH_SECONDS[0],
)
"""The names of all metrics that are core's own."""

DEPTH = text("""
    -- Two halves, for each has a partial index: finished jobs are not looked at.
    SELECT queue, name, state, count(*) AS jobs,
        extract(epoch FROM :now - min(run_at) FILTER (WHERE run_at <= :now)) AS oldest
    FROM core.job WHERE state = 'waiting' GROUP BY queue, name, state
    UNION ALL
    SELECT queue, name, state, count(*), NULL
    FROM core.job WHERE state IN ('queued', 'running') GROUP BY queue, name, state
""")


@dataclass(slots=True)
class _Seen:
    """Requests of one kind."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(REQUEST_BOUNDS) + 1))


_seen: dict[tuple[str, str, int], _Seen] = {}
"""What this process has answered since it began, by method, route and status."""


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request of this process.

    Args:
        method: Of HTTP.
        route: The template of its path.
        status: Of the answer.
        seconds: Until the answer began.
    """
    seen = _seen.get((method, route, status)) or _seen.setdefault(
        (method if method in METHODS else "other", route, status), _Seen()
    )
    seen.seconds += seconds
    seen.buckets[bisect_left(REQUEST_BOUNDS, seconds)] += 1


async def exposition(platform: "Platform") -> bytes:
    """Return all metrics as Prometheus reads them."""
    registry = CollectorRegistry()
    own = [*await _of_jobs(platform), *_of_requests(), *_of_fetches(), _of_database(platform)]
    registry.register(_Found([*own, *await _of_plugins(platform)]))
    return generate_latest(registry)


class _Found(Collector):
    """Gives what was read from the database before: collectors themselves cannot wait."""

    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


async def _of_jobs(platform: "Platform") -> list[Metric]:
    now = platform.get(CLOCK).now()
    async with platform.across_organisations() as session:
        depth = (await session.execute(DEPTH, {"now": now})).all()
        tallies = (await session.scalars(select(TallyRow))).all()
    jobs = GaugeMetricFamily(*JOBS[:2], labels=JOBS[2])
    oldest = GaugeMetricFamily(*OLDEST[:2], labels=OLDEST[2])
    for row in depth:
        jobs.add_metric((row.queue, row.name, row.state), row.jobs)
        if row.oldest is not None:
            oldest.add_metric((row.queue, row.name), float(row.oldest))
    finished = CounterMetricFamily(*FINISHED[:2], labels=FINISHED[2])
    seconds = HistogramMetricFamily(*SECONDS[:2], labels=SECONDS[2])
    for tally in tallies:
        labels = (tally.name, tally.outcome)
        finished.add_metric(labels, tally.count)
        seconds.add_metric(labels, _cumulative(BOUNDS, tally.buckets), tally.seconds)
    return [jobs, oldest, finished, seconds]


def _cumulative(bounds: Sequence[float], buckets: Sequence[int]) -> list[tuple[str, float]]:
    """Return Prometheus' form of counts by bucket: each holds those below it too."""
    total = 0
    found = []
    for bound, count in zip((*map(str, bounds), "+Inf"), buckets, strict=True):
        total += count
        found.append((bound, float(total)))
    return found


def _of_requests() -> list[Metric]:
    total = CounterMetricFamily(*REQUESTS[:2], labels=REQUESTS[2])
    seconds = HistogramMetricFamily(*REQUEST_SECONDS[:2], labels=REQUEST_SECONDS[2])
    for (method, route, status), seen in _seen.items():
        labels = method, route, str(status)
        total.add_metric(labels, sum(seen.buckets))
        seconds.add_metric(labels, _cumulative(REQUEST_BOUNDS, seen.buckets), seen.seconds)
    return [total, seconds]


def _of_fetches() -> list[Metric]:
    total = CounterMetricFamily(*FETCHES[:2], labels=FETCHES[2])
    seconds = HistogramMetricFamily(*FETCH_SECONDS[:2], labels=FETCH_SECONDS[2])
    for outcome, seen in counts.fetches.items():
        total.add_metric((outcome,), sum(seen.buckets))
        seconds.add_metric((outcome,), _cumulative(counts.BOUNDS, seen.buckets), seen.seconds)
    return [total, seconds]


def _of_database(platform: "Platform") -> Metric:
    family = GaugeMetricFamily(*CONNECTIONS[:2], labels=CONNECTIONS[2])
    pool = platform.database.engine.pool
    readers = platform.database.readers
    if isinstance(pool, QueuePool):
        family.add_metric(("idle",), pool.checkedin() + readers.idle)
        family.add_metric(("used",), pool.checkedout() + readers.used)
    return family


async def _of_plugins(platform: "Platform") -> list[Metric]:
    found: list[Metric] = []
    failures = GaugeMetricFamily(*FAILURES[:2], labels=FAILURES[2])
    for plugin in platform.registry.plugins:
        for metric in plugin.metrics:
            try:
                value = float(await metric.read(platform))
            except Exception:
                log.exception("the metric %s of the plugin %s failed", metric.name, plugin.name)
                failures.add_metric((plugin.name, metric.name), 1)
                continue
            name = f"gestral_{plugin.name}_{metric.name}"
            found.append(GaugeMetricFamily(name, metric.summary, value=value))
    return [*found, failures]
