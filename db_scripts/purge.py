"""Remove for good the old rows of a table."""

import argparse

import psycopg
from _shared import confirm, connect, database_argument, fail
from psycopg import sql


def purge_rows(
    connection: psycopg.Connection, table: str, column: str, days: int, *, yes: bool
) -> None:
    """Delete the rows of a table whose time lies more than so many days back."""
    schema, _, name = table.partition(".")
    kind = connection.execute(
        "SELECT data_type FROM information_schema.columns"
        " WHERE (table_schema, table_name, column_name) = (%s, %s, %s)",
        (schema, name, column),
    ).fetchone()
    if kind is None:
        fail(f"There is no column {column} in a table {table}: write SCHEMA.TABLE.")
    if kind[0] not in {"timestamp with time zone", "timestamp without time zone", "date"}:
        fail(f"The column {column} of {table} holds no time, but {kind[0]}.")
    old = sql.SQL("FROM {} WHERE {} < now() - make_interval(days => {})").format(
        sql.Identifier(schema, name), sql.Identifier(column), days
    )
    counted = connection.execute(sql.SQL("SELECT count(*) ") + old).fetchone()
    count = counted[0] if counted else 0
    if count == 0:
        print(f"{table} holds no row older than {days} days: nothing to purge.")
        return
    confirm(f"This deletes {count} rows of {table} for good.", str(count), yes=yes)
    deleted = connection.execute(sql.SQL("DELETE ") + old).rowcount
    print(f"Deleted {deleted} rows of {table}.")


def days(text: str) -> int:
    """A number of days, one at least."""
    number = int(text)
    if not 1 <= number <= 36500:
        raise ValueError(text)
    return number


def main() -> None:
    """Read the arguments and purge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", help="as in video.fetched")
    parser.add_argument("--column", required=True, help="the column with the rows' time")
    parser.add_argument("--older-than", required=True, type=days, metavar="DAYS")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    database_argument(parser)
    given = parser.parse_args()
    _, connection = connect(given.database_url)
    try:
        with connection:
            connection.execute("SET LOCAL lock_timeout = '30s'")
            purge_rows(connection, given.table, given.column, given.older_than, yes=given.yes)
    except psycopg.Error as error:
        fail(f"PostgreSQL refused, and nothing was changed: {str(error).strip()}", 1)


if __name__ == "__main__":
    main()
