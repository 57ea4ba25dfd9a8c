"""Whose rows a transaction sees: PostgreSQL decides by row-level security.

A table that has a column `organisation_id` (or whose `Table.info["organisation"]` names another)
belongs to organisations. `gestral_app`, as which the application connects, sees the rows of the one
that the transaction names; `gestral_platform`, which it may become for a transaction, sees all. The
owner sees all too, so that migrations and backups can do their work. See ADR 0013.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

__all__ = (
    "ACROSS",
    "PLATFORM_ROLE",
    "Scope",
    "acting_for",
    "acting_for_whom",
    "begin",
    "organisation",
    "organisation_column",
    "policies",
    "protect",
    "protected",
    "unprotect",
)

APPLICATION_ROLE = "gestral_app"
PLATFORM_ROLE = "gestral_platform"
OWNER_ROLE = "gestral_owner"

SETTING = "gestral.organisation"

ACROSS: Literal["across"] = "across"
Scope = uuid.UUID | None | Literal["across"]
"""Whose rows: one organisation's, nobody's, or those of all."""

organisation: ContextVar[uuid.UUID | None] = ContextVar("organisation", default=None)
"""On whose behalf the present request or job runs."""


@contextmanager
def acting_for(organisation_id: uuid.UUID | None) -> Iterator[None]:
    """Have what runs in the block be done on behalf of an organisation, or of none."""
    token = organisation.set(organisation_id)
    try:
        yield
    finally:
        organisation.reset(token)


def acting_for_whom(info: Mapping[str, Scope]) -> uuid.UUID | None:
    """Return on whose behalf a session's transaction is, from what the session was made with."""
    scope = info.get("scope")
    return scope if isinstance(scope, uuid.UUID) else organisation.get()


def begin(scope: Scope) -> tuple[str, tuple[str, ...]]:
    """Return the statement that opens a transaction's eyes, with its parameters.

    Both forms end with the transaction: nothing is left behind on a pooled connection.
    """
    if scope == ACROSS:
        return f"SET LOCAL ROLE {PLATFORM_ROLE}", ()
    return f"SELECT set_config('{SETTING}', %s, true)", (str(scope) if scope else "",)


def organisation_column(table: "Table") -> str:
    """Return the column that says whose a row is, or nothing for a table that belongs to nobody."""
    named: str = table.info.get("organisation", "organisation_id")
    return named if named in table.columns else ""


def policies(table: "Table") -> dict[str, str]:
    """Return the policies that a table must have, by name: to whom they apply, and to which rows.

    A row whose column is empty belongs to nobody: only transactions that act for nobody see it.
    """
    column = organisation_column(table)
    if not column:
        return {}
    own = f"nullif(current_setting('{SETTING}', true), '')::uuid"
    equals = "IS NOT DISTINCT FROM" if table.columns[column].nullable else "="
    return {
        "organisation": f'TO {APPLICATION_ROLE} USING ("{column}" {equals} {own})',
        "platform": f"TO {PLATFORM_ROLE}, {OWNER_ROLE} USING (true)",
    }


def protected(connection: "Connection", table: "Table") -> bool:
    """Whether a table's row-level security is on, forced, and has its policies and no others."""
    found = connection.exec_driver_sql(
        "SELECT p.polname, obj_description(p.oid, 'pg_policy') FROM pg_policy p "
        "JOIN pg_class c ON c.oid = p.polrelid "
        "WHERE c.oid = to_regclass(%s) AND c.relrowsecurity AND c.relforcerowsecurity",
        (f'"{table.schema}"."{table.name}"',),
    )
    # PostgreSQL rewrites what it is given; a comment keeps the words that a policy was made from.
    return {row[0]: row[1] for row in found} == policies(table)


def protect(connection: "Connection", table: "Table") -> None:
    """Bring a table's row-level security into its form; one that has it is not locked."""
    if protected(connection, table):
        return
    name = f'"{table.schema}"."{table.name}"'
    connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    for policy, words in policies(table).items():
        comment = words.replace("'", "''")
        connection.exec_driver_sql(f"DROP POLICY IF EXISTS {policy} ON {name}")
        connection.exec_driver_sql(f"CREATE POLICY {policy} ON {name} {words}")
        connection.exec_driver_sql(f"COMMENT ON POLICY {policy} ON {name} IS '{comment}'")


def unprotect(connection: "Connection", table: "Table") -> None:
    """Take a table's row-level security away, for who locks it and gives it back."""
    name = f'"{table.schema}"."{table.name}"'
    for policy in policies(table):
        connection.exec_driver_sql(f"DROP POLICY IF EXISTS {policy} ON {name}")
    connection.exec_driver_sql(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
