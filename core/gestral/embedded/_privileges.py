"""PostgreSQL refuses to run as root, rightly. Root's guardian therefore gives its rights up.

First choice is a user namespace of its own: the kernel then treats the process as the owner of
root's files without any of root's powers, and nothing on disk changes hands. Where namespaces are
forbidden (most containers), the guardian becomes the user `nobody`, to whom the service's own
folders are given. No user is created, and no folder outside the data folder is touched.
"""

import ctypes
import os
import pwd
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from gestral.embedded._folders import ServiceFolder
from gestral.errors import ConfigurationError

__all__ = ("drop",)

_CLONE_NEWUSER = 0x10000000
"""From linux/sched.h; `os.unshare` came with Python 3.12."""
_OVERFLOW_USER = 65534
"""What the kernel calls a user whom a namespace does not map."""


def drop(folder: ServiceFolder, sockets: Path, program: Path) -> None:
    """Become somebody whom PostgreSQL accepts; nothing happens for an ordinary user.

    The process must have one thread and hold open what only root may open.

    Raises:
        ConfigurationError: There is no way here, or the folders or the program are out of reach
            for whom the process became.
    """
    if os.geteuid() == 0 or not _has_name(os.geteuid()):
        own = (folder.home, folder.run, sockets)
        _give(own, os.geteuid(), os.getegid())
        if not _enter_namespace():
            _become_nobody(folder, own)
    _check_reach(folder, program)


def _has_name(user: int) -> bool:
    # initdb looks the name up and gives up without one.
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _enter_namespace() -> bool:
    if sys.platform != "linux" or not _has_name(_OVERFLOW_USER):
        return False
    return bool(ctypes.CDLL(None).unshare(_CLONE_NEWUSER) == 0)


def _become_nobody(folder: ServiceFolder, own: Sequence[Path]) -> None:
    advice = "Run Gestral as an ordinary user with a name in /etc/passwd."
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise ConfigurationError(
            "PostgreSQL does not run as this user, and the machine has no user `nobody`.",
            hint=advice,
        ) from error
    user, group = nobody.pw_uid, nobody.pw_gid
    try:
        _give(own, user, group)
        for passed in (folder.data, folder.run.parent):
            _let_through(passed, group)
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    except OSError as error:
        raise ConfigurationError(
            f"PostgreSQL does not run as this user, and it may not become `nobody`: {error}.",
            hint=advice,
        ) from error


def _give(own: Sequence[Path], user: int, group: int) -> None:
    for top in own:
        if top.lstat().st_uid == user:
            continue
        for place, _, files in os.walk(top):
            for name in files:
                os.lchown(Path(place) / name, user, group)
            os.chown(place, user, group)


def _let_through(folder: Path, group: int) -> None:
    """Let a group pass through a folder without seeing what is in it."""
    found = folder.stat()
    if not found.st_mode & stat.S_IXOTH:
        os.chown(folder, -1, group)
        folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXGRP)


def _check_reach(folder: ServiceFolder, program: Path) -> None:
    who = f"the user {os.geteuid()}, as whom {folder.name} runs"
    try:
        usable = os.access(folder.home, os.W_OK | os.X_OK) and os.access(folder.run, os.W_OK)
        executable = os.access(program, os.X_OK)
    except PermissionError:
        usable = executable = False
    if not usable:
        raise ConfigurationError(
            f"The folder {folder.data} cannot be reached and written by {who}.",
            hint="Name a folder in GESTRAL_DATA whose parents everybody may enter, "
            "such as /var/lib/gestral, or run Gestral as the folder's owner.",
        )
    if not executable:
        raise ConfigurationError(
            f"The program {program} cannot be reached by {who}.",
            hint="Install Gestral where everybody may enter, such as /opt/gestral.",
        )
