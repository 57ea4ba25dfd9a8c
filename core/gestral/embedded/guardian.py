"""`python -m gestral.embedded.guardian SERVICE DATA REPORT`: owns one server.

The guardian starts the server, tells the process that asked for it, starts it again when it
dies, and stops it when the last user's lock is gone. It has a session of its own, so that Ctrl-C
in a terminal does not reach it, and it waits for the kernel's word, never by the clock.

`REPORT` is an inherited pipe: one line of JSON, an error or nothing in it, ends the wait of who
started the guardian. The pipe's end without a line says that the guardian died.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from gestral.embedded import _privileges
from gestral.embedded._folders import ServiceFolder, State, explained, failure, tail
from gestral.embedded._locks import Lock
from gestral.embedded._servers import Server, server_environment, server_for
from gestral.errors import GestralError, ServiceError

__all__ = ("main",)

SOCKET_PATH_LIMIT = 100
"""Bytes of a socket's path, its end included: the kernel's limit is 104 (macOS) or 108 (Linux)."""
START_LIMIT = 600.0
"""Seconds until the server answers; recovery after a crash reads all that was not yet in place."""
ORPHAN_LIMIT = 90.0
"""Seconds for what a dead guardian left behind to be gone."""
CRASH_LIMIT = 5
"""Starts without one that became ready, after which the guardian gives up."""
_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: the kernel signals the server when its guardian dies."""
SIGNALS = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def note(text: str) -> None:
    """Write a line to the log, which the server writes to as well."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    print(f"{stamp} UTC [{os.getpid()}] guardian: {text}", file=sys.stderr, flush=True)


def choose_sockets(folder: ServiceFolder) -> Path:
    """The folder for the socket: in the data folder, or a short one where that is too long."""
    if len(os.fsencode(folder.run / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
        return folder.run
    state = folder.read_state()
    # The same place as before: those who use the server know it by that. It lies where everybody
    # may make folders, so it must still be one of ours.
    if state and state.sockets != str(folder.run):
        with contextlib.suppress(OSError):
            found = Path(state.sockets).lstat()
            private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
            if private and found.st_uid == folder.run.lstat().st_uid:
                return Path(state.sockets)
    return Path(tempfile.mkdtemp(prefix="gestral-"))


class Guardian:
    """One server and its life."""

    def __init__(self, folder: ServiceFolder, report: int) -> None:
        self._folder = folder
        self._report = report
        self._server: Server = server_for(folder)
        self._users = Lock(folder.lock("users"))
        self._ending = False

    def guard(self) -> None:
        """Run the server until nobody uses it.

        Raises:
            GestralError: The server cannot be started, or not again.
        """
        with explained(self._folder.data):
            self._end_orphan()
            sockets = choose_sockets(self._folder)
            _privileges.drop(self._folder, sockets, self._server.program())
            self._server.prepare()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # ignored signals may never become pending
        threading.Thread(target=self._await_last_user, daemon=True).start()
        failures = 0
        while failures < CRASH_LIMIT:
            process = self._start(sockets)
            if self._becomes_ready(process, sockets):
                failures = 0
                self._folder.write_state(State(os.getpid(), process.pid, str(sockets)))
                self.tell(None)
                self._await_end(process)
            if self._ending:
                self._stop(process)
                self._clean(sockets)
                return
            failures += 1
            note(f"the server ended with {process.wait()}")
        raise ServiceError(f"The embedded {self._folder.name} does not start.{tail(self._folder)}")

    def tell(self, error: GestralError | None) -> None:
        """Answer the process that started the guardian, once."""
        if self._report < 0:
            return
        with contextlib.suppress(BrokenPipeError):  # it may be gone; others will come
            os.write(self._report, json.dumps(failure(error) if error else {}).encode() + b"\n")
        os.close(self._report)
        self._report = -1

    def _end_orphan(self) -> None:
        """End a server whose guardian is dead."""
        with Lock(self._folder.lock("server")) as lock:
            if lock.try_take():
                return
            for sign, seconds in self._server.stopping:
                orphan = self._server.orphan()
                if orphan is not None and self._is_ours(orphan):
                    note(f"ending the orphaned server {orphan} with {sign.name}")
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(orphan, sign)
                if lock.take_within(seconds):
                    return
        raise ServiceError(
            f"A {self._folder.name} that nobody guards still works on {self._folder.home}.",
            hint="End it by hand, then start again.",
        )

    def _is_ours(self, process: int) -> bool:
        # Both servers work in the folder of their data. Elsewhere than on Linux the lock, which
        # only the server holds, has to be proof enough.
        if sys.platform != "linux":
            return True
        try:
            place = Path(f"/proc/{process}/cwd").readlink()
        except OSError:
            return False
        return place.is_relative_to(self._folder.home.resolve())

    def _start(self, sockets: Path) -> subprocess.Popen[bytes]:
        guardian = os.getpid()
        libc = ctypes.CDLL(None)
        mildest = self._server.stopping[0][0]

        def prepare_child() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            if sys.platform == "linux":
                libc.prctl(_PR_SET_PDEATHSIG, int(mildest))
                if os.getppid() != guardian:
                    os._exit(1)

        with Lock(self._folder.lock("server")) as lock:
            # What a killed server leaves behind (PostgreSQL's own children) ends by itself.
            if not lock.take_within(ORPHAN_LIMIT):
                raise ServiceError(f"A remainder of {self._folder.name} does not end.")
            self._server.clear(sockets)
            return subprocess.Popen(  # noqa: S603 - a program of an installed package
                self._server.command(sockets),
                env=server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                pass_fds=[lock.fileno()],
                # The only other thread sleeps in the kernel and holds nothing.
                preexec_fn=prepare_child,  # noqa: PLW1509
            )

    def _becomes_ready(self, process: subprocess.Popen[bytes], sockets: Path) -> bool:
        end = time.monotonic() + START_LIMIT
        while process.poll() is None and not self._ending:
            if self._server.is_ready(process.pid, sockets):
                return True
            if time.monotonic() > end:
                self._stop(process)
            self._ending = bool(signal.sigpending() & (SIGNALS - {signal.SIGCHLD}))
            time.sleep(0.02)
        return False

    def _await_end(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not self._ending:
            self._ending = signal.sigwait(SIGNALS) != signal.SIGCHLD

    def _await_last_user(self) -> None:
        self._users.take()
        os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        for sign, seconds in self._server.stopping:
            process.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return
        note("the server does not end")

    def _clean(self, sockets: Path) -> None:
        (self._folder.run / "state.json").unlink(missing_ok=True)
        if sockets != self._folder.run:
            shutil.rmtree(sockets, ignore_errors=True)


def main() -> int:
    """Guard a server, detached from whoever asked for it."""
    service, data, report = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if os.fork():
        return 0
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    folder = ServiceFolder(data, "postgres" if service == "postgres" else "valkey")
    # Opened before all others: at the end of a process the kernel closes its files in order, and
    # whoever gets the users' lock must find no guardian.
    guardian_lock = Lock(folder.lock("guardian"))
    # Somebody may be looking whether it is held, which takes it for a moment.
    if not guardian_lock.take_within(2):
        note("another guardian is at work")
        return 1
    try:
        guardian = Guardian(folder, report)
    except GestralError as error:
        guardian_lock.close()
        os.write(report, json.dumps(failure(error)).encode() + b"\n")
        return 1
    try:
        guardian.guard()
    except GestralError as error:
        note(str(error))
        guardian_lock.close()  # whoever is told finds no guardian any more
        guardian.tell(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
