"""Addresses that get no mail any more, and by which name a service knows a mail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = "state IN ('waiting', 'sending', 'sent', 'failed', 'unknown')"
STATES_NOW = "state IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'bounced')"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column(
        "message",
        sa.Column("provider_id", sa.String(255), nullable=False, server_default=""),
        schema="email",
    )
    op.alter_column("message", "provider_id", server_default=None, schema="email")
    op.alter_column("message", "transport", type_=sa.String(64), schema="email")
    op.create_index(
        "ix_message_provider_id",
        "message",
        ["provider_id"],
        schema="email",
        postgresql_where="provider_id <> ''",
    )
    op.drop_constraint(op.f("ck_message_ck_message_state"), "message", schema="email")
    op.create_check_constraint(op.f("ck_message_state"), "message", STATES_NOW, schema="email")
    op.create_table(
        "suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
        sa.UniqueConstraint("address", name="uq_suppression_address"),
        sa.CheckConstraint(
            "reason IN ('refused', 'bounced', 'complained')", name=op.f("ck_suppression_reason")
        ),
        schema="email",
    )


def downgrade() -> None:
    op.drop_table("suppression", schema="email")
    op.execute("UPDATE email.message SET state = 'failed' WHERE state = 'bounced'")
    op.drop_constraint(op.f("ck_message_state"), "message", schema="email")
    op.create_check_constraint(
        op.f("ck_message_ck_message_state"), "message", STATES, schema="email"
    )
    op.drop_index("ix_message_provider_id", "message", schema="email")
    op.execute("UPDATE email.message SET transport = left(transport, 32)")
    op.alter_column("message", "transport", type_=sa.String(32), schema="email")
    op.drop_column("message", "provider_id", schema="email")
