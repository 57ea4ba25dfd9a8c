"""How long a cold start takes: `gestral --help`, and the web application until its first answer.

Each is a fresh process, in turn, several rounds. Beside them, in the same run, start the least that
could do it: Python with click and one command, and a Litestar application with one route. The
figures are ratios to these, medians with their spread.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLICK = """
import click
@click.group()
def cli(): ...
@cli.command()
def hello(): ...
cli(["--help"])
"""

FIRST_ANSWER = """
import asyncio
async def first(app, path):
    answer = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        answer.append(message)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "state": {}, "extensions": {},
    }
    await app(scope, receive, send)
    assert answer[0]["status"] == 200, answer
"""

BARE = """
from litestar import Litestar, get
@get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}
asyncio.run(first(Litestar([live], openapi_config=None, logging_config=None), "/health/live"))
"""

WEB = """
from gestral.app.asgi import create
asyncio.run(first(create(), "/health/live"))
"""

STARTS = {
    "click alone": ["-c", CLICK],
    "gestral --help": ["-m", "gestral.cli", "--help"],
    "litestar alone": ["-c", FIRST_ANSWER + BARE],
    "gestral web": ["-c", FIRST_ANSWER + WEB],
}
BESIDE = {"gestral --help": "click alone", "gestral web": "litestar alone"}


def measure(command: list[str], environment: dict[str, str]) -> float:
    """Return the seconds that a process takes from its start to its end."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begun


def main() -> None:
    """Measure in turns and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "GESTRAL_DATA": folder,
            # Nobody is asked before the first query, so that nothing need answer here.
            "GESTRAL_DATABASE_URL": "postgresql://gestral_app@127.0.0.1:9/gestral",
            "GESTRAL_REDIS_URL": "redis://127.0.0.1:9",
            "GESTRAL_STORAGE_URL": (Path(folder) / "files").as_uri(),
            "GESTRAL_SECRET": "a secret of the benchmark, and of it alone",
        }
        for command in STARTS.values():  # once unmeasured: bytecode is written, files are read
            measure(command, environment)
        seconds: dict[str, list[float]] = {name: [] for name in STARTS}
        for _ in range(given.rounds):
            for name, command in STARTS.items():
                seconds[name].append(measure(command, environment))
    for name, beside in BESIDE.items():
        ratios = [one / other for one, other in zip(seconds[name], seconds[beside], strict=True)]
        print(
            f"{name:<16} {statistics.median(ratios):.2f} times {beside} "
            f"({min(ratios):.2f} to {max(ratios):.2f} in {given.rounds} rounds)"
        )


if __name__ == "__main__":
    main()
