"""Back the database up into one file, which restore.py reads."""

import argparse
from pathlib import Path

from _shared import connect, database_argument, fail, run, tools

LOCK_LIMIT = "60s"
"""How long a migration that runs may hold a backup up."""


def main() -> None:
    """Write the file whole, or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the file to write, as in gestral.dump")
    database_argument(parser)
    given = parser.parse_args()
    file: Path = given.file
    if file.exists():
        fail(f"{file} exists already: name a new file.")
    if not file.absolute().parent.is_dir():
        fail(f"The folder {file.absolute().parent} does not exist.")
    database, connection = connect(given.database_url)
    connection.close()
    unfinished = file.with_name(file.name + ".part")
    try:
        unfinished.touch(mode=0o600)  # it will hold password hashes and addresses of people
        pg_dump = tools(database, "pg_dump") / "pg_dump"
        # Row-level security stays on: its policies let the owner, and nobody less, see all rows.
        options = ["--format=custom", "--enable-row-security"]
        options += [f"--lock-wait-timeout={LOCK_LIMIT}", f"--file={unfinished}"]
        run([pg_dump, *options, *database.arguments], database)
        unfinished.rename(file)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.")
    finally:
        unfinished.unlink(missing_ok=True)
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
