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
CANCELLED = 20


def headers(key: str) -> dict[str, str]:
    """Return the headers of a request, with an Idempotency-Key where there is one."""
    return {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})


def post(world: World, path: str, body: str = "", key: str = "") -> tuple[int, bytes]:
    """Return status and body of an answer; 0 where there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
    try:
        connection.request("POST", path, body, headers(key))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def send(world: World, request: dict[str, object], *, seconds: float = 120.0, key: str = "") -> str:
    """Send until there is an answer, as a browser's person would; return the job's id."""
    body = json.dumps(request)
    deadline = time.monotonic() + seconds
    while True:
        status, read = post(world, "/api/v1/chaos", body, key)
        if status == 201:
            found: str = json.loads(read)["id"]
            return found
        assert time.monotonic() < deadline, f"no answer to {request}: see {world.log}"
        time.sleep(0.05)


def cancel(world: World, job_id: str) -> None:
    """Have a job cancelled."""
    path = f"/api/v1/chaos/{job_id}/cancel"
    until(lambda: post(world, path)[0] == 201, seconds=60, what=f"{job_id} is cancelled")


def cut_off(world: World, request: dict[str, object], key: str) -> None:
    """Send a request, and be gone before there is an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
    try:
        connection.request("POST", "/api/v1/chaos", json.dumps(request), headers(key))
    except OSError:
        pass
    finally:
        connection.close()


def unfinished(world: World) -> int:
    query = "SELECT count(*) FROM core.job WHERE state IN ('waiting', 'queued', 'running')"
    ((count,),) = world.query(query)
    assert isinstance(count, int)
    return count


def outcomes(world: World) -> dict[str, tuple[str, str]]:
    rows = world.query("SELECT id::text, state, code FROM core.job WHERE name LIKE 'chaos.%%'")
    return {str(row[0]): (str(row[1]), str(row[2])) for row in rows}


def test_every_request_ends_once_though_workers_are_killed(world: World) -> None:
    """500 requests, 100 kills of workers, jobs that kill theirs, and people who cancel."""
    world.add("web")
    workers = [world.add("worker") for _ in range(3)]
    kinds = {number: kind(number) for number in range(REQUESTS)}
    lasting = {number: world.random.uniform(0.0, 0.4) for number in range(REQUESTS)}
    accepted: dict[int, str] = {}
    sent = threading.Event()

    def sending() -> None:
        for number in range(REQUESTS):
            poison, cancelled = kinds[number] == "poison", kinds[number] == "cancelled"
            seconds = 30.0 if cancelled else lasting[number]
            request = {"request": number, "seconds": seconds, "poison": poison}
            accepted[number] = send(world, request)
            time.sleep(0.05)
            if cancelled:
                cancel(world, accepted[number])
        sent.set()

    sender = threading.Thread(target=sending)
    sender.start()
    kills = 0
    while kills < KILLS or (sender.is_alive() and not sent.is_set()):
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
    endings = {"done": ("done", ""), "cancelled": ("cancelled", "")}
    endings["poison"] = ("failed", "worker-died")
    assert {n: found[accepted[n]] for n in accepted} == {n: endings[kinds[n]] for n in accepted}
    done = sorted(number for number in accepted if kinds[number] == "done")
    assert {request for request, _ in world.notes("end")} == set(done)
    assert sorted(world.effects()) == done, "each effect once, and none that was cancelled"
    starts = world.notes("start")
    assert len(starts) == len(set(starts)), "an attempt's number was given twice"
    assert all(attempt <= 2 for number, attempt in starts if kinds[number] == "poison")
    print(f"{REQUESTS} requests, {dict(world.killed)} killed, {len(starts)} starts")


def kind(number: int) -> str:
    """Return what becomes of a request."""
    if number % (REQUESTS // POISONED) == 50:
        return "poison"
    return "cancelled" if number % (REQUESTS // CANCELLED) == 7 else "done"


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


def test_a_cancelled_job_that_tells_nothing_stops_at_once(world: World) -> None:
    """Well before its lease is renewed, which is every ten seconds."""
    world.add("web")
    world.add("worker")
    job_id = send(world, {"request": 1, "seconds": 600})
    until(lambda: world.notes("start"), seconds=60, what="it runs")
    cancel(world, job_id)
    until(lambda: world.notes("stopped") == [(1, 1)], seconds=5, what="it was stopped")
    assert outcomes(world) == {job_id: ("cancelled", "")}


def test_a_deploy_costs_a_step_of_long_work_at_most(world: World) -> None:
    """SIGTERM to all workers; their jobs, longer than the grace, are handed back and go on."""
    world.environment["GESTRAL_DRAIN_SECONDS"] = "1"
    world.add("web")
    workers = [world.add("worker", "--concurrency", "1") for _ in range(2)]
    jobs = [send(world, {"request": n, "seconds": 16, "steps": 8}) for n in range(2)]
    until(lambda: len(world.effects()) >= 4, seconds=90, what="some steps are done")
    deploys = 2
    for _ in range(deploys):
        for worker in workers:
            worker.child.terminate()
        for worker in workers:
            assert worker.child.wait(60) == 0
            world.processes.remove(worker)
        states = world.query("SELECT DISTINCT state FROM core.job WHERE name = 'chaos.work'")
        assert states == [("waiting",)], "handed back, not left for the lease to end"
        before = len(world.effects())
        workers = [world.add("worker", "--concurrency", "1") for _ in range(2)]
        until(lambda at=before: len(world.effects()) > at, seconds=90, what="the work goes on")
    until(lambda: unfinished(world) == 0, seconds=120, what="all steps are done")
    assert set(outcomes(world)) == set(jobs)
    assert {state for state, _ in outcomes(world).values()} == {"done"}
    steps = world.notes("step")
    assert len(set(steps)) == len(world.effects()) == 16
    assert len(steps) <= 16 + 2 * deploys, "more than a step for each worker that was stopped"
    assert world.query("SELECT DISTINCT attempt - forgiven FROM core.job") == [(1,)]
