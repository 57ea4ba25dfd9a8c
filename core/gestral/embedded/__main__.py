"""`python -m gestral.embedded [--data FOLDER] -- COMMAND...`: a command, with the services up.

The command finds `GESTRAL_DATABASE_URL`, `GESTRAL_DATABASE_OWNER_URL` and `GESTRAL_REDIS_URL` in
its environment; its exit code becomes ours. Made for the scripts of operators:

    python -m gestral.embedded -- python db_scripts/backup.py gestral.dump
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from gestral.embedded import default_data_folder, running
from gestral.errors import GestralError

__all__ = ("main",)


def main() -> int:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(
        prog="python -m gestral.embedded",
        description="Run a command with PostgreSQL and Valkey up.",
    )
    parser.add_argument("--data", type=Path, help="the data folder (default: GESTRAL_DATA)")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")
    given = parser.parse_args()
    try:
        with running(given.data or default_data_folder()) as services:
            addresses = {
                "GESTRAL_DATABASE_URL": services.database_url,
                "GESTRAL_DATABASE_OWNER_URL": services.database_owner_url,
                "GESTRAL_REDIS_URL": services.redis_url,
            }
            return subprocess.call(given.command, env=os.environ | addresses)  # noqa: S603
    except (GestralError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return error.exit_code if isinstance(error, GestralError) else 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
