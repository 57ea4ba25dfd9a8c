"""The table of work."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("arguments", JSONB(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("run_at", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("stage", sa.String(255), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        schema="core",
    )
    op.create_index("ix_job_organisation_id", "job", ["organisation_id"], schema="core")
    op.create_index(
        "ix_job_due",
        "job",
        ["run_at"],
        schema="core",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_job_lease",
        "job",
        ["lease_until"],
        schema="core",
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "uq_job_key",
        "job",
        ["name", "key"],
        schema="core",
        unique=True,
        postgresql_where=sa.text("key <> '' AND state IN ('waiting', 'queued', 'running')"),
    )


def downgrade() -> None:
    op.drop_table("job", schema="core")
