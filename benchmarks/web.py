"""Requests a second of a bare route, and of a list of 20 videos, beside other frameworks.

All are served by granian with one worker and the same threads and loop, on one PostgreSQL with the
same rows. A client in a process of its own asks them in turn, many short rounds, and the figures
are ratios within a round; beside them stands the ratio by processor time of the server alone, which
neighbours on the machine disturb less. Servers and client have a processor each, PostgreSQL runs
beside the client.

Gestral is the whole platform as `gestral web` starts it: request ids, access log, security headers,
one transaction for each request, permissions, row-level security. The peers do without what their
users would have to add; `peers/` holds them. All but one sign the addresses of a video's files for
each answer, as Gestral does every quarter of an hour.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from uuid_utils.compat import uuid7

from gestral.embedded import running

HERE = Path(__file__).parent
SECRET = "a secret of the benchmark, and of it alone"  # noqa: S105 - it guards nothing
ROWS = 20
ORGANISATIONS = 500
VISITORS = 40
"""So many people of as many organisations ask, so that nothing is asked for twice in a row."""

PLUGIN = """
import msgspec
from gestral.plugin import Plugin
class Hello(msgspec.Struct):
    hello: str
    number: int
def routes():
    from litestar import get
    @get("/hello", public=True)
    async def hello() -> Hello:
        return Hello(hello="world", number=1)
    return [hello]
plugin = Plugin(name="bench", api=">=1,<2", summary="Says hello", routes=routes)
"""

GRANIAN = ["-m", "granian", "--no-ws", "--log-level", "warning", "--workers", "1"]
COMMANDS = {
    "instant": [*GRANIAN, "--interface", "asgi", "instant:app"],
    "litestar": [*GRANIAN, "--interface", "asgi", "litestar_bare:app"],
    "gestral": ["-m", "gestral.cli", "web"],
    "fastapi": [*GRANIAN, "--interface", "asgi", "fastapi_sqlalchemy:app"],
    "django": [*GRANIAN, "--interface", "wsgi", "--blocking-threads", "2", "django_ninja:app"],
}


@dataclass(frozen=True)
class Target:
    """What is asked of one server, by requests that differ by visitor."""

    name: str
    server: str
    path: str
    cookie: bool = False


@dataclass(frozen=True)
class Server:
    """A framework's server: one process and its worker, in a group of their own."""

    port: int
    group: int

    def seconds(self) -> float:
        """Return the processor time that its processes have taken."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[2]) == self.group:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Round:
    """What one round of a target gave: answers a second, and processor seconds for each."""

    speed: float
    cost: float


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in."""

    token: str
    organisation_id: uuid.UUID


BARE = (
    Target("bare Litestar", "litestar", "/hello"),
    Target("Gestral", "gestral", "/api/v1/bench/hello"),
    Target("FastAPI", "fastapi", "/hello"),
    Target("Django-ninja", "django", "/hello"),
    Target("a server that does nothing", "instant", "/"),
)
LIST = (
    Target("bare Litestar, raw psycopg", "litestar", "/videos?organisation={organisation}"),
    Target("its files unsigned", "litestar", "/videos?organisation={organisation}&signed=false"),
    Target("signed, with a session", "litestar", "/mine", cookie=True),
    Target("Gestral", "gestral", "/api/v1/video/videos", cookie=True),
    Target("FastAPI, SQLAlchemy", "fastapi", "/mine", cookie=True),
    Target("Django-ninja", "django", "/mine", cookie=True),
)


def main() -> None:
    """Measure in turns and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--connections", type=int, default=16)
    given = parser.parse_args()
    ours, theirs = (sorted(os.sched_getaffinity(0)) * 2)[:2]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.sched_setaffinity(0, {ours})
        services = stack.enter_context(running(folder / "services"))
        environment = prepare(folder, services)
        visitors = fill(services.database_owner_url)
        os.sched_setaffinity(0, {theirs})
        servers = {
            name: stack.enter_context(serving(name, environment, folder)) for name in COMMANDS
        }
        os.sched_setaffinity(0, {ours})
        check(servers, visitors)
        for title, targets in (("A bare route", BARE), ("A list of 20 rows", LIST)):
            found: dict[str, list[Round]] = {target.name: [] for target in targets}
            for turn in range(-1, given.rounds):  # the first to warm up
                for target in targets:
                    requests = [request(target, visitor) for visitor in visitors]
                    one = ask(servers[target.server], requests, given.connections, given.seconds)
                    if turn >= 0:
                        found[target.name].append(one)
            report(title, found)


def prepare(folder: Path, services: Any) -> dict[str, str]:
    """Migrate, install the bench's plugin, and return the environment of the servers."""
    from gestral.app.build import load
    from gestral.db.migrate import upgrade

    (folder / "bench_web.py").write_text(PLUGIN)
    metadata = folder / "bench-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bench\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[gestral.plugins]\nbench = bench_web:plugin\n")
    upgrade(services.database_owner_url, load(os.environ).plugins)
    return {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{HERE / 'peers'}",
        "BENCH_DATABASE_URL": services.database_owner_url,
        "GESTRAL_DATA": str(folder / "data"),
        "GESTRAL_DATABASE_URL": services.database_url,
        "GESTRAL_REDIS_URL": services.redis_url,
        "GESTRAL_STORAGE_URL": (folder / "files").as_uri(),
        "GESTRAL_SECRET": SECRET,
        "GESTRAL_LOG_FORMAT": "json",
    }


