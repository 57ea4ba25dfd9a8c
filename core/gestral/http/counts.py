"""What this process has fetched since it began, for the metrics."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

__all__ = ("BOUNDS", "Count", "count_fetch", "fetches")

BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)
"""Upper bounds of the durations' buckets in seconds; one more holds what took longer."""


@dataclass(slots=True)
class Count:
    """Fetches that ended in one way."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


fetches: Final[dict[str, Count]] = {}
"""By outcome: `read`, `not-modified`, `abandoned` by who asked, or the code of the error."""


def count_fetch(outcome: str, seconds: float) -> None:
    """Count a fetch.

    Args:
        outcome: How it ended; one of few fixed words, never anything of the address.
        seconds: How long it took, waiting for its turn included.
    """
    if (count := fetches.get(outcome)) is None:
        count = fetches[outcome] = Count()
    count.seconds += seconds
    count.buckets[bisect_left(BOUNDS, seconds)] += 1
