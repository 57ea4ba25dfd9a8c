"""A look at the services without touching them."""

import os
import shutil
from pathlib import Path
from typing import get_args

from gestral.embedded import ServiceStatus, _binaries
from gestral.embedded._folders import MARK, ServiceFolder, ServiceName
from gestral.embedded._locks import is_held
from gestral.errors import ConfigurationError

__all__ = ("look",)

_LITTLE_SPACE = 2**30
"""Bytes of free space under which people are warned: one long video's work fills that."""


def look(data: Path) -> tuple[ServiceStatus, ...]:
    """What is known of every service."""
    data = data.expanduser().absolute()
    shared = _folder_problems(data)
    return tuple(_look_at(ServiceFolder(data, name), shared) for name in get_args(ServiceName))


def _folder_problems(data: Path) -> list[str]:
    if not data.exists():
        return []
    if not data.is_dir():
        return [f"{data} is a file, not a folder: name another one in GESTRAL_DATA."]
    problems = []
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        return [f"The folder {data} may not be read and written by you."]
    if not (data / MARK).exists() and any(data.iterdir()):
        problems.append(f"The folder {data} holds files that are not Gestral's.")
    if shutil.disk_usage(data).free < _LITTLE_SPACE:
        problems.append(f"The disk that holds {data} is nearly full.")
    return problems


def _look_at(folder: ServiceFolder, shared: list[str]) -> ServiceStatus:
    problems = list(shared)
    version = ""
    guarded = alive = False
    try:
        program = (
            _binaries.postgres_program("postgres")
            if folder.name == "postgres"
            else _binaries.valkey_server()
        )
        version = _binaries.version_of(program)
    except ConfigurationError as error:
        problems.append(str(error))
    try:
        guarded = is_held(folder.lock("guardian"))
        alive = is_held(folder.lock("server"))
    except OSError as error:
        problems.append(f"Whether {folder.name} runs cannot be seen: {error}.")
    if alive and not guarded:
        problems.append(f"Nobody guards {folder.name}; the next start of Gestral mends that.")
    if guarded and not alive:
        problems.append(f"{folder.name} is just starting, or cannot; see {folder.log}.")
    if version and folder.name == "postgres":
        problems += _other_versions(folder, version.split(".")[0])
    state = folder.read_state()
    return ServiceStatus(
        name=folder.name,
        running=alive,
        version=version,
        process=state.server if state and alive else None,
        guardian=state.guardian if state and guarded else None,
        log=folder.log,
        problems=tuple(problems),
    )


def _other_versions(folder: ServiceFolder, major: str) -> list[str]:
    if (folder.home / major).exists() or not folder.home.exists():
        return []
    return [
        f"The database in {other} is of PostgreSQL {other.name}, the installed package of {major}."
        for other in folder.home.glob("[0-9]*")
    ]
