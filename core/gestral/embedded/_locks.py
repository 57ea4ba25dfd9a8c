"""Locks of the kernel: gone with the process that held them, however it ended.

A lock belongs to the open file, so a server that inherits the file keeps the lock with all its
own children, and the lock is free exactly when the last of them is gone. No process identifier
has to be believed.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ("Lock", "is_held")

_PAUSE = 0.02
"""Seconds between two tries for a lock that somebody else holds."""


class Lock:
    """A lock on a file, not taken yet. Forked children share it; started programs do not."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def fileno(self) -> int:
        """The open file, to be handed to a child that shall hold the lock too."""
        return self._file

    def share(self) -> None:
        """Wait for a lock that others may share."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def take(self) -> None:
        """Wait for the lock alone."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Take the lock alone, unless somebody holds it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take_within(self, seconds: float) -> bool:
        """Take the lock alone, waiting at most so many seconds."""
        end = time.monotonic() + seconds
        while not self.try_take():
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def close(self) -> None:
        """Let go of the lock, unless a child still holds it."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def is_held(path: Path) -> bool:
    """Whether any process holds the lock on this file."""
    if not path.exists():
        return False
    with Lock(path) as lock:
        return not lock.try_take()
