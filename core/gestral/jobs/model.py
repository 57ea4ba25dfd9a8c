"""The tables of work: `job` is outbox, state and record in one."""

import datetime as dt
import uuid
from typing import Any

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import BigInteger, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gestral.db import Record, schema_metadata

__all__ = ("Base", "JobRow", "RequestRow", "ScheduleRow", "TallyRow")


class Base(DeclarativeBase):
    """The base of core's own tables."""

    metadata = schema_metadata("core")


class JobRow(Record, Base):
    """A job: what was asked for, in the transaction that gave the reason, and what became of it.

    `state` is one of `gestral.capabilities.JobState`. `lease_until` is set while the job is
    `queued` or `running`; when it passes, whoever had the job is taken for dead. `attempt` counts
    the starts and is the fencing token: only the attempt that it names may write a result.
    `forgiven` are the attempts that do not count against the job's own number: a worker was
    stopped, or a person asked to try again. `trace` is the W3C `traceparent` of the request that
    asked for it, where traces are kept.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ix_job_due",
            "queue",
            "organisation_id",
            text("priority DESC"),
            "run_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_job_in_flight",
            "queue",
            "organisation_id",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index(
            "ix_job_finished_at", "finished_at", postgresql_where=text("finished_at IS NOT NULL")
        ),
        Index("ix_job_lease", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
        Index(
            "uq_job_key",
            "organisation_id",
            "name",
            "key",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("key <> '' AND state IN ('waiting', 'queued', 'running')"),
        ),
    )

    name: Mapped[str] = mapped_column(String(128))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str] = mapped_column(String(255), default="")
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting", info={"example": "failed"})
    queue: Mapped[str] = mapped_column(String(64), default="default")
    priority: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    forgiven: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[dt.datetime] = mapped_column(DateTimeUTC(timezone=True))
    lease_until: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    started_at: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    stage: Mapped[str] = mapped_column(String(255), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(2000), default="")
    code: Mapped[str] = mapped_column(String(64), default="")
    trace: Mapped[str] = mapped_column(String(64), default="")


class RequestRow(Record, Base):
    """A request that was sent with an Idempotency-Key, and the answer that it was given.

    While it is being answered `status` is NULL, and `token` names who does so until `lease_until`.
    """

    __tablename__ = "request"
    __table_args__ = (
        Index("uq_request_key", "organisation_id", "user_id", "key", unique=True),
        Index("ix_request_created_at", "created_at"),
    )

    organisation_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID]
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    token: Mapped[uuid.UUID]
    lease_until: Mapped[dt.datetime] = mapped_column(DateTimeUTC(timezone=True))
    status: Mapped[int | None]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


class ScheduleRow(Base):
    """When work that runs by itself was due the last time that somebody saw to it."""

    __tablename__ = "schedule"
    __table_args__ = ({"info": {"unowned": "Schedules are the platform's."}},)

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    due: Mapped[dt.datetime] = mapped_column(DateTimeUTC(timezone=True))


class TallyRow(Base):
    """How many jobs of a name ended how, and how long they took: for the metrics.

    `buckets` counts durations by the upper bounds that `gestral.jobs.tally` names, the last one
    those above all of them.
    """

    __tablename__ = "tally"
    __table_args__ = ({"info": {"unowned": "Counts over all organisations, for operators."}},)

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
    buckets: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
