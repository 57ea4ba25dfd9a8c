"""Mail belongs to an organisation, or to none: that of before to none."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("organisation_id", sa.Uuid(), nullable=True), schema="email")
    op.drop_constraint("uq_message_key", "message", schema="email")
    op.create_index(
        "uq_message_key",
        "message",
        ["organisation_id", "key"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        schema="email",
    )
    op.create_index("ix_message_organisation", "message", ["organisation_id", "id"], schema="email")


def downgrade() -> None:
    op.drop_index("ix_message_organisation", "message", schema="email")
    op.drop_index("uq_message_key", "message", schema="email")
    # A key may now be there once for each organisation; before, it was one mail everywhere.
    op.execute(
        "DELETE FROM email.message a USING email.message b WHERE a.key = b.key AND a.id > b.id"
    )
    op.create_unique_constraint("uq_message_key", "message", ["key"], schema="email")
    op.drop_column("message", "organisation_id", schema="email")
