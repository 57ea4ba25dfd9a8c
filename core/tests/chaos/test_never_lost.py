"""Work is never lost: real processes are killed at random, and everything still ends once."""

import http.client
import json
import threading
import time

import pytest

from .conftest import World, until

pytestmark = pytest.mark.chaos

REQUESTS = 500
KILLS = 100
POISONED = 4


def headers(key: str) -> dict[str, str]:
    """Return the headers of a request, with an Idempotency-Key where there is one."""
    return {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})


def send(world: World, request: dict[str, object], *, seconds: float = 120.0, key: str = "") -> str:
    """Send until there is an answer, as a browser's person would; return the job's id."""
    body = json.dumps(request)
    deadline = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
        try:
            connection.request("POST", "/api/v1/chaos", body, headers(key))
            answer = connection.getresponse()
            read = answer.read()
            if answer.status == 201:
                found: str = json.loads(read)["id"]
                return found
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        assert time.monotonic() < deadline, f"no answer to {request}: see {world.log}"
        time.sleep(0.05)


def unfinished(world: World) -> int:
    query = "SELECT count(*) FROM core.job WHERE state IN ('waiting', 'queued', 'running')"
    ((count,),) = world.query(query)
    assert isinstance(count, int)
    return count


def outcomes(world: World) -> dict[str, tuple[str, str]]:
    rows = world.query("SELECT id::text, state, code FROM core.job WHERE name LIKE 'chaos.%%'")
    return {str(row[0]): (str(row[1]), str(row[2])) for row in rows}


def test_every_request_ends_once_though_workers_are_killed(world: World) -> None:
    """500 requests, 100 kills of workers, and jobs that kill theirs."""
    world.add("web")
    workers = [world.add("worker") for _ in range(3)]
    accepted: dict[int, str] = {}
    sent = threading.Event()

    def sending() -> None:
        for number in range(REQUESTS):
            poison = number % (REQUESTS // POISONED) == 50
            seconds = world.random.uniform(0.0, 0.4)
            request = {"request": number, "seconds": seconds, "poison": poison}
            accepted[number] = send(world, request)
            time.sleep(0.05)
        sent.set()

    sender = threading.Thread(target=sending)
    sender.start()
    kills = 0
    while kills < KILLS or not sent.is_set():
        time.sleep(world.random.uniform(0.3, 1.8))
        world.look_after()
        if kills < KILLS:
            world.kill(world.random.choice(workers))
            kills += 1
    sender.join()

    def settled() -> bool:
        world.look_after()
        return unfinished(world) == 0

    until(settled, seconds=300, what="all jobs finished")
    found = outcomes(world)
    assert len(accepted) == len(set(accepted.values())) == REQUESTS
    assert set(found) == set(accepted.values()), "nothing lost, nothing twice"
    for number, job_id in accepted.items():
        poisoned = number % (REQUESTS // POISONED) == 50
        expected = ("failed", "worker-died") if poisoned else ("done", "")
        assert found[job_id] == expected, (number, found[job_id])
    ended = {request for request, _ in world.notes("end")}
    poison = {number for number in accepted if number % (REQUESTS // POISONED) == 50}
    assert ended == set(accepted) - poison
    assert all(attempt <= 2 for one, attempt in world.notes("start") if one in poison)
    starts = len(world.notes("start"))
    again = starts - len(set(world.notes("start")))
    assert again == 0, "an attempt's number was given twice"
    print(f"{REQUESTS} requests, {dict(world.killed)} killed, {starts} starts")


def test_what_was_accepted_survives_an_emptied_queue_and_killed_web_processes(
    world: World,
) -> None:
    """Valkey is wiped clean and web and worker are killed under load, again and again."""
    from redis import Redis

    web, worker = world.add("web"), world.add("worker")
    redis = Redis.from_url(world.services.redis_url)
    accepted: dict[int, str] = {}
    for number in range(60):
        accepted[number] = send(world, {"request": number, "seconds": 0.1})
        if number % 10 == 9:
            world.kill(web)
        if number % 15 == 14:
            redis.flushall()
            world.kill(worker)
        world.look_after()

    def settled() -> bool:
        world.look_after()
        return unfinished(world) == 0

    until(settled, seconds=240, what="all jobs finished after the sweep")
    assert {state for state, _ in outcomes(world).values()} == {"done"}
    assert {request for request, _ in world.notes("end")} == set(accepted)
    redis.close()


def test_a_stopped_worker_drains(world: World) -> None:
    """SIGTERM: what runs is finished, nothing is begun twice."""
    world.environment["GESTRAL_DRAIN_SECONDS"] = "20"
    world.add("web")
    worker = world.add("worker")
    for number in range(8):
        send(world, {"request": number, "seconds": 2})
    until(lambda: world.notes("start"), seconds=60, what="something runs")
    worker.child.terminate()
    worker.child.wait(60)
    started, ended = world.notes("start"), world.notes("end")
    assert started
    assert started == sorted(set(started))
    assert set(started) == set(ended)
