"""What is seen of each attempt at a job: the fields of its log lines, and a span."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gestral.observe import traces
from gestral.observe.context import bound
from gestral.observe.logs import ATTEMPTS

if TYPE_CHECKING:
    from gestral.jobs.ledger import Claimed

__all__ = ("observed", "tell")

log = logging.getLogger(ATTEMPTS)


@contextmanager
def observed(row: "Claimed") -> "Iterator[None]":
    """Mark all that is done in the block as done for this job."""
    fields: dict[str, str | int] = {
        "job_id": str(row.id),
        "job": row.name,
        "attempt": row.attempt,
    }
    if row.organisation_id is not None:
        fields["organisation_id"] = str(row.organisation_id)
    with bound(**fields), traces.attempt(row):
        yield


def tell(name: str, ending: str, seconds: float) -> None:
    """Write the line of an attempt that ended."""
    extra = {"outcome": ending, "milliseconds": round(seconds * 1000, 1)}
    log.info("%s %s", name, ending, extra=extra)
