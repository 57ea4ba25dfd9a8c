"""Counting how attempts at jobs end, so that any web process can tell of all workers."""

import asyncio
import datetime as dt
import logging
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.dialects.postgresql import insert

from gestral.jobs.model import TallyRow
from gestral.plugin import Services

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("BOUNDS", "Ending", "Tally")

BOUNDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0)
"""Upper bounds of the durations' buckets in seconds; one more holds what took longer."""

EVERY = dt.timedelta(seconds=5)
"""How often a worker adds what it counted: as much is lost when it is killed."""

Ending = Literal["done", "failed", "retried", "handed-back", "lost", "died"]
"""How an attempt ended: `lost` was cancelled or taken over, `died` with its worker."""

log = logging.getLogger(__name__)

# Element by element; both have as many, for their number is part of the code.
_SUMS: ColumnElement[list[int]] = literal_column(
    "(SELECT array_agg(was + more ORDER BY place) "
    "FROM unnest(tally.buckets, excluded.buckets) WITH ORDINALITY AS pair(was, more, place))"
)


@dataclass
class _Count:
    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


class Tally:
    """What a process counted and has not written yet."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], _Count] = {}

    def count(self, name: str, ending: Ending, seconds: float) -> None:
        """Count one attempt.

        Args:
            name: The job's, such as `video.make`.
            ending: How it ended.
            seconds: How long it took.
        """
        one = self._counts.setdefault((name, ending), _Count())
        one.count += 1
        one.seconds += seconds
        one.buckets[bisect_left(BOUNDS, seconds)] += 1

    async def add_to(self, session: "AsyncSession") -> None:
        """Add what was counted within a transaction of the caller's."""
        if self._counts:
            await _add(session, self._counts)

    async def write(self, services: Services) -> None:
        """Add what was counted to the table; it is kept for the next time should that fail."""
        if not self._counts:
            return
        taken, self._counts = self._counts, {}
        try:
            async with services.across_organisations() as session:
                await _add(session, taken)
        except BaseException:
            self._take_back(taken)
            raise

    async def keep(self, services: Services) -> None:
        """Write every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                await self.write(services)
            except Exception as error:  # noqa: BLE001 - the next round writes it
                log.warning("counting jobs: %s; trying again", error)

    def _take_back(self, taken: dict[tuple[str, str], _Count]) -> None:
        for key, was in taken.items():
            one = self._counts.setdefault(key, _Count())
            one.count += was.count
            one.seconds += was.seconds
            one.buckets = [a + b for a, b in zip(one.buckets, was.buckets, strict=True)]


async def _add(session: "AsyncSession", counts: dict[tuple[str, str], _Count]) -> None:
    # In one order everywhere: two workers that lock rows in two orders would wait for each other.
    rows = [
        {
            "name": name,
            "outcome": ending,
            "count": one.count,
            "seconds": one.seconds,
            "buckets": one.buckets,
        }
        for (name, ending), one in sorted(counts.items())
    ]
    new = insert(TallyRow).values(rows)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["name", "outcome"],
            set_={
                "count": TallyRow.count + new.excluded["count"],
                "seconds": TallyRow.seconds + new.excluded["seconds"],
                "buckets": _SUMS,
            },
        )
    )
