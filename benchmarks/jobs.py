"""Jobs that do next to nothing: how many a second, and how long one waits, beside other queues.

All systems use the same Valkey, and have as many worker processes; they take turns, several rounds,
and the figures are ratios. What is measured of each:

    enqueue   jobs sent a second, while no worker runs
    drain     jobs done a second by the workers on that backlog, from the first to the last
    both      jobs a second, from the first sent to the last done, while the workers run
    wait      from before a lone job is sent to its start

What each does for a job: plain SAQ and Dramatiq write it to Valkey. Celery does too, and
acknowledges late, so that a killed worker's task is done again; it keeps no results here. Gestral
writes a row in PostgreSQL in the caller's transaction, which is on the disk when that ends, sends
a ticket through SAQ, and writes the start and what became of it into the row.

Jobs are sent as users of each would: SAQ's a hundred at once, Celery's and Dramatiq's one by one,
Gestral's a hundred in a transaction, one by one; `gestral many` sends that hundred by one call.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from gestral.embedded import Services, running

DONE = "bench:done"
SINGLES = 30
BATCH = 100

SHARED = """
import os, time
from redis import Redis
SLOTS = int(os.environ["BENCH_SLOTS"])
client = Redis.from_url(os.environ["GESTRAL_REDIS_URL"])
def mark():
    client.rpush("bench:done", repr(time.time()))
"""

PEERS = {
    "saq": SHARED
    + """
from saq.queue.redis import RedisQueue
queue = RedisQueue.from_url(os.environ["GESTRAL_REDIS_URL"], name="bench-saq")
async def noop(_context):
    mark()
settings = {"queue": queue, "functions": [("noop", noop)], "concurrency": SLOTS}
""",
    "celery": SHARED
    + """
from celery import Celery
url = os.environ["GESTRAL_REDIS_URL"].replace("unix://", "redis+socket://")
app = Celery("bench", broker=url)
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=4)
@app.task(name="noop")
def noop():
    mark()
""",
    "dramatiq": SHARED
    + """
import dramatiq
from dramatiq.brokers.redis import RedisBroker
broker = RedisBroker(client=client)
dramatiq.set_broker(broker)
@dramatiq.actor(queue_name="bench")
def noop():
    mark()
""",
    "gestral": SHARED
    + """
import msgspec
from gestral.plugin import Job, Plugin
class Nothing(msgspec.Struct):
    pass
async def noop(context, arguments):
    mark()
