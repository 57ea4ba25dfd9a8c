"""`gestral web` and `gestral worker`: the two kinds of process."""

import asyncio
import os
import signal
import threading

import click

from gestral.cli.platform import installed, machine, run_on
from gestral.settings import Settings, to_environment

__all__ = ("for_serving", "web", "worker")

HEAD_BYTES = 32768
"""Of the head of a request, its address and headers, that are kept while it arrives. What is twice
as large is refused."""

with_parent = click.option(
    "--while-stdin-open",
    is_flag=True,
    hidden=True,
    help="End when standard input is closed: the parent is gone, however it went.",
)


def _follow_parent() -> None:
    """Stop this process when standard input ends."""

    def watch() -> None:
        # Not through `sys.stdin`: its lock, held while waiting, would stall forks and the exit.
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent").start()


@click.command(help="Run the web server.")
@with_parent
def web(while_stdin_open: bool) -> None:
    """Serve until SIGTERM or SIGINT."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from gestral.app.refusals import refuse_unsafe
    from gestral.observe.logs import GRANIAN, configure

    configure(os.environ)
    if while_stdin_open:
        _follow_parent()
    with machine() as settings:
        run_on(settings, installed(settings), refuse_unsafe)
        os.environ.update(for_serving(settings))
        Granian(
            "gestral.app.asgi:create",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            factory=True,
            # Without HTTP/2, which browsers speak over TLS alone: it ends at the proxy.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(settings.keep_alive_seconds * 1000),
                max_buffer_size=HEAD_BYTES,
            ),
            backpressure=settings.connections,
            websockets=False,
            log_access=False,
            log_level=LogLevels.warning,
            log_dictconfig=GRANIAN,
            workers_kill_timeout=10,
        ).serve()


@click.command(help="Run a worker.")
@with_parent
@click.option("--queues", default="", help="Those to serve, by commas; all by default.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    help="Jobs at once in each queue; by default 8 in the queue default and 2 in others.",
)
def worker(while_stdin_open: bool, queues: str, concurrency: int | None) -> None:
    """Work until SIGTERM or SIGINT."""
    from gestral.app.build import platform_from
    from gestral.app.refusals import refuse_unsafe
    from gestral.jobs.work import all_work
    from gestral.jobs.worker import slots_for, work_until_stopped
    from gestral.observe import logs, traces

    logs.configure(os.environ)
    traces.start("gestral-worker")
    if while_stdin_open:
        _follow_parent()

    async def body(settings: Settings) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        platform = platform_from(settings, installed(settings))
        slots = slots_for(
            all_work(platform.registry.plugins),
            queues=[name.strip() for name in queues.split(",") if name.strip()],
            concurrency=concurrency,
        )
        try:
            await refuse_unsafe(platform)
            await work_until_stopped(platform, stop, slots=slots)
        finally:
            await platform.aclose()
            traces.stop()

    with machine() as settings:
        asyncio.run(body(settings))


def for_serving(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that serves: it cannot change tables."""
    written = to_environment(settings)
    written["GESTRAL_DATABASE_OWNER_URL"] = ""
    return written
