"""The tables of the schema `email`: all mail, what became of it, who wants or gets none."""

import datetime as dt
import uuid
from typing import Literal

from sqlalchemy import CheckConstraint, DateTime, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gestral.db import Record, schema_metadata

__all__ = ("Base", "Message", "MessageState", "Refusal", "Suppression", "SuppressionReason")

MessageState = Literal["waiting", "sending", "sent", "failed", "unknown", "bounced"]
"""`sending` from before the message is handed over until the answer is known; `unknown` when that
answer was lost, which is never tried again by itself; `bounced` when it was accepted first and came
back for good."""

SuppressionReason = Literal["refused", "bounced", "complained"]
"""A server knows no such recipient; a mail came back for good; a person called it spam."""


class Base(Record, DeclarativeBase):
    """The base of this plugin's tables."""

    metadata = schema_metadata("email")


class Message(Base):
    """A mail to one person, on behalf of an organisation or of none, such as a welcome."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'bounced')", name="state"
        ),
        Index(
            "uq_message_key",
            "organisation_id",
            "key",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_message_organisation", "organisation_id", "id"),
        Index("ix_message_provider_id", "provider_id", postgresql_where="provider_id <> ''"),
        Index("ix_message_content", "state_since", postgresql_where="html <> ''"),
        Index("ix_message_unfinished", "state", postgresql_where="state IN ('waiting', 'sending')"),
    )

    organisation_id: Mapped[uuid.UUID | None]
    key: Mapped[str] = mapped_column(String(255))
    template: Mapped[str] = mapped_column(String(128))
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    unsubscribe: Mapped[str] = mapped_column(Text, default="")
    transport: Mapped[str] = mapped_column(String(64), default="")
    provider_id: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[MessageState] = mapped_column(
        String(16), default="waiting", info={"example": "sent"}
    )
    reason: Mapped[str] = mapped_column(Text, default="")
    state_since: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class Suppression(Base):
    """An address that gets no mail any more, and why."""

    __tablename__ = "suppression"
    __table_args__ = (
        CheckConstraint("reason IN ('refused', 'bounced', 'complained')", name="reason"),
        {"info": {"unowned": "An address that takes no mail takes it from no organisation."}},
    )

    address: Mapped[str] = mapped_column(String(254), unique=True)
    reason: Mapped[SuppressionReason] = mapped_column(String(16), info={"example": "bounced"})
    detail: Mapped[str] = mapped_column(Text, default="")


class Refusal(Base):
    """A kind of mail that a person wants no more of."""

    __tablename__ = "refusal"
    __table_args__ = (
        UniqueConstraint("address", "template"),
        {"info": {"unowned": "What a person reads is theirs, in whichever organisation."}},
    )

    address: Mapped[str] = mapped_column(String(254))
    template: Mapped[str] = mapped_column(String(128))
