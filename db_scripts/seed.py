"""Fill the database with the demo organisation, its blog and its sign-in: `gestral demo`."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from _shared import fail


def main() -> None:
    """Run the command of the installed application, in this environment, with these settings."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Further arguments are handed to `gestral demo`."
    )
    _, further = parser.parse_known_args()
    beside = str(Path(sys.executable).parent)
    command = shutil.which("gestral", path=beside) or shutil.which("gestral")
    if command is None:
        fail("The command `gestral` is not installed beside this Python, nor on PATH.")
    raise SystemExit(subprocess.call([command, "demo", *further]))  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
