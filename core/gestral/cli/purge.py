"""`gestral plugins purge`: what a plugin leaves when it is uninstalled, and how to be rid of it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gestral.app.registry import name_problem
from gestral.cli.platform import confirm, installed, machine, owner_of
from gestral.db.migrate import connected, locked
from gestral.errors import ConflictError, InputError
from gestral.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Table

__all__ = ("purge_plugin",)


@dataclass(frozen=True)
class Leftovers:
    """What there is of a plugin.

    Attributes:
        schema: Whether its schema is there.
        tables: The rows of each of its tables.
        work: The rows of each of core's tables that are about its jobs.
        unfinished: Those of its jobs that wait or run.
        cache: The files in its folder of the cache on this machine.
    """

    schema: bool
    tables: dict[str, int]
    work: dict[str, int]
    unfinished: int
    cache: int

    def lines(self) -> Iterator[str]:
        """Tell what there is, one line for each thing; none when there is nothing."""
        if self.schema and not self.tables:
            yield "an empty schema"
        for name, rows in {**self.tables, **self.work}.items():
            if name in self.tables or rows:
                yield f"{name:<32} {rows} rows"
        if self.unfinished:
            yield f"{self.unfinished} of these jobs are not finished"
        if self.cache:
            yield f"{'its cache on this machine':<32} {self.cache} files"


def purge_plugin(name: str, *, yes: bool) -> None:
    """Show what a plugin left, ask, and delete it: its tables and jobs in one transaction.

    Raises:
        InputError: No plugin can have this name, or the person did not confirm.
        ConflictError: The plugin is loaded.
        ConfigurationError: PostgreSQL cannot be used as the role that owns the tables.
    """
    if problem := name_problem(name):
        raise InputError(problem)
    with machine() as settings:
        if any(entry.name == name for entry in installed(settings).loaded):
            raise ConflictError(
                f"The plugin {name!r} is loaded.",
                hint="Uninstall it, or name it in GESTRAL_PLUGINS_OFF; restart web and workers.",
            )
        owner, cache = owner_of(settings), _cache(settings, name)
        with connected(owner) as connection:
            lines = list(_leftovers(connection, name, cache).lines())
        if not lines:
            click.echo(f"There is nothing of {name}.")
            return
        click.echo("\n".join([f"Of {name} there is:", *(f"  {line}" for line in lines)]))
        confirm(
            "All of this is deleted for good. Objects in the store are not: their keys are the "
            "plugin's own.",
            name,
            yes=yes,
        )
        with locked(owner) as connection:
            _delete(connection, name)
        shutil.rmtree(cache, ignore_errors=True)
    click.echo(f"Purged {name}.")


def _cache(settings: Settings, name: str) -> Path:
    return settings.data / "cache" / name


def _work(connection: "Connection", name: str) -> "Iterator[tuple[Table, ColumnElement[bool]]]":
    """Yield core's tables of work that are there, and what tells the plugin's rows."""
    from sqlalchemy import inspect

    from gestral.jobs.model import JobRow, ScheduleRow, TallyRow

    there = inspect(connection).get_table_names(schema="core")
    for row in (JobRow, ScheduleRow, TallyRow):
        table: Any = row.__table__
        if table.name in there:
            yield table, table.c.name.startswith(f"{name}.", autoescape=True)


def _leftovers(connection: "Connection", name: str, cache: Path) -> Leftovers:
    from sqlalchemy import Table as AnyTable
    from sqlalchemy import func, inspect, select, table

    def count(of: Any, *conditions: "ColumnElement[bool]") -> int:
        query = select(func.count()).select_from(of).where(*conditions)
        return connection.scalar(query) or 0

    look = inspect(connection)
    names = [one for one in look.get_table_names(schema=name) if one != "alembic_version"]
    work: dict[AnyTable, Any] = dict(_work(connection, name))
    return Leftovers(
        schema=name in look.get_schema_names(),
        tables={f"{name}.{one}": count(table(one, schema=name)) for one in sorted(names)},
        work={one.fullname: count(one, own) for one, own in work.items()},
        unfinished=sum(
            count(one, own, one.c.finished_at.is_(None))
            for one, own in work.items()
            if "finished_at" in one.c
        ),
        cache=sum(one.is_file() for one in cache.rglob("*")),
    )


def _delete(connection: "Connection", name: str) -> None:
    from sqlalchemy import delete
    from sqlalchemy.schema import DropSchema

    connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
    for table, own in _work(connection, name):
        connection.execute(delete(table).where(own))
    connection.execute(DropSchema(name, cascade=True, if_exists=True))
    connection.commit()
