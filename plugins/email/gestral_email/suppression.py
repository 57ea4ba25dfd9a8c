"""Addresses that get no mail any more: written by what came back, lifted by an operator."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from gestral_email.addresses import folded
from gestral_email.models import Suppression, SuppressionReason

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("lift", "suppress", "why_suppressed")

SENTENCES: dict[SuppressionReason, str] = {
    "refused": "its server says that there is no such mailbox",
    "bounced": "a mail to it came back for good",
    "complained": "its owner called a mail of ours spam",
}


async def suppress(
    session: "AsyncSession", address: str, reason: SuppressionReason, detail: str = ""
) -> None:
    """Send no more mail to an address; the first reason stays."""
    values = {"address": folded(address), "reason": reason, "detail": detail}
    await session.execute(insert(Suppression).values(**values).on_conflict_do_nothing())


async def why_suppressed(session: "AsyncSession", address: str) -> str:
    """Return why an address gets no mail, as a sentence; empty when it may get some."""
    query = select(Suppression).where(Suppression.address == folded(address))
    found = await session.scalar(query)
    if found is None:
        return ""
    since = f"{found.created_at:%Y-%m-%d}"
    return f"No mail goes to this address since {since}: {SENTENCES[found.reason]}."


async def lift(session: "AsyncSession", address: str) -> bool:
    """Send mail to an address again; return whether it got none before."""
    query = delete(Suppression).where(Suppression.address == folded(address))
    return await session.scalar(query.returning(Suppression.id)) is not None
