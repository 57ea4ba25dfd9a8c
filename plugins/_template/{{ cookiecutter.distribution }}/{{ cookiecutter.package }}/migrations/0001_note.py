"""The table of notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "{{ cookiecutter.name }}"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
        schema=SCHEMA,
    )
    for column in ("organisation_id", "user_id"):
        op.create_index(f"ix_note_{column}", "note", [column], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("note", schema=SCHEMA)
