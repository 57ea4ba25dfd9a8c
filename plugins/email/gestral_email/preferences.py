"""Which mail people want: what they refused, by a mail's own link or on the settings page."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from gestral_email.links import Unsubscription
from gestral_email.models import Refusal

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("accept", "refuse", "refused", "refused_templates")


async def refused(session: "AsyncSession", mail: Unsubscription) -> bool:
    """Whether somebody wants no mail of a kind."""
    query = select(Refusal.id).where(
        Refusal.address == mail.address.lower(), Refusal.template == mail.template
    )
    return await session.scalar(query) is not None


async def refused_templates(session: "AsyncSession", address: str) -> frozenset[str]:
    """Return the templates whose mail somebody does not want."""
    query = select(Refusal.template).where(Refusal.address == address.lower())
    return frozenset(await session.scalars(query))


async def refuse(session: "AsyncSession", mail: Unsubscription) -> None:
    """Send somebody no more mail of a kind."""
    values = {"address": mail.address.lower(), "template": mail.template}
    await session.execute(insert(Refusal).values(**values).on_conflict_do_nothing())


async def accept(session: "AsyncSession", mail: Unsubscription) -> None:
    """Send somebody mail of a kind again."""
    await session.execute(
        delete(Refusal).where(
            Refusal.address == mail.address.lower(), Refusal.template == mail.template
        )
    )