def fill(owner_url: str) -> list[Visitor]:
    """Write organisations with 20 finished videos each, and return some of their people."""
    organisations = [uuid7() for _ in range(ORGANISATIONS)]
    visitors = [Visitor(secrets.token_urlsafe(32), one) for one in organisations[:VISITORS]]
    with psycopg.connect(owner_url) as connection, connection.cursor() as cursor:
        for number, organisation in enumerate(organisations):
            cursor.execute(
                "INSERT INTO auth.organisation (id, name, slug, demo, created_at, updated_at) "
                "VALUES (%s, %s, %s, false, now(), now())",
                (organisation, f"Organisation {number}", f"organisation-{number}"),
            )
        for visitor in visitors:
            sign_in(cursor, visitor)
        for turn in range(ROWS):  # of all in turn, so that one's rows lie apart
            for organisation in organisations:
                write_video(cursor, organisation, turn)
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
    return visitors


def sign_in(cursor: psycopg.Cursor, visitor: Visitor) -> None:
    """Write a person, their membership and their session."""
    user = uuid7()
    cursor.execute(
        "INSERT INTO auth.user_account (id, email, name, password_hash, created_at, updated_at) "
        "VALUES (%s, %s, 'Ada Example', '', now(), now())",
        (user, f"{user}@example.com"),
    )
    cursor.execute(
        "INSERT INTO auth.membership "
        "(id, user_id, organisation_id, role, created_at, updated_at) "
        "VALUES (%s, %s, %s, 'owner', now(), now())",
        (uuid7(), user, visitor.organisation_id),
    )
    cursor.execute(
        "INSERT INTO auth.session (id, token_hash, user_id, organisation_id, last_seen_at, "
        "expires_at, user_agent, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, now(), now() + interval '1 day', '', now(), now())",
        (
            uuid7(),
            hashlib.sha256(visitor.token.encode()).digest(),
            user,
            visitor.organisation_id,
        ),
    )


def write_video(cursor: psycopg.Cursor, organisation: uuid.UUID, turn: int) -> None:
    """Write a post of some size and its finished video, with the job that made it."""
    post, video, job = uuid7(), uuid7(), uuid7()
    title = f"Number {turn}: why lighthouses flash in groups, and how a lens is ground"
    address = f"https://blog.example/2026/{turn}/why-lighthouses-flash-in-groups"
    words = "Light is gathered by rings of glass and thrown to the horizon. " * 12
    blocks = [{"kind": "paragraph", "id": f"b{n}", "text": words} for n in range(12)]
    article = {"address": address, "title": title, "language": "en", "blocks": blocks}
    details = {
        "duration": 71.36,
        "width": 1920,
        "height": 1080,
        "rate": 30,
        "size": 6_120_448,
        "chapters": [{"title": f"Part {n} of the post", "start": 12.5 * n} for n in range(5)],
        "sources": [
            {"kind": "post", "address": address, "credit": "Ada Example", "licence": ""},
            {
                "kind": "image",
                "address": "https://blog.example/lens.jpg",
                "credit": "",
                "licence": "",
            },
        ],
        "problems": [],
    }
    choices = {"mode": "highlights", "captions": "karaoke", "format": "16:9", "style": "daylight"}
    cursor.execute(
        "INSERT INTO video.post (id, organisation_id, entry_id, address, revision, title, "
        "language, article, created_at, updated_at) "
        "VALUES (%s, %s, '', %s, %s, %s, 'en', %s, now(), now())",
        (post, organisation, address, post.hex, title, as_json(article)),
    )
    cursor.execute(
        "INSERT INTO core.job (id, name, arguments, key, organisation_id, state, queue, priority, "
        "attempt, forgiven, run_at, finished_at, stage, done, total, reason, code, trace, "
        "created_at, updated_at) "
        "VALUES (%s, 'video.make', '{}', %s, %s, 'done', 'render', 0, 1, 0, now(), now(), "
        "'', 0, 0, '', '', '', now(), now())",
        (job, str(video), organisation),
    )
    cursor.execute(
        "INSERT INTO video.video (id, organisation_id, ordered_by, post_id, job_id, choices, copy, "
        "ready_at, folder, details, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, 0, %s, %s, %s, now(), now())",
        (
            *(video, organisation, uuid.uuid4(), post, job, as_json(choices)),
            *(dt.datetime.now(dt.UTC), f"videos/{video}/1", as_json(details)),
        ),
    )


