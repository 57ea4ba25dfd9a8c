"""Tables of the schema `auth`: people, organisations, who belongs where, and who is signed in."""

import datetime as dt
import uuid
from typing import get_args

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gestral.db import Record, schema_metadata
from gestral.plugin import Role

__all__ = ("ROLES", "Attempt", "Base", "Membership", "Organisation", "SignInSession", "UserAccount")

ROLES: tuple[Role, ...] = get_args(Role)
"""The mightiest first."""


class Base(Record, DeclarativeBase):
    """The base of this plugin's tables."""

    metadata = schema_metadata("auth")


class UserAccount(Base):
    """A person who can sign in."""

    __tablename__ = "user_account"
    __table_args__ = ({"info": {"unowned": "A person may belong to several organisations."}},)

    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(255))


# Two spellings of an address that differ in case are one person.
Index("uq_user_account_email", func.lower(UserAccount.email), unique=True)


class Organisation(Base):
    """Whom work is done for; everybody has at least one."""

    __tablename__ = "organisation"
    __table_args__ = (
        {
            "info": {
                "organisation": "id",
                "shared": "Slugs are in addresses: whoever asks for a taken one is given another.",
            }
        },
    )

    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    demo: Mapped[bool] = mapped_column(default=False)


class Membership(Base):
    """A person's role in an organisation."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("user_id", "organisation_id"),
        CheckConstraint("role IN ('owner', 'admin', 'editor', 'viewer')", name="role"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(UserAccount.id, ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(Organisation.id, ondelete="CASCADE"), index=True
    )
    role: Mapped[Role] = mapped_column(String(16), info={"example": "viewer"})


class SignInSession(Base):
    """One browser in which a person is signed in; the cookie's token itself is not kept."""

    __tablename__ = "session"

    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(UserAccount.id, ondelete="CASCADE"), index=True
    )
    organisation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(Organisation.id, ondelete="CASCADE"), index=True
    )
    last_seen_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)
    user_agent: Mapped[str] = mapped_column(String(200))


class Attempt(Base):
    """How often something guessable was tried of late; see `gestral_auth.throttle`."""

    __tablename__ = "attempt"
    __table_args__ = ({"info": {"unowned": "Counted before anybody has signed in."}},)

    key: Mapped[str] = mapped_column(String(128), unique=True)
    count: Mapped[int]
    window_started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)
