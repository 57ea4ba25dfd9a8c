"""Kinds of mail that people want no more of, and the address in each mail that says so."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column(
        "message",
        sa.Column("unsubscribe", sa.Text(), nullable=False, server_default=""),
        schema="email",
    )
    op.alter_column("message", "unsubscribe", server_default=None, schema="email")
    op.create_index(
        "ix_message_content",
        "message",
        ["state_since"],
        schema="email",
        postgresql_where="html <> ''",
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("template", sa.String(128), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refusal"),
        sa.UniqueConstraint("address", "template", name="uq_refusal_address_template"),
        schema="email",
    )


def downgrade() -> None:
    op.drop_table("refusal", schema="email")
    op.drop_index("ix_message_content", "message", schema="email")
    op.drop_column("message", "unsubscribe", schema="email")