def as_json(value: object) -> str:
    """Return what PostgreSQL takes for JSON."""
    return msgspec.json.encode(value).decode()


@contextmanager
def serving(name: str, environment: dict[str, str], folder: Path) -> Iterator[Server]:
    """Have a framework's server run for the length of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    own = {"GRANIAN_PORT": str(port), "GESTRAL_PORT": str(port)}
    own["GESTRAL_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *COMMANDS[name]],
            env={**environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{name} did not start:\n{log.read_text()}") from None
                time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def request(target: Target, visitor: Visitor) -> str:
    """Return what a browser would send, or the part of it that matters."""
    path = target.path.format(organisation=visitor.organisation_id)
    cookie = f"Cookie: gestral_session={visitor.token}\r\n" if target.cookie else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nSec-Fetch-Site: same-origin\r\n"
        f"{cookie}\r\n"
    )


def check(servers: dict[str, Server], visitors: list[Visitor]) -> None:
    """See that all answer, and all alike: the addresses of files differ by their signatures."""
    for targets in (BARE, LIST):
        bodies = {}
        for target in targets:
            path = target.path.format(organisation=visitors[0].organisation_id)
            asked = urllib.request.Request(
                f"http://127.0.0.1:{servers[target.server].port}{path}",
                headers={"Cookie": f"gestral_session={visitors[0].token}"},
            )
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
                bodies[target.name] = plain(json.load(answer))
        wanted = bodies[targets[0].name]
        for name, body in bodies.items():
            if body != wanted:
                raise SystemExit(f"{name} answers otherwise:\n{difference(body, wanted)}")
        if targets is LIST and len(wanted["items"]) != ROWS:
            raise SystemExit(f"The list has {len(wanted['items'])} rows.")


def difference(body: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Return where two bodies part."""
    items = body.get("items", [body]), wanted.get("items", [wanted])
    pairs = zip(*items, strict=False)
    return next((f"{one}\nand not\n{two}" for one, two in pairs if one != two), "more or fewer")


def plain(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without what differs by framework: signatures, and forms of a moment."""
    for item in body.get("items", ()):
        item["files"] = {
            kind: address.partition("?")[0].rpartition("/")[2]
            for kind, address in item["files"].items()
        }
        # Django writes milliseconds.
        item["created_at"] = int(dt.datetime.fromisoformat(item["created_at"]).timestamp() * 1000)
    return body


def ask(server: Server, requests: list[str], connections: int, seconds: float) -> Round:
    """Have the client ask for some seconds."""
    asked = {
        "port": server.port,
        "requests": requests,
        "connections": connections,
        "seconds": seconds,
    }
    before = server.seconds()
    done = subprocess.run(
        [sys.executable, str(HERE / "load.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found = json.loads(done.stdout)
    cost = (server.seconds() - before) / max(found["answers"], 1)
    return Round(found["answers"] / found["seconds"], cost)


def report(title: str, found: dict[str, list[Round]]) -> None:
    """Print the medians of the rounds' ratios to the first, with the middle half of them."""
    first = next(iter(found))
    print(f"\n{title:<30} {'a second':>9}   {'ratio, middle half':<22} by processor time")
    for name, rounds in found.items():
        speed = statistics.median(one.speed for one in rounds)
        print(f"{name:<30} {speed:>9.0f}   {beside(rounds, found[first])}")
    print(f"{'Gestral beside Django-ninja':<42}", beside(found["Gestral"], found["Django-ninja"]))
    sys.stdout.flush()


def beside(own: list[Round], other: list[Round]) -> str:
    """Return how much faster one is than another: round by round, and by processor time."""
    pairs = list(zip(own, other, strict=True))
    low, middle, high = statistics.quantiles([one.speed / two.speed for one, two in pairs], n=4)
    cost = statistics.median(two.cost / one.cost for one, two in pairs)
    return f"{f'{middle:.2f} ({low:.2f} to {high:.2f})':<22} {cost:.2f}"


if __name__ == "__main__":
    main()
