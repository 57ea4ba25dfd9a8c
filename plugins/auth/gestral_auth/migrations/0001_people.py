"""People, organisations, memberships, sessions and attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "auth"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        schema=SCHEMA,
    )
    op.create_index(
        "uq_user_account_email",
        "user_account",
        [sa.text("lower(email)")],
        unique=True,
        schema=SCHEMA,
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.UniqueConstraint("slug", name="uq_organisation_slug"),
        schema=SCHEMA,
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
        _belongs_to("membership", "user_id", "user_account"),
        _belongs_to("membership", "organisation_id", "organisation"),
        sa.UniqueConstraint(
            "user_id", "organisation_id", name="uq_membership_user_id_organisation_id"
        ),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'editor', 'viewer')", name="ck_membership_role"
        ),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_membership_organisation_id", "membership", ["organisation_id"], schema=SCHEMA
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token_hash", name="uq_session_token_hash"),
        _belongs_to("session", "user_id", "user_account"),
        _belongs_to("session", "organisation_id", "organisation"),
        schema=SCHEMA,
    )
    for column in ("user_id", "organisation_id", "expires_at"):
        op.create_index(f"ix_session_{column}", "session", [column], schema=SCHEMA)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("window_started_at", MOMENT, nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint("key", name="uq_attempt_key"),
        schema=SCHEMA,
    )
    op.create_index("ix_attempt_window_started_at", "attempt", ["window_started_at"], schema=SCHEMA)


def downgrade() -> None:
    for table in ("attempt", "session", "membership", "organisation", "user_account"):
        op.drop_table(table, schema=SCHEMA)


def _moments() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )


def _belongs_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{SCHEMA}.{target}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )
