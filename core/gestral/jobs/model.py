"""The one table of work: outbox, state and record."""

import datetime as dt
import uuid
from typing import Any

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gestral.db import Record, schema_metadata

__all__ = ("Base", "JobRow")


class Base(DeclarativeBase):
    """The base of core's own tables."""

    metadata = schema_metadata("core")


class JobRow(Record, Base):
    """A job: what was asked for, in the transaction that gave the reason, and what became of it.

    `state` is one of `gestral.capabilities.JobState`. `lease_until` is set while the job is
    `queued` or `running`; when it passes, whoever had the job is taken for dead. `attempt` counts
    the starts and is the fencing token: only the attempt that it names may write a result.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "run_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_job_lease", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
        Index(
            "uq_job_key",
            "name",
            "key",
            unique=True,
            postgresql_where=text("key <> '' AND state IN ('waiting', 'queued', 'running')"),
        ),
    )

    name: Mapped[str] = mapped_column(String(128))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str] = mapped_column(String(255), default="")
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempt: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[dt.datetime] = mapped_column(DateTimeUTC(timezone=True))
    lease_until: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    stage: Mapped[str] = mapped_column(String(255), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(2000), default="")
    code: Mapped[str] = mapped_column(String(64), default="")
