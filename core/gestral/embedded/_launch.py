"""The user's side: get a service going, keep it going, leave it."""

import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from gestral import errors
from gestral.embedded import _database
from gestral.embedded._folders import ServiceFolder, ServiceName, credentials, tail
from gestral.embedded._locks import Lock, is_held
from gestral.embedded._servers import Valkey
from gestral.errors import GestralError, ServiceError

__all__ = ("Use", "postgres", "valkey")

_ATTEMPT_LIMIT = 60.0
"""Seconds for a guarded server to answer: it may just be recovering from a crash."""
_STOP_LIMIT = 100.0
"""Seconds for a server to stop; more than its guardian needs to end it by force."""
_PAUSE = 0.05
_WATCH = 1.0
"""Seconds between two looks whether the guardian lives, doubled up to the limit on failure."""
_WATCH_LIMIT = 30.0


class Use:
    """One process's use of a service: as long as it lasts, the service runs."""

    def __init__(self, data: Path, name: ServiceName, provide: "_Provide") -> None:
        self.folder = ServiceFolder(data, name)
        self.sockets = ""
        self._provide = provide
        self._left = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"gestral-{name}", daemon=True)

    def __enter__(self) -> Self:
        self.folder.make()
        self._process = os.getpid()
        self._users = Lock(self.folder.lock("users"))
        _uses.add(self)
        try:
            self._ensure()
        except BaseException:
            self.forget()
            raise
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if os.getpid() != self._process:  # a forked child that ends like its parent
            return
        self._left.set()
        self._keeper.join()
        # Nobody can begin to use the service while we look whether we are the last.
        with Lock(self.folder.lock("start")) as start:
            start.take()
            last = self._users.try_take()
            self.forget()
            if last:
                with Lock(self.folder.lock("guardian")) as guardian:
                    guardian.take_within(_STOP_LIMIT)

    def forget(self) -> None:
        """Let go of the users' lock without a word to anybody."""
        _uses.discard(self)
        self._users.close()

    def _ensure(self) -> None:
        with Lock(self.folder.lock("start")) as start:
            start.take()
            self._users.share()  # waits for a guardian that is stopping
            end = time.monotonic() + _ATTEMPT_LIMIT
            while not self._attempt():
                if time.monotonic() > end:
                    raise ServiceError(
                        f"The embedded {self.folder.name} does not answer.{tail(self.folder)}"
                    )
                time.sleep(_PAUSE)

    def _attempt(self) -> bool:
        # Tried again as a whole: a guardian that is dying may hold its lock a little longer.
        fresh = not is_held(self.folder.lock("guardian"))
        if fresh:
            if self.folder.name == "postgres":
                credentials(self.folder.data)
            _start_guardian(self.folder)
        state = self.folder.read_state()
        if state is None or not self._provide(self.folder, state.sockets, fresh):
            return False
        self.sockets = state.sockets
        return True

    def _keep(self) -> None:
        # A guardian that was killed takes its server along; whoever notices first starts another.
        pause = _WATCH
        while not self._left.wait(pause):
            try:
                if not is_held(self.folder.lock("guardian")):
                    self._ensure()
                pause = _WATCH
            except (GestralError, OSError):  # its reason is in the log already
                pause = min(2 * pause, _WATCH_LIMIT)


_uses: weakref.WeakSet[Use] = weakref.WeakSet()


def _forget_all() -> None:
    # A forked child would hold its parent's very lock: the parent could not leave before it ends.
    for use in list(_uses):
        use.forget()


os.register_at_fork(after_in_child=_forget_all)

_Provide = Callable[[ServiceFolder, str, bool], bool]
"""Makes a started service usable: folder, folder of the socket, whether it was started just now."""


def postgres(folder: ServiceFolder, sockets: str, fresh: bool) -> bool:
    """See that the roles and the database are there, and that the application gets in."""
    passwords = credentials(folder.data)
    app = _database.address("gestral_app", passwords.app, sockets)
    if fresh or not _database.answers(app):
        try:
            _database.bootstrap(sockets, passwords)
        except ServiceError:
            return False
    return _database.answers(app)


def valkey(folder: ServiceFolder, sockets: str, fresh: bool) -> bool:
    """See that the server answers."""
    return Valkey(folder).is_ready(0, Path(sockets))


def _start_guardian(folder: ServiceFolder) -> None:
    """Start a guardian and wait until its server is ready.

    Raises:
        ConfigurationError: What the guardian found wrong.
        ServiceError: The server does not start.
    """
    read, write = os.pipe()
    log = folder.open_log()
    try:
        subprocess.run(  # noqa: S603 - ourselves
            [
                *(sys.executable, "-m", "gestral.embedded.guardian"),
                *(folder.name, str(folder.data), str(write)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[write],
            check=False,
        )
    finally:
        os.close(write)
        os.close(log)
    with os.fdopen(read, "rb") as answer:
        line = answer.readline()
    if not line:
        raise ServiceError(f"The guardian of {folder.name} ended at once.{tail(folder)}")
    found = json.loads(line)
    if found:
        kind: type[GestralError] = getattr(errors, found["kind"])
        raise kind(found["message"], hint=found["hint"])
