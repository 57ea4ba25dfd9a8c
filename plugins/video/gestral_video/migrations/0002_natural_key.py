"""A post has one video of the same choices; what there is twice already stays, numbered."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "video", sa.Column("copy", sa.Integer(), nullable=False, server_default="0"), schema="video"
    )
    # Number 0, which an order finds from now on, is one that can be watched, or else the newest.
    op.execute("""
        UPDATE video.video SET copy = numbered.copy
        FROM (
            SELECT id, row_number() OVER (
                PARTITION BY organisation_id, post_id, choices ORDER BY ready_at IS NULL, id DESC
            ) - 1 AS copy
            FROM video.video
        ) AS numbered
        WHERE numbered.id = video.id AND numbered.copy > 0
    """)
    op.alter_column("video", "copy", server_default=None, schema="video")
    op.create_index(
        "uq_video_order",
        "video",
        ["organisation_id", "post_id", "choices", "copy"],
        unique=True,
        schema="video",
    )


def downgrade() -> None:
    op.drop_index("uq_video_order", "video", schema="video")
    op.drop_column("video", "copy", schema="video")
