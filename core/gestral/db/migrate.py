"""Migrations: one lineage and one version table for each plugin, run by one `env.py`.

The version table lives in the plugin's own schema, so that a plugin that is uninstalled leaves
nothing behind that the others could trip over. All of it runs under one advisory lock: two
processes that start at once migrate once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from gestral.db.engine import driver_url
from gestral.db.tenancy import (
    APPLICATION_ROLE,
    PLATFORM_ROLE,
    organisation_column,
    protect,
    protected,
    unprotect,
)
from gestral.errors import ConfigurationError, PluginError
from gestral.plugin import Plugin

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Table

__all__ = ("MigrationStatus", "differences", "status", "upgrade")

ENVIRONMENT = Path(__file__).parent / "environment"
ADVISORY_LOCK = 0x6765737472616C
"""A key that all Gestral processes share: "gestral" in ASCII."""


class MigrationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a plugin's part of the database stands."""

    plugin: str
    current: str
    newest: str

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.newest


def upgrade(owner_url: str, plugins: tuple[Plugin, ...], *, revision: str = "heads") -> list[str]:
    """Bring the tables of all plugins to their newest form, in the order given.

    Args:
        owner_url: PostgreSQL, as the role that owns the tables.
        plugins: Each after those that it requires.
        revision: Where to stop; only sensible with one plugin.

    Returns:
        The names of the plugins whose tables changed.

    Raises:
        PluginError: The migrations of some plugins failed; those of all others are done.
    """
    from sqlalchemy.exc import OperationalError

    changed, failed = [], {}
    with _connection(owner_url) as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        connection.commit()
        for plugin in _with_tables(plugins):
            try:
                if _migrate(connection, plugin, revision):
                    changed.append(plugin.name)
            except (ConfigurationError, OperationalError):  # the database's, not the plugin's
                raise
            except Exception as error:  # noqa: BLE001 - a plugin's migration must not stop the others
                connection.rollback()
                failed[plugin.name] = f"{type(error).__name__}: {error}".splitlines()[0]
    if failed:
        reasons = "; ".join(f"{name} ({reason})" for name, reason in failed.items())
        raise PluginError(
            f"Migrations failed, and those of the other plugins are done: {reasons}.",
            hint="Install a release whose migrations fit, or name it in GESTRAL_PLUGINS_OFF.",
        )
    return changed


def _migrate(connection: "Connection", plugin: Plugin, revision: str) -> bool:
    """Bring the tables of one plugin to a revision, and return whether they changed."""
    from alembic import command

    _prepare_schema(connection, plugin.name)
    before = _current(connection, plugin)
    command.upgrade(_config(plugin, connection), revision)
    _grant(connection, plugin.name)
    _protect(connection, plugin)
    connection.commit()
    return _current(connection, plugin) != before


def downgrade(owner_url: str, plugin: Plugin, revision: str) -> None:
    """Take one plugin's tables back to an earlier revision; `base` removes them."""
    from alembic import command

    with _connection(owner_url) as connection:
        # A column that a policy names cannot be dropped. What keeps it is protected again at the
        # end of the transaction, which lets nobody else read meanwhile.
        for table in _tables_there(connection, plugin):
            unprotect(connection, table)
        command.downgrade(_config(plugin, connection), revision)
        _protect(connection, plugin)
        connection.commit()


def status(url: str, plugins: tuple[Plugin, ...]) -> list[MigrationStatus]:
    """Return how each plugin's tables stand; any role that may read the version tables will do."""
    with _connection(url) as connection:
        return [
            MigrationStatus(
                plugin=plugin.name,
                current=_current(connection, plugin),
                newest=_newest(plugin),
            )
            for plugin in _with_tables(plugins)
        ]


