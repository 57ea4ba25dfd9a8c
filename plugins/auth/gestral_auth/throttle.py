"""Limits on what can be guessed, kept in PostgreSQL so that all web processes share them.

An attempt is counted before it is judged: many at once cannot slip past the limit together. The
count lives in a transaction of its own, so that refusing the request does not undo it.
"""

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from gestral.errors import RateLimitedError
from gestral_auth.models import Attempt

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = (
    "Limit",
    "account_key",
    "clear",
    "count_attempt",
    "forget",
    "network_key",
    "refund",
    "refusal",
)

IPV6_NETWORK_BITS = 64
"""What one customer usually holds of IPv6: counting single addresses would limit nothing."""


@dataclass(frozen=True)
class Limit:
    """How often something may be tried.

    Attributes:
        key: What is counted.
        most: How often within the window.
    """

    key: str
    most: int


def account_key(purpose: str, email: str) -> str:
    """Return the key of an account, whether it exists or not; it does not tell the address."""
    digest = hashlib.sha256(email.casefold().encode()).hexdigest()
    return f"{purpose}:account:{digest}"


def network_key(purpose: str, host: str | None) -> str:
    """Return the key of the network that a client's address belongs to."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return f"{purpose}:network:unknown"
    if address.version == 4:
        return f"{purpose}:network:{address}"
    network = ipaddress.ip_network((address.packed, IPV6_NETWORK_BITS), strict=False)
    return f"{purpose}:network:{network}"


async def count_attempt(
    session: "AsyncSession", limits: tuple[Limit, ...], now: dt.datetime, window: dt.timedelta
) -> dt.datetime | None:
    """Count an attempt against all limits.

    Returns:
        None when it may go on; else the moment from which it may be tried again.
    """
    again: list[dt.datetime] = []
    for limit in limits:
        fresh = Attempt.window_started_at <= now - window
        started = case((fresh, now), else_=Attempt.window_started_at)
        row = await session.execute(
            insert(Attempt)
            .values(id=uuid7(), key=limit.key, count=1, window_started_at=now)
            .on_conflict_do_update(
                index_elements=[Attempt.key],
                set_={
                    "count": case((fresh, 1), else_=Attempt.count + 1),
                    "window_started_at": started,
                },
            )
            .returning(Attempt.count, Attempt.window_started_at)
        )
        count, since = row.one()
        if count > limit.most:
            again.append(since + window)
    return max(again, default=None)


def refusal(again: dt.datetime, now: dt.datetime) -> RateLimitedError:
    """Return the error that tells a person when to come back."""
    seconds = max(1, int((again - now).total_seconds()))
    minutes = -(-seconds // 60)
    return RateLimitedError(
        "There were too many attempts from here or on this account.",
        hint=f"Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
        retry_after=seconds,
    )


async def refund(session: "AsyncSession", key: str) -> None:
    """Take one attempt back: only failures are to count."""
    await session.execute(
        update(Attempt).where(Attempt.key == key).values(count=func.greatest(Attempt.count - 1, 0))
    )


async def clear(session: "AsyncSession", key: str) -> None:
    """Forget all attempts of a key."""
    await session.execute(delete(Attempt).where(Attempt.key == key))


async def forget(session: "AsyncSession", before: dt.datetime) -> None:
    """Delete the counts of windows that began before a moment."""
    await session.execute(delete(Attempt).where(Attempt.window_started_at < before))
