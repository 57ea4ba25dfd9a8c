"""`gestral up`: all of the platform on this machine, with one command."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Self

import click
import msgspec

from gestral.app.services import Platform
from gestral.cli.demo import fill_in
from gestral.cli.platform import installed, machine, run_on
from gestral.cli.serve import for_serving
from gestral.errors import ServiceError
from gestral.settings import PREFIX, Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

__all__ = ("up",)

PATIENCE = 60.0
"""Seconds that the web server is given to become ready."""

DEATHS = 5
"""How often a process may die within a minute."""

EYE = 0.5
"""Seconds between two looks whether a process died."""

STOPPING = 30.0
"""Seconds that a process is given to stop before it is killed."""


@click.command(help="Start everything on this machine, and serve until Ctrl-C.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of all data.")
@click.option("--port", default=8000, show_default=True, help="Where to listen, or the next free.")
@click.option("--demo/--no-demo", default=True, help="Fill in demonstration data.")
@click.option("--once", is_flag=True, help="Stop when the first jobs are done; for trials.")
def up(data: Path | None, port: int, demo: bool, once: bool) -> None:
    """Start services, web and worker; migrate; show the first video being made; serve."""
    from rich.console import Console

    console = Console(highlight=False)
    environment = dict(os.environ)
    if data is not None:
        environment[f"{PREFIX}DATA"] = str(data.expanduser().absolute())
    environment[f"{PREFIX}PORT"] = str(_free_port(port))
    environment.setdefault(
        f"{PREFIX}PUBLIC_URL", f"http://127.0.0.1:{environment[f'{PREFIX}PORT']}"
    )
    stop = threading.Event()
    with _signals_set(stop):
        console.print("[bold]Gestral[/] starts")
        with machine(environment) as settings:
            _serve(settings, console, stop, demo=demo, once=once)
        console.print("Stopped. The data stay where they are.")


def _serve(
    settings: Settings, console: "Console", stop: threading.Event, *, demo: bool, once: bool
) -> None:
    from gestral.db.migrate import upgrade

    registry = installed(settings)
    if settings.database_owner_url:
        changed = upgrade(settings.database_owner_url, registry.plugins)
        if changed:
            console.print(f"  tables made or changed: {', '.join(changed)}")
    console.print(f"  data in {settings.data}")
    with (
        _Process("web", settings) as web,
        _Process("worker", settings) as worker,
        _looked_after((web, worker), console, stop),
    ):
        _wait_until_ready(settings, stop)
        lines = run_on(settings, registry, fill_in) if demo and not stop.is_set() else []
        console.print(f"\n  Open [bold link]{settings.public_url}[/]")
        for line in lines:
            console.print(f"  {line}")
        console.print("  Ctrl-C stops everything.\n")

        run_on(settings, registry, lambda platform: _show_progress(platform, console, stop))
        if not once:
            stop.wait()
        console.print("Stopping")


@contextmanager
def _looked_after(
    processes: "Sequence[_Process]", console: "Console", stop: threading.Event
) -> Iterator[None]:
    """Start again what dies while the block runs; one that keeps dying stops everything.

    Raises:
        ServiceError: One kept dying.
    """
    over = threading.Event()
    given_up: list[ServiceError] = []

    def look() -> None:
        while not over.wait(EYE):
            try:
                for process in processes:
                    if process.look_after():
                        console.print(f"The {process.kind} process died and was started again.")
            except ServiceError as error:
                given_up.append(error)
                stop.set()
                return

    looking = threading.Thread(target=look, name="looking after", daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
    if given_up:
        raise given_up[0]


async def _show_progress(platform: Platform, console: "Console", stop: threading.Event) -> None:
    """Show the jobs that are being done until there are none."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from gestral.capabilities import JOBS

    jobs = platform.get(JOBS)
    columns = (TextColumn("  {task.description:<32}"), BarColumn(), TimeElapsedColumn())
    seen: dict[uuid.UUID, TaskID] = {}
    with Progress(*columns, console=console) as progress:
        while not stop.is_set():
            all_unfinished = await jobs.unfinished()
            unfinished = {view.id: view for view in all_unfinished if view.attempt}
            for job_id, view in (unfinished | await jobs.views(seen)).items():
                if job_id not in seen:
                    seen[job_id] = progress.add_task(view.name)
                label = view.stage if view.state == "running" and view.stage else view.state
                if view.reason:
                    label = f"{view.state}: {view.reason}"
                total = view.total or None
                if view.finished:
                    total = 1
                progress.update(
                    seen[job_id],
                    description=f"{view.name}: {label}",
                    completed=1 if view.finished else view.done,
                    total=total,
                )
            if not all_unfinished:
                return
            await asyncio.sleep(0.2)


class _Process:
    """A process of the platform: started again when it dies, stopped when this process ends."""

    def __init__(self, kind: str, settings: Settings) -> None:
        self.kind = kind
        self._environment = {**os.environ, **for_serving(settings)}
        self._deaths: list[float] = []

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()  # closes what it followed

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - runs this very Python
            [sys.executable, "-m", "gestral.cli", self.kind, "--while-stdin-open"],
            env=self._environment,
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which then stops the others
        )

    def look_after(self) -> bool:
        """Start the process again if it died; return whether it had.

        Raises:
            ServiceError: It dies again and again.
        """
        if self._process.poll() is None:
            return False
        self._process.communicate()  # closes what it followed
        now = time.monotonic()
        self._deaths = [death for death in self._deaths if now - death < 60] + [now]
        if len(self._deaths) > DEATHS:
            raise ServiceError(f"The {self.kind} process keeps dying: the lines above say why.")
        self._start()
        return True


def _wait_until_ready(settings: Settings, stop: threading.Event) -> None:
    address = f"http://{settings.host}:{settings.port}/health/ready"
    deadline = time.monotonic() + PATIENCE
    answer = "no answer"
    while time.monotonic() < deadline and not stop.is_set():
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError as error:
            answer = str(msgspec.json.decode(error.read()).get("checks"))
        except OSError as error:
            answer = str(error)
        stop.wait(0.1)
    if not stop.is_set():
        raise ServiceError(f"The web server is not ready after {PATIENCE:.0f} seconds: {answer}.")


def _free_port(wanted: int) -> int:
    """Return the wanted port of the loopback interface, or the next that is free."""
    for port in range(wanted, min(wanted + 100, 65536)):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServiceError(f"No port from {wanted} on is free.", hint="Name another with --port.")


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    """Have SIGINT and SIGTERM set the event while the block runs."""

    def note(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
