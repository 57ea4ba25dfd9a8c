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
from gestral.errors import ConfigurationError, GestralError, InputError, PluginError
from gestral.plugin import Plugin

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Table

__all__ = (
    "MigrationStatus",
    "connected",
    "differences",
    "downgrade",
    "locked",
    "status",
    "upgrade",
)

ENVIRONMENT = Path(__file__).parent / "environment"
ADVISORY_LOCK = 0x6765737472616C
"""A key that all Gestral processes share: "gestral" in ASCII."""


class MigrationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a plugin's part of the database stands.

    Attributes:
        plugin: Its name.
        current: The tables' revision; empty when there are none.
        newest: The revision that the installed release needs.
        fault: Why that release cannot bring the tables there, and what to do; else empty.
    """

    plugin: str
    current: str
    newest: str
    fault: str = ""

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to do."""
        return not self.fault and self.current == self.newest


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
    with locked(owner_url) as connection:
        for plugin in _with_tables(plugins):
            try:
                if _migrate(connection, plugin, revision):
                    changed.append(plugin.name)
            except (ConfigurationError, OperationalError):  # the database's, not the plugin's
                raise
            except Exception as error:  # noqa: BLE001 - a plugin's migration must not stop the others
                connection.rollback()
                failed[plugin.name] = _told(error)
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
    if fault := _fault(plugin, before):
        raise PluginError(fault)
    command.upgrade(_config(plugin, connection), revision)
    _grant(connection, plugin.name)
    _protect(connection, plugin)
    connection.commit()
    return _current(connection, plugin) != before


def downgrade(owner_url: str, plugin: Plugin, revision: str = "-1") -> str:
    """Take one plugin's tables back to an earlier revision, and return which that is.

    Args:
        owner_url: PostgreSQL, as the role that owns the tables.
        plugin: Of the release that made the present revision: only it knows the way back.
        revision: One of its revisions; `base` for none, which removes the tables, `-1` for the one
            before the present.

    Raises:
        InputError: The tables cannot be taken back to this revision.
        PluginError: The plugin's own migration failed; its tables are as they were.
    """
    from alembic import command
    from alembic.util import CommandError
    from sqlalchemy.exc import OperationalError

    with locked(owner_url) as connection:
        current = _current(connection, plugin)
        if fault := _fault(plugin, current):
            raise PluginError(f"{fault[0].upper()}{fault[1:]}.")
        # A column that a policy names cannot be dropped. What keeps it is protected again at the
        # end of the transaction, which lets nobody else read meanwhile.
        for table in _tables_there(connection, plugin):
            unprotect(connection, table)
        try:
            command.downgrade(_config(plugin, connection), revision)
        except CommandError as error:
            known = ", ".join(_revisions(plugin)) or "none"
            raise InputError(
                f"The tables of {plugin.name!r}, now at {current or 'base'}, cannot be taken back "
                f"to {revision!r}.",
                hint=f"Its revisions are {known}; base removes all.",
            ) from error
        except OperationalError:
            raise
        except Exception as error:
            raise PluginError(
                f"The plugin {plugin.name!r} could not take its tables back: {_told(error)}.",
                hint="Its tables are as they were.",
            ) from error
        _grant(connection, plugin.name)
        _protect(connection, plugin)
        connection.commit()
        return _current(connection, plugin)


def status(url: str, plugins: tuple[Plugin, ...]) -> list[MigrationStatus]:
    """Return how each plugin's tables stand; any role that may read the version tables will do."""
    with connected(url) as connection:
        return [_status(plugin, _current(connection, plugin)) for plugin in _with_tables(plugins)]


def _status(plugin: Plugin, current: str) -> MigrationStatus:
    fault = _fault(plugin, current)
    revisions = [] if fault else _revisions(plugin)
    newest = revisions[0] if revisions else ""
    return MigrationStatus(plugin=plugin.name, current=current, newest=newest, fault=fault)


def _fault(plugin: Plugin, current: str) -> str:
    """Return why the plugin's migrations cannot be used, and what to do, or nothing."""
    try:
        revisions = _revisions(plugin)
    except Exception as error:  # noqa: BLE001 - reading migrations runs the plugin's code
        return f"its migrations cannot be read ({_told(error)}): install a release that is whole"
    if current and current not in revisions:
        newest = revisions[0] if revisions else "base"
        return (
            f"revision {current} is unknown to this release, whose newest is {newest}: install "
            "the release that made it, and to go back have that one take the tables back first, "
            f"by `gestral db downgrade {plugin.name} {newest}`"
        )
    return ""


def _told(error: Exception) -> str:
    """Return an error in one line; what is ours already says what it is."""
    own = isinstance(error, GestralError)
    return (str(error) if own else f"{type(error).__name__}: {error}").splitlines()[0]


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
    with connected(owner_url) as connection:
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
def locked(owner_url: str) -> "Iterator[Connection]":
    """Connect as the owner, while nobody else does who changes tables.

    Raises:
        ConfigurationError: PostgreSQL cannot be used.
    """
    with connected(owner_url) as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        connection.commit()
        yield connection


@contextmanager
def connected(url: str) -> "Iterator[Connection]":
    """Connect for the length of the block; what is not committed in it is rolled back.

    Raises:
        ConfigurationError: PostgreSQL cannot be used.
    """
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


def _revisions(plugin: Plugin) -> list[str]:
    """Return the plugin's revisions, the newest first."""
    from alembic.script import ScriptDirectory

    assert plugin.tables is not None  # noqa: S101 - callers choose plugins that have tables
    scripts = ScriptDirectory(str(ENVIRONMENT), version_locations=[str(plugin.tables.migrations)])
    scripts.get_current_head()  # raises when there are several
    return [one.revision for one in scripts.walk_revisions()]


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
