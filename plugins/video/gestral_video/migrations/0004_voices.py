"""An order names its voice, its writer and its language."""

from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The choices are a part of the natural key: an order that says nothing of a voice finds the
    # video that was made before there was a choice.
    op.execute("""
        UPDATE video.video SET choices = '{"voice": "", "writer": "", "language": ""}' || choices
    """)


def downgrade() -> None:
    op.execute("UPDATE video.video SET choices = choices - '{voice,writer,language}'::text[]")