NOOP = Job(name="noop", arguments=Nothing, run=noop, timeout=30)
plugin = Plugin(name="bench", api=">=1,<2", summary="Does nothing", jobs=(NOOP,))
""",
}

# Those of one process are started several times, the others told how many to have.
COMMANDS = {
    "saq": ["-m", "saq", "bench_saq.settings"],
    "celery": ["-m", "celery", "-A", "bench_celery", "worker", "-c", "{processes}", "-l", "ERROR"],
    "dramatiq": ["-m", "dramatiq", "bench_dramatiq", "-p", "{processes}", "-t", "{slots}"],
    "gestral": ["-m", "gestral.cli", "worker", "--queues", "default", "--concurrency", "{slots}"],
}
ALONE = ("saq", "gestral")

SENDERS = {"saq": "saq", "celery": "celery", "dramatiq": "dramatiq"}
SENDERS |= {"gestral": "gestral", "gestral many": "gestral"}
"""Ways to send, and the workers that each needs."""


@dataclass
class Figures:
    """What was measured of one way to send, an entry for each round (`waits`: for each job)."""

    enqueue: list[float] = field(default_factory=list)
    drain: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def write_modules(folder: Path) -> None:
    """Write a module for each system, and what makes one of them an installed plugin."""
    for name, source in PEERS.items():
        (folder / f"bench_{name}.py").write_text(source)
    metadata = folder / "bench-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bench\nVersion: 1.0\n")
    entry = "[gestral.plugins]\nbench = bench_gestral:plugin\n"
    (metadata / "entry_points.txt").write_text(entry)


@contextmanager
def workers(name: str, processes: int, slots: int, log: Path) -> Iterator[None]:
    """Have a system's workers run for the length of the block."""
    command = [word.format(processes=processes, slots=slots) for word in COMMANDS[name]]
    with log.open("ab") as output:
        started = [
            subprocess.Popen(
                [sys.executable, *command], stdout=output, stderr=output, start_new_session=True
            )
            for _ in range(processes if name in ALONE else 1)
        ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class Peers:
    """Sends jobs to each system, from this process."""

    def __init__(self, services: Services, stack: ExitStack) -> None:
        self.runner = stack.enter_context(asyncio.Runner())
        self.platform: Any = None
        self.services = services

    def sender(self, name: str) -> Callable[[int], None]:
        """Return what sends so many jobs, as the system's users would."""
        return {
            "saq": lambda count: self.runner.run(self._saq(count)),
            "celery": self._celery,
            "dramatiq": self._dramatiq,
            "gestral": lambda count: self.runner.run(self._gestral(count)),
            "gestral many": lambda count: self.runner.run(self._gestral(count, many=True)),
        }[name]

    async def _saq(self, count: int) -> None:
        from bench_saq import queue  # type: ignore[import-not-found]

        for start in range(0, count, BATCH):
            now = range(start, min(start + BATCH, count))
            await asyncio.gather(*(queue.enqueue("noop", key=uuid.uuid4().hex) for _ in now))

    def _celery(self, count: int) -> None:
        from bench_celery import noop  # type: ignore[import-not-found]

        for _ in range(count):
            noop.delay()

    def _dramatiq(self, count: int) -> None:
        from bench_dramatiq import noop  # type: ignore[import-not-found]

        for _ in range(count):
            noop.send()

    async def _gestral(self, count: int, *, many: bool = False) -> None:
        from bench_gestral import NOOP, Nothing  # type: ignore[import-not-found]

        from gestral.app.build import load, platform_from
        from gestral.capabilities import JOBS
        from gestral.settings import Settings, read_settings

        if self.platform is None:
            self.platform = platform_from(read_settings(Settings, os.environ), load(os.environ))
        jobs = self.platform.get(JOBS)
        for start in range(0, count, BATCH):
            now = [Nothing() for _ in range(start, min(start + BATCH, count))]
            async with self.platform.across_organisations() as session:
                if many:
                    await jobs.enqueue_many(session, NOOP, now)
                    continue
                for arguments in now:
                    await jobs.enqueue(session, NOOP, arguments)

    async def close(self) -> None:
        """Close the platform's connections."""
        if self.platform is not None:
            await self.platform.aclose()


def wait_for(redis: "Redis", count: int, seconds: float = 120.0) -> None:
    """Wait until so many jobs are done."""
    deadline = time.monotonic() + seconds
    while int(redis.llen(DONE)) < count:  # type: ignore[arg-type]
        if time.monotonic() > deadline:
            raise SystemExit(f"only {redis.llen(DONE)} of {count} jobs were done: see the log")
        time.sleep(0.002)


def measure(
    send: Callable[[int], None],
    workers: AbstractContextManager[None],
    redis: "Redis",
    jobs: int,
    figures: Figures,
) -> None:
    """Send to nobody, start the workers on the backlog, then send to them."""
    redis.delete(DONE)
    begun = time.perf_counter()
    send(jobs)
    figures.enqueue.append(jobs / (time.perf_counter() - begun))
    with workers:
        wait_for(redis, jobs)
        done = sorted(float(moment) for moment in redis.lrange(DONE, 0, -1))  # type: ignore[union-attr]
        figures.drain.append((jobs - 1) / (done[-1] - done[0]))
        for _ in range(SINGLES):
            redis.delete(DONE)
            sent = time.time()
            send(1)
            wait_for(redis, 1)
            figures.waits.append(float(redis.lindex(DONE, 0)) - sent)  # type: ignore[arg-type]
        redis.delete(DONE)
        begun = time.perf_counter()
        send(jobs)
        wait_for(redis, jobs)
        figures.both.append(jobs / (time.perf_counter() - begun))


def main() -> None:
    """Measure in turns and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2, help="Worker processes of each.")
    parser.add_argument("--slots", type=int, default=16, help="Jobs at once in each, where it can.")
    parser.add_argument("--only", nargs="*", choices=SENDERS, default=list(SENDERS))
    given = parser.parse_args()
    figures = {name: Figures() for name in given.only}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = stack.enter_context(running(folder / "services"))
        write_modules(folder)
        prepare(folder, services, given.slots)
        peers = Peers(services, stack)
        redis = Redis.from_url(services.redis_url)
        for name in given.only:
            peers.sender(name)(1)  # opens its connections
            with workers(SENDERS[name], 1, 1, folder / f"{name}.log"):
                wait_for(redis, 1)
            redis.delete(DONE)
        for _ in range(given.rounds):
            for name in given.only:
                log = folder / f"{name}.log"
                ours = workers(SENDERS[name], given.processes, given.slots, log)
                measure(peers.sender(name), ours, redis, given.jobs, figures[name])
        peers.runner.run(peers.close())
        redis.close()
    report(figures)


def prepare(folder: Path, services: Services, slots: int) -> None:
    """Migrate, and set this process's environment, which the workers inherit."""
    from gestral.app.core_plugin import core_plugin
    from gestral.db.migrate import upgrade

    upgrade(services.database_owner_url, (core_plugin,))
    sys.path.insert(0, str(folder))
    os.environ.update(
        {
            "BENCH_SLOTS": str(slots),
            "PYTHONPATH": str(folder),
            "GESTRAL_PLUGINS_OFF": "auth,email,video",
            "GESTRAL_DATA": str(folder / "data"),
            "GESTRAL_DATABASE_URL": services.database_url,
            "GESTRAL_REDIS_URL": services.redis_url,
            "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
            "GESTRAL_SECRET": "a secret of the benchmark, and of it alone",
        }
    )


def report(figures: dict[str, Figures]) -> None:
    """Print medians as ratios to the first system's, with their spread over the rounds."""
    first, *_ = figures
    print(f"{first} = 1 {'jobs a second: enqueue':>30} {'drain':>20} {'both':>20} {'wait':>22}")
    for name, found in figures.items():
        row = f"{name:<13}"
        for kind in ("enqueue", "drain", "both"):
            base = statistics.median(getattr(figures[first], kind))
            ratios = [value / base for value in getattr(found, kind)]
            middle = statistics.median(ratios)
            row += f" {f'{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})':>20}"
        base = statistics.median(figures[first].waits)
        late = statistics.quantiles(found.waits, n=20)[-1] / base
        print(f"{row} {statistics.median(found.waits) / base:>6.1f} (95 of 100 in {late:.1f})")
    if {"celery", "gestral"} <= set(figures):
        for kind in ("enqueue", "drain", "both"):
            ours, theirs = (
                statistics.median(getattr(figures[name], kind)) for name in ("gestral", "celery")
            )
            print(f"gestral beside celery, {kind}: {ours / theirs:.2f}")
    if (base := figures[first]).drain:
        print(
            f"1 is {statistics.median(base.enqueue):.0f}, {statistics.median(base.drain):.0f} and "
            f"{statistics.median(base.both):.0f} jobs a second on this machine, "
            f"{statistics.median(base.waits) * 1000:.1f} ms"
        )


if __name__ == "__main__":
    main()
