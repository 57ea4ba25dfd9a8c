"""What a crash of any part, a cut connection or a pause must not change."""

import asyncio
import datetime as dt
import http.client
import json
import os
import shutil
import signal
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from gestral.embedded import ServiceStatus, status
from gestral.jobs.ledger import LOCK, Ledger, Ticket
from gestral.testing.proxy import AnswerCutter

from .conftest import World, until
from .test_never_lost import cut_off, headers, outcomes, send, unfinished

pytestmark = pytest.mark.chaos

NOTICED = 60
"""Seconds within which a dead worker's job must be begun by another."""

CRASHES = ("web", "worker", "postgres", "valkey", "wiped valkey")


def server(world: World, name: str) -> ServiceStatus:
    """Wait until an embedded server runs under its guardian, and return what is known of it."""
    found: list[ServiceStatus] = []

    def runs() -> bool:
        found[:] = [
            one
            for one in status(world.services.data)
            if one.name == name and one.process and one.guardian
        ]
        return bool(found) and Path(f"/proc/{found[0].process}").exists()

    until(runs, seconds=90, what=f"{name} runs")
    return found[0]


def children(process: int) -> list[int]:
    """Return a process's own children: PostgreSQL's backends are those of its postmaster."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in found.split()]


def crash(world: World, what: str) -> None:
    """Kill -9 one part of the platform."""
    if what in ("web", "worker"):
        world.kill(next(one for one in world.processes if one.kind == what))
        return
    name = what.removeprefix("wiped ")
    known = server(world, name)
    assert known.process
    assert known.guardian
    wiped = what != name
    if wiped:  # the guardian must not start it again before its file is gone
        os.kill(known.guardian, signal.SIGSTOP)
    try:
        for process in (*children(known.process), known.process):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue  # a backend that ended by itself meanwhile
        if wiped:
            shutil.rmtree(world.services.data / "valkey" / "appendonlydir")
    finally:
        if wiped:
            os.kill(known.guardian, signal.SIGCONT)
    until(
        lambda: server(world, name).process != known.process,
        seconds=90,
        what=f"{name} was started again by its guardian",
    )
    world.killed[what] += 1


def alone(world: World) -> bool:
    """Whether nothing is unfinished; what died is started again."""
    world.look_after()
    try:
        return unfinished(world) == 0
    except psycopg.OperationalError:
        return False  # PostgreSQL is recovering


def test_an_accepted_request_survives_a_crash_of_any_part(world: World) -> None:
    """Web, worker, PostgreSQL and Valkey are killed under load, in random order, thrice each.

    Each request has a key. It is sent again where there was no answer, and some are sent by a
    client that is gone before there could be one: nothing is made twice.
    """
    world.add("web")
    world.add("worker")
    world.add("worker")
    order = [*CRASHES] * 3
    world.random.shuffle(order)
    accepted: dict[str, int] = {}
    number = 0
    for what in order:
        for _ in range(6):
            request: dict[str, object] = {"request": number, "seconds": 0.3, "natural": False}
            key = f"key-{number}"
            if number % 3 == 0:
                cut_off(world, request, key)
            accepted[send(world, request, key=key)] = number
            number += 1
        crash(world, what)
        world.look_after()
    until(lambda: alone(world), seconds=240, what="all jobs finished")
    again = {
        send(world, {"request": n, "seconds": 0.3, "natural": False}, key=f"key-{n}"): n
        for n in range(number)
    }
    assert again == accepted, "the same answer, for a day"
    found = outcomes(world)
    assert set(found) == set(accepted), "nothing lost, nothing made twice"
    assert set(found.values()) == {("done", "")}
    assert sorted(world.effects()) == sorted(accepted.values())
    assert world.killed == Counter(order)
    print(f"{len(accepted)} requests, {dict(world.killed)} killed: {' '.join(order)}")


@pytest.mark.parametrize("natural", [True, False], ids=["natural key", "Idempotency-Key"])
def test_a_request_sent_again_after_a_cut_connection_creates_nothing_twice(
    world: World, natural: bool
) -> None:
    """The first answer is lost after the commit; the second is the same."""
    world.add("web")
    if not natural:
        world.add("worker")  # a natural key holds while the job is unfinished, the other for a day
    known = send(world, {"request": 0})
    for number in range(1, 6):
        request: dict[str, object] = {"request": number, "natural": natural}
        body, key = json.dumps(request), "" if natural else f"key-{number}"
        with AnswerCutter(world.port) as cutter:
            connection = http.client.HTTPConnection("127.0.0.1", cutter.port, timeout=30)
            connection.request(
                "POST", "/api/v1/chaos", body, headers(key) | {"Connection": "close"}
            )
            with pytest.raises((http.client.HTTPException, OSError)):
                connection.getresponse()
            connection.close()
        assert b" 201 " in cutter.swallowed.splitlines()[0]
        if not natural:
            until(lambda: unfinished(world) == 0, seconds=60, what="the job is done")
        again = send(world, request, key=key)
        assert again.encode() in cutter.swallowed
        assert again != known
    assert len(outcomes(world)) == 6


def test_a_paused_workers_job_is_taken_over_and_its_late_result_refused(world: World) -> None:
    """SIGSTOP beyond the lease, in the default settings, then SIGCONT."""
    world.add("web")
    paused = world.add("worker")
    job_id = send(world, {"request": 1, "seconds": 20, "steps": 0})
    until(lambda: world.notes("start") == [(1, 1)], seconds=60, what="the first start")
    paused.child.send_signal(signal.SIGSTOP)
    try:
        world.add("worker")
        until(
            lambda: world.notes("start") == [(1, 1), (1, 2)],
            seconds=NOTICED,
            what="another worker took over",
        )
    finally:
        paused.child.send_signal(signal.SIGCONT)
    # Its twenty seconds are long over: it ends the job at once, and has its result written.
    until(lambda: world.notes("end") == [(1, 1)], seconds=10, what="the late end")
    paused.child.terminate()
    paused.child.wait(60)
    query = "SELECT state, attempt FROM core.job WHERE id = %s"
    assert world.query(query, job_id) == [("running", 2)], "the late result was taken"
    until(lambda: unfinished(world) == 0, seconds=60, what="the second attempt's end")
    assert world.query(query, job_id) == [("done", 2)]
    assert world.notes("start") == [(1, 1), (1, 2)]


def test_a_killed_workers_job_is_taken_over_in_time(world: World) -> None:
    """SIGKILL in the default settings; whoever is left notices."""
    world.add("web")
    first = world.add("worker")
    send(world, {"request": 1, "seconds": 2})
    until(lambda: world.notes("start") == [(1, 1)], seconds=60, what="the first start")
    world.add("worker")
    first.kill()
    until(lambda: world.notes("end") == [(1, 2)], seconds=NOTICED, what="another worker took over")


def dispatchers(world: World) -> int:
    """Return how many workers listen for work, which only their own role may see."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    with psycopg.connect(world.services.database_url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return int(row[0])


