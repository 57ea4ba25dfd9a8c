"""Which mail people want: what they refused, by a mail's own link or on the settings page."""

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert

from gestral_email.addresses import folded
from gestral_email.links import Unsubscription
from gestral_email.models import Refusal

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("accept", "refuse", "refused", "refused_templates")


async def refused(session: "AsyncSession", mail: Unsubscription) -> bool:
    """Whether somebody wants no mail of a kind."""
    return await session.scalar(select(Refusal.id).where(_of(mail))) is not None


async def refused_templates(session: "AsyncSession", address: str) -> frozenset[str]:
    """Return the templates whose mail somebody does not want."""
    query = select(Refusal.template).where(Refusal.address == folded(address))
    return frozenset(await session.scalars(query))


async def refuse(session: "AsyncSession", mail: Unsubscription) -> None:
    """Send somebody no more mail of a kind."""
    values = {"address": folded(mail.address), "template": mail.template}
    await session.execute(insert(Refusal).values(**values).on_conflict_do_nothing())


async def accept(session: "AsyncSession", mail: Unsubscription) -> None:
    """Send somebody mail of a kind again."""
    await session.execute(delete(Refusal).where(_of(mail)))


def _of(mail: Unsubscription) -> ColumnElement[bool]:
    return (Refusal.address == folded(mail.address)) & (Refusal.template == mail.template)
