"""The table of the schema `email`: every mail, and what became of it."""

import datetime as dt
import uuid
from typing import Literal

from sqlalchemy import CheckConstraint, DateTime, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gestral.db import Record, schema_metadata

__all__ = ("Base", "Message", "MessageState")

MessageState = Literal["waiting", "sending", "sent", "failed", "unknown"]
"""`sending` from before the message is handed over until the answer is known; `unknown` when that
answer was lost, which is never tried again by itself."""


class Base(Record, DeclarativeBase):
    """The base of this plugin's tables."""

    metadata = schema_metadata("email")


class Message(Base):
    """A mail to one person, on behalf of an organisation or of none, such as a welcome."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'unknown')", name="state"
        ),
        Index(
            "uq_message_key",
            "organisation_id",
            "key",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_message_organisation", "organisation_id", "id"),
        Index("ix_message_unfinished", "state", postgresql_where="state IN ('waiting', 'sending')"),
    )

    organisation_id: Mapped[uuid.UUID | None]
    key: Mapped[str] = mapped_column(String(255))
    template: Mapped[str] = mapped_column(String(128))
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    transport: Mapped[str] = mapped_column(String(32), default="")
    state: Mapped[MessageState] = mapped_column(
        String(16), default="waiting", info={"example": "sent"}
    )
    reason: Mapped[str] = mapped_column(Text, default="")
    state_since: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
