"""Blogs, posts and videos."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _record(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    """The columns that every table has around its own."""
    moment = sa.DateTime(timezone=True)
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "blog",
        *_record(
            sa.Column("organisation_id", sa.Uuid(), nullable=False),
            sa.Column("address", sa.String(2048), nullable=False),
            sa.Column("title", sa.String(500), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_blog"),
        schema="video",
    )
    op.create_index(
        "uq_blog_address", "blog", ["organisation_id", "address"], unique=True, schema="video"
    )
    op.create_table(
        "post",
        *_record(
            sa.Column("organisation_id", sa.Uuid(), nullable=False),
            sa.Column("blog_id", sa.Uuid(), nullable=True),
            sa.Column("entry_id", sa.String(2048), nullable=False),
            sa.Column("address", sa.String(2048), nullable=False),
            sa.Column("revision", sa.String(64), nullable=False),
            sa.Column("title", sa.String(500), nullable=False),
            sa.Column("language", sa.String(35), nullable=False),
            sa.Column("article", JSONB(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.ForeignKeyConstraint(
            ["blog_id"], ["video.blog.id"], name="fk_post_blog_id", ondelete="SET NULL"
        ),
        schema="video",
    )
    op.create_index("ix_post_blog_id", "post", ["blog_id"], schema="video")
    op.create_index(
        "uq_post_revision",
        "post",
        ["organisation_id", "address", "revision"],
        unique=True,
        schema="video",
    )
    op.create_table(
        "video",
        *_record(
            sa.Column("organisation_id", sa.Uuid(), nullable=False),
            sa.Column("ordered_by", sa.Uuid(), nullable=False),
            sa.Column("post_id", sa.Uuid(), nullable=False),
            sa.Column("job_id", sa.Uuid(), nullable=True),
            sa.Column("choices", JSONB(), nullable=False),
            sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("folder", sa.String(255), nullable=False),
            sa.Column("details", JSONB(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_video"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["video.post.id"], name="fk_video_post_id", ondelete="CASCADE"
        ),
        schema="video",
    )
    op.create_index("ix_video_post_id", "video", ["post_id"], schema="video")
    op.create_index("ix_video_organisation", "video", ["organisation_id", "id"], schema="video")


def downgrade() -> None:
    op.drop_table("video", schema="video")
    op.drop_table("post", schema="video")
    op.drop_table("blog", schema="video")
