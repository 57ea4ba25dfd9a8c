"""Queues and priorities, schedules, answers that are given once, tallies of what was done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNFINISHED = "key <> '' AND state IN ('waiting', 'queued', 'running')"


def upgrade() -> None:
    _add("queue", sa.String(64), "default")
    _add("priority", sa.Integer(), "0")
    _add("forgiven", sa.Integer(), "0")
    _add("trace", sa.String(64), "")
    op.add_column("job", sa.Column("started_at", MOMENT, nullable=True), schema="core")
    op.drop_index("ix_job_due", "job", schema="core")
    op.create_index(
        "ix_job_due",
        "job",
        ["queue", "organisation_id", sa.text("priority DESC"), "run_at", "id"],
        schema="core",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_job_in_flight",
        "job",
        ["queue", "organisation_id"],
        schema="core",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "ix_job_finished_at",
        "job",
        ["finished_at"],
        schema="core",
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.drop_index("uq_job_key", "job", schema="core")
    op.create_index(
        "uq_job_key",
        "job",
        ["organisation_id", "name", "key"],
        schema="core",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text(UNFINISHED),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_request"),
        schema="core",
    )
    op.create_index(
        "uq_request_key",
        "request",
        ["organisation_id", "user_id", "key"],
        unique=True,
        schema="core",
    )
    op.create_index("ix_request_created_at", "request", ["created_at"], schema="core")
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_schedule"),
        schema="core",
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("buckets", ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("name", "outcome", name="pk_tally"),
        schema="core",
    )


def _add(
    name: str, kind: "sa.types.TypeEngine[str] | sa.types.TypeEngine[int]", value: str
) -> None:
    """Add a column that older rows have the value for; newer ones get theirs from the model."""
    op.add_column("job", sa.Column(name, kind, nullable=False, server_default=value), schema="core")
    op.alter_column("job", name, server_default=None, schema="core")


def downgrade() -> None:
    op.drop_table("tally", schema="core")
    op.drop_table("schedule", schema="core")
    op.drop_table("request", schema="core")
    op.drop_index("uq_job_key", "job", schema="core")
    op.create_index(
        "uq_job_key",
        "job",
        ["name", "key"],
        schema="core",
        unique=True,
        postgresql_where=sa.text(UNFINISHED),
    )
    for index in ("ix_job_finished_at", "ix_job_in_flight", "ix_job_due"):
        op.drop_index(index, "job", schema="core")
    op.create_index(
        "ix_job_due",
        "job",
        ["run_at"],
        schema="core",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    for column in ("started_at", "trace", "forgiven", "priority", "queue"):
        op.drop_column("job", column, schema="core")
