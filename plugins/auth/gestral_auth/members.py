"""Who belongs to an organisation: the capability `MEMBERS`."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import select

from gestral.capabilities import Member
from gestral_auth.models import ROLES, Membership, Organisation, UserAccount

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("OrganisationMembers",)


class OrganisationMembers:
    """Implements `gestral.capabilities.Members`."""

    async def members(
        self, session: "AsyncSession", organisation_id: uuid.UUID
    ) -> tuple[Member, ...]:
        """See `Members.members`."""
        rows = await session.execute(
            select(UserAccount.id, UserAccount.name, UserAccount.email, Membership.role)
            .join(Membership, Membership.user_id == UserAccount.id)
            .where(Membership.organisation_id == organisation_id)
            .order_by(Membership.id)
        )
        members = [
            Member(user_id=user_id, name=name, email=email, role=role)
            for user_id, name, email, role in rows
        ]
        return tuple(sorted(members, key=lambda member: ROLES.index(member.role)))

    async def demo_organisation(self, session: "AsyncSession") -> uuid.UUID | None:
        """See `Members.demo_organisation`."""
        return await session.scalar(
            select(Organisation.id).where(Organisation.demo).order_by(Organisation.id).limit(1)
        )