def test_a_schedule_fires_once_for_a_missed_time_with_three_workers(world: World) -> None:
    """Nobody was there for days; then three workers come at once, and again after a pause."""
    missed = (
        "INSERT INTO core.schedule VALUES ('core.tidy', now() - interval '3 days') "
        "ON CONFLICT (name) DO UPDATE SET due = excluded.due RETURNING name"
    )
    fired = "SELECT count(*) FROM core.job WHERE name = 'core.tidy'"
    for times in (1, 2):
        world.query(missed)
        workers = [world.add("worker") for _ in range(3)]
        until(lambda: dispatchers(world) == 3, seconds=90, what="three dispatchers")
        # Each fires what is due before it sends what waits, and looks once a second.
        (begun,) = world.query("SELECT now()")
        rounds = "SELECT now() > %s + interval '4 seconds'"
        until(
            lambda rounds=rounds, begun=begun: world.query(rounds, *begun) == [(True,)],
            seconds=30,
            what="some rounds of each",
        )
        assert world.query(fired) == [(times,)]
        for worker in workers:
            worker.kill()
            world.processes.remove(worker)
        until(lambda: dispatchers(world) == 0, seconds=30, what="they are gone")


def test_a_worker_without_its_valkey_waits_quietly(world: World) -> None:
    """It asks every few seconds, says so now and then, and goes on when Valkey is back."""
    world.add("web")
    worker = world.add("worker")
    send(world, {"request": 1})
    until(lambda: unfinished(world) == 0, seconds=60, what="it works")
    known = server(world, "valkey")
    assert known.process
    assert known.guardian
    os.kill(known.guardian, signal.SIGSTOP)  # or it would start another at once
    try:
        os.kill(known.process, signal.SIGKILL)
        until(
            lambda: "trying again" in world.log.read_text(), seconds=30, what="the worker noticed"
        )
        send(world, {"request": 2})
        lines = len(world.log.read_text().splitlines())
        (begun,) = world.query("SELECT now()")
        until(
            lambda: world.query("SELECT now() > %s + interval '10 seconds'", *begun) == [(True,)],
            seconds=60,
            what="ten seconds",
        )
        assert len(world.log.read_text().splitlines()) - lines <= 10
        assert worker.child.poll() is None
        assert unfinished(world) == 1
    finally:
        os.kill(known.guardian, signal.SIGCONT)
    until(lambda: unfinished(world) == 0, seconds=30, what="it goes on, before any lease is over")


def test_a_dispatcher_that_freezes_while_it_decides_holds_up_the_others_for_moments(
    world: World,
) -> None:
    """It has the lock of a queue, and never commits: well below what a dead worker may cost."""

    async def freeze_and_take() -> list[Ticket]:
        frozen, other = Ledger(world.services.database_url), Ledger(world.services.database_url)
        connection = await frozen._taking._open()
        await connection.execute("BEGIN")
        await connection.execute(LOCK, ("default",))
        now, lease = dt.datetime.now(dt.UTC), dt.timedelta(seconds=60)
        try:
            async with asyncio.timeout(NOTICED / 2):
                return await other.take("default", window=10, most=0, now=now, lease=lease)
        finally:
            await frozen.aclose()
            await other.aclose()

    world.add("web")
    job_id = send(world, {"request": 1})
    assert [str(ticket.id) for ticket in asyncio.run(freeze_and_take())] == [job_id]