def differences(owner_url: str, plugin: Plugin) -> list[str]:
    """Return in what the migrated tables of a plugin differ from its models; empty when in nothing.

    Raises:
        PluginError: The plugin has no tables.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    if plugin.tables is None:
        raise PluginError(f"The plugin {plugin.name!r} has no tables.")
    metadata = plugin.tables.metadata()
    with _connection(owner_url) as connection:
        context = MigrationContext.configure(connection, opts=_options(plugin))
        found: Any = compare_metadata(context, metadata)
        return [repr(difference) for difference in found] + [
            f"{table.fullname} does not keep organisations apart as it should"
            for table in metadata.tables.values()
            if not protected(connection, table)
        ]


def _with_tables(plugins: tuple[Plugin, ...]) -> Iterator[Plugin]:
    return (plugin for plugin in plugins if plugin.tables is not None)


@contextmanager
def _connection(url: str) -> "Iterator[Connection]":
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.pool import NullPool

    engine = create_engine(driver_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise ConfigurationError(
            f"PostgreSQL could not be used: {str(error.orig).strip().splitlines()[0]}.",
            hint="`gestral doctor` shows what was tried.",
        ) from error
    finally:
        engine.dispose()


def _options(plugin: Plugin) -> dict[str, Any]:
    """What Alembic is told wherever it is used: look at this plugin's schema and no other."""

    def mine(name: str | None, kind: str, parents: Any) -> bool:
        del parents
        return name == plugin.name if kind == "schema" else True

    return {
        "version_table_schema": plugin.name,
        "include_schemas": True,
        "include_name": mine,
        "compare_type": True,
        "compare_server_default": True,
        "include_object": lambda thing, name, kind, *_: (
            kind != "table" or name != "alembic_version"
        ),
    }


def _config(plugin: Plugin, connection: "Connection") -> "Config":
    from alembic.config import Config

    assert plugin.tables is not None  # noqa: S101 - callers choose plugins that have tables
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(plugin.tables.migrations))
    config.attributes.update(
        connection=connection, metadata=plugin.tables.metadata(), options=_options(plugin)
    )
    return config


def _newest(plugin: Plugin) -> str:
    from alembic.script import ScriptDirectory

    assert plugin.tables is not None  # noqa: S101 - callers choose plugins that have tables
    scripts = ScriptDirectory(str(ENVIRONMENT), version_locations=[str(plugin.tables.migrations)])
    return scripts.get_current_head() or ""


def _current(connection: "Connection", plugin: Plugin) -> str:
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(connection, opts=_options(plugin))
    return context.get_current_revision() or ""


def _prepare_schema(connection: "Connection", schema: str) -> None:
    connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    connection.commit()


def _grant(connection: "Connection", schema: str) -> None:
    """Let the application's roles read and write the rows of a schema, and nothing else."""
    for role in (APPLICATION_ROLE, PLATFORM_ROLE):
        found = connection.exec_driver_sql(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)
        ).scalar()
        if found is None:
            raise ConfigurationError(
                f"The role {role} is not in the database.",
                hint="Run db_scripts/bootstrap.sql, which may be run again without harm.",
            )
        for right in (
            f'USAGE ON SCHEMA "{schema}"',
            f'SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}"',
            f'USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}"',
        ):
            connection.exec_driver_sql(f"GRANT {right} TO {role}")
        connection.exec_driver_sql(
            f'REVOKE INSERT, UPDATE, DELETE ON "{schema}".alembic_version FROM {role}'
        )


def _protect(connection: "Connection", plugin: Plugin) -> None:
    """Have the database keep organisations apart in all of a plugin's tables that are there."""
    for table in _tables_there(connection, plugin):
        protect(connection, table)


def _tables_there(connection: "Connection", plugin: Plugin) -> "Iterator[Table]":
    """Yield the tables of the models that are there, and say already whose their rows are."""
    from sqlalchemy import inspect

    assert plugin.tables is not None  # noqa: S101 - callers choose plugins that have tables
    there = inspect(connection)
    for table in plugin.tables.metadata().tables.values():
        if there.has_table(table.name, plugin.name):
            columns = {one["name"] for one in there.get_columns(table.name, plugin.name)}
            if organisation_column(table) in {"", *columns}:
                yield table
