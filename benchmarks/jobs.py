"""Jobs that do next to nothing: how many a second, and how long one waits, beside other queues.

Every system has one worker on the same Valkey and works off the same number of jobs, in turn,
several rounds; the figures are ratios to plain SAQ. Gestral keeps its jobs in PostgreSQL, the
others theirs in Valkey alone; Celery acknowledges late: a killed worker's task is done again.
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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from redis import Redis

from gestral.embedded import Services, running

DONE = "bench:done"
SINGLES = 40
BATCH = 100

SHARED = """
import os, time
from redis import Redis
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
settings = {"queue": queue, "functions": [("noop", noop)], "concurrency": 16}
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

COMMANDS = {
    "saq": ["-m", "saq", "bench_saq.settings"],
    "celery": ["-m", "celery", "-A", "bench_celery", "worker", "-c", "2", "-l", "ERROR"],
    "dramatiq": ["-m", "dramatiq", "bench_dramatiq", "-p", "1", "-t", "8"],
    "gestral": ["-m", "gestral.cli", "worker", "--queues", "default", "--concurrency", "16"],
}


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
def worker(name: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    """Have a system's worker run for the length of the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *COMMANDS[name]],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.terminate()
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

    async def _gestral(self, count: int) -> None:
        from bench_gestral import NOOP, Nothing  # type: ignore[import-not-found]

        from gestral.app.build import load, platform_from
        from gestral.capabilities import JOBS
        from gestral.settings import Settings, read_settings

        if self.platform is None:
            self.platform = platform_from(read_settings(Settings, os.environ), load(os.environ))
        jobs = self.platform.get(JOBS)
        for start in range(0, count, BATCH):
            async with self.platform.across_organisations() as session:
                for _ in range(start, min(start + BATCH, count)):
                    await jobs.enqueue(session, NOOP, Nothing())

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


def measure(send: Callable[[int], None], redis: "Redis", jobs: int) -> tuple[float, list[float]]:
    """Return jobs per second, from the first sent to the last done, and the waits of lone ones."""
    redis.delete(DONE)
    send(1)
    wait_for(redis, 1)
    waits = []
    for _ in range(SINGLES):
        redis.delete(DONE)
        begun = time.time()
        send(1)
        wait_for(redis, 1)
        waits.append(float(redis.lindex(DONE, 0)) - begun)  # type: ignore[arg-type]
    redis.delete(DONE)
    begun = time.perf_counter()
    send(jobs)
    wait_for(redis, jobs)
    return jobs / (time.perf_counter() - begun), waits


def main() -> None:
    """Measure in turns and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    speeds: dict[str, list[float]] = {name: [] for name in PEERS}
    waits: dict[str, list[float]] = {name: [] for name in PEERS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = stack.enter_context(running(folder / "services"))
        write_modules(folder)
        prepare(folder, services)
        peers = Peers(services, stack)
        redis = Redis.from_url(services.redis_url)
        for _ in range(given.rounds):
            for name in PEERS:
                with worker(name, dict(os.environ), folder / f"{name}.log"):
                    speed, lone = measure(peers.sender(name), redis, given.jobs)
                speeds[name].append(speed)
                waits[name] += lone
        peers.runner.run(peers.close())
        redis.close()
    report(speeds, waits)


def prepare(folder: Path, services: Services) -> None:
    """Migrate, and set this process's environment, which the workers inherit."""
    from gestral.app.core_plugin import core_plugin
    from gestral.db.migrate import upgrade

    upgrade(services.database_owner_url, (core_plugin,))
    sys.path.insert(0, str(folder))
    os.environ.update(
        {
            "PYTHONPATH": str(folder),
            "GESTRAL_PLUGINS_OFF": "auth,email,video",
            "GESTRAL_DATA": str(folder / "data"),
            "GESTRAL_DATABASE_URL": services.database_url,
            "GESTRAL_REDIS_URL": services.redis_url,
            "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
            "GESTRAL_SECRET": "a secret of the benchmark, and of it alone",
        }
    )


def report(speeds: dict[str, list[float]], waits: dict[str, list[float]]) -> None:
    """Print medians as ratios to plain SAQ, with their spread over the rounds."""
    base = statistics.median(speeds["saq"])
    print(f"{'':<10} {'jobs per second, SAQ = 1':<28} {'wait of a lone job, SAQ = 1'}")
    lone = statistics.median(waits["saq"])
    for name in PEERS:
        low, high = min(speeds[name]) / base, max(speeds[name]) / base
        speed = f"{statistics.median(speeds[name]) / base:.2f} ({low:.2f} to {high:.2f})"
        middle = statistics.median(waits[name]) / lone
        late = statistics.quantiles(waits[name], n=20)[-1] / lone
        print(f"{name:<10} {speed:<28} {middle:.1f} (95 of 100 within {late:.1f})")
    celery = statistics.median(speeds["celery"])
    print(f"gestral beside celery: {statistics.median(speeds['gestral']) / celery:.2f}")


if __name__ == "__main__":
    main()
