"""The database of a test run: migrated once for each plugin, emptied before each test."""

import psycopg
from psycopg import sql

from gestral.db.migrate import upgrade
from gestral.plugin import Plugin

__all__ = ("empty", "migrated")

_done: set[tuple[str, str]] = set()


def migrated(owner_url: str, plugins: tuple[Plugin, ...]) -> None:
    """Bring the plugins' tables to their newest form, unless this run has done so."""
    missing = tuple(plugin for plugin in plugins if (owner_url, plugin.name) not in _done)
    upgrade(owner_url, missing)
    _done.update((owner_url, plugin.name) for plugin in missing)


def empty(owner_url: str) -> None:
    """Delete all rows of all plugins."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE tableowner = 'gestral_owner' AND tablename <> 'alembic_version'"
        ).fetchall()
        if found:
            tables = sql.SQL(", ").join(sql.Identifier(schema, name) for schema, name in found)
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
