"""Blogs, posts and videos of organisations."""

import datetime as dt
import uuid
from typing import Any

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from gestral.db import Record, schema_metadata

__all__ = ("Base", "BlogRow", "PostRow", "VideoRow")


class Base(DeclarativeBase):
    """The base of this plugin's tables."""

    metadata = schema_metadata("video")


class BlogRow(Record, Base):
    """A blog of an organisation, known by the address of its feed."""

    __tablename__ = "blog"
    __table_args__ = (Index("uq_blog_address", "organisation_id", "address", unique=True),)

    organisation_id: Mapped[uuid.UUID]
    address: Mapped[str] = mapped_column(String(2048))
    title: Mapped[str] = mapped_column(String(500))


class PostRow(Record, Base):
    """A post as it was read: its identity within the organisation, and its content then.

    `revision` is the hash of the content; the same address with another revision is another row.
    """

    __tablename__ = "post"
    __table_args__ = (
        Index("uq_post_revision", "organisation_id", "address", "revision", unique=True),
    )

    organisation_id: Mapped[uuid.UUID]
    blog_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("video.blog.id", ondelete="SET NULL"), index=True
    )
    entry_id: Mapped[str] = mapped_column(String(2048), default="")
    address: Mapped[str] = mapped_column(String(2048))
    revision: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(35))
    article: Mapped[dict[str, Any]] = mapped_column(JSONB)


class VideoRow(Record, Base):
    """A video that somebody ordered. How far it is, the job knows; `ready_at` says that it is.

    A post in a revision has one video of the same choices: that is its natural key. `copy` is 0,
    but for what was ordered twice before there was such a key.
    """

    __tablename__ = "video"
    __table_args__ = (
        Index("ix_video_organisation", "organisation_id", "id"),
        Index("uq_video_order", "organisation_id", "post_id", "choices", "copy", unique=True),
    )

    organisation_id: Mapped[uuid.UUID]
    ordered_by: Mapped[uuid.UUID]
    post_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("video.post.id", ondelete="CASCADE"), index=True
    )
    job_id: Mapped[uuid.UUID | None]
    choices: Mapped[dict[str, Any]] = mapped_column(JSONB)
    copy: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    folder: Mapped[str] = mapped_column(String(255), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    post: Mapped[PostRow] = relationship(lazy="joined", innerjoin=True)
