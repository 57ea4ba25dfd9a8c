"""The roles and the database in the embedded PostgreSQL."""

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from gestral.embedded import _binaries
from gestral.embedded._folders import Credentials
from gestral.embedded._servers import POSTGRES_PORT, SUPERUSER
from gestral.errors import ServiceError

__all__ = ("address", "answers", "bootstrap")

DATABASE = "gestral"


def address(role: str, password: str, sockets: str, database: str = DATABASE) -> str:
    """The address of the database for a role, as libpq reads it."""
    return (
        f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(sockets, safe='')}"
    )


def bootstrap(sockets: str, passwords: Credentials) -> None:
    """Make the roles and the database, or mend their rights.

    Raises:
        ServiceError: The server refused.
    """
    done = subprocess.run(  # noqa: S603 - a program of an installed package
        [
            _binaries.postgres_program("psql"),
            "--no-psqlrc",
            "--quiet",
            f"--file={Path(__file__).with_name('bootstrap.sql')}",
        ],
        env={
            "PATH": os.environ.get("PATH", ""),
            "PGHOST": sockets,
            "PGPORT": str(POSTGRES_PORT),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": passwords.superuser,
            "PGDATABASE": "postgres",
            "GESTRAL_OWNER_PASSWORD": passwords.owner,
            "GESTRAL_APP_PASSWORD": passwords.app,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServiceError(
            f"The embedded PostgreSQL refused to make its roles: {done.stderr.strip()}"
        )


def answers(url: str) -> bool:
    """Whether the database lets this role in."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True
