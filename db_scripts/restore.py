"""Restore the database from a file of backup.py: all of it in one transaction, or nothing.

The database must be empty, as bootstrap.sql leaves it; --replace empties it first. Stop Gestral
meanwhile: a table that somebody holds for half a minute makes the restoration fail, unchanged.
"""

import argparse
import tempfile
from pathlib import Path

import psycopg
from _shared import Database, confirm, connect, database_argument, fail, run, tools
from psycopg import sql

LOCK_LIMIT = "30s"


def schemas(connection: psycopg.Connection) -> list[str]:
    """The schemas that hold data, so all but PostgreSQL's own and an empty `public`."""
    rows = connection.execute(
        r"SELECT nspname FROM pg_namespace n WHERE nspname !~ '^(pg_|information_schema$)'"
        r" AND (nspname <> 'public'"
        r" OR EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid)) ORDER BY nspname"
    )
    return [name for (name,) in rows]


def restore(file: Path, database: Database, preparation: str) -> None:
    """Run the preparation and the file's statements in one transaction."""
    folder = tools(database, "pg_restore")
    with tempfile.TemporaryDirectory() as scratch:
        before, statements = Path(scratch, "before.sql"), Path(scratch, "restore.sql")
        before.write_text(preparation)
        run([folder / "pg_restore", "--no-owner", f"--file={statements}", file], database)
        single = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        run(
            [
                folder / "psql",
                *single,
                "--output=/dev/null",
                f"--file={before}",
                f"--file={statements}",
                *database.arguments,
            ],
            database,
        )


def main() -> None:
    """Read the arguments and restore."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="a file that backup.py wrote")
    parser.add_argument("--replace", action="store_true", help="drop what the database holds")
    parser.add_argument("--yes", action="store_true", help="do not ask before dropping")
    database_argument(parser)
    given = parser.parse_args()
    try:
        with given.file.open("rb") as opened:
            if opened.read(5) != b"PGDMP":
                fail(f"{given.file} is not a file that backup.py wrote.")
    except OSError as error:
        fail(f"{given.file} cannot be read: {error.strerror}.")
    database, connection = connect(given.database_url)
    with connection:
        found = schemas(connection)
        preparation = [sql.SQL("SET lock_timeout = {}").format(LOCK_LIMIT)]
        preparation += [sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(n)) for n in found]
        text = "".join(statement.as_string(connection) + ";\n" for statement in preparation)
    if found and not given.replace:
        fail(f"The database holds data already, in {', '.join(found)}: empty it with --replace.")
    if "public" in found:
        fail("The schema public holds tables that are not Gestral's: move them elsewhere first.")
    if found:
        confirm(f"This drops {', '.join(found)} for good.", "replace", yes=given.yes)
    restore(given.file, database, text)
    print(f"Restored {given.file}.")


if __name__ == "__main__":
    main()
