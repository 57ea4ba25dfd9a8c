"""What `/metrics` tells is what happened, to the job, whoever did it."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from gestral.capabilities import FETCHER, JOBS
from gestral.errors import FetchError
from gestral.jobs.model import JobRow
from gestral.jobs.tally import BOUNDS, Tally
from gestral.observe.metrics import CORE, DEPTH, exposition
from gestral.testing.kit import Kit

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def read(gestral: Kit) -> Samples:
    families = text_string_to_metric_families((await exposition(gestral.platform)).decode())
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in families
        for one in family.samples
    }


def value(samples: Samples, metric: str, /, **labels: str) -> float | None:
    return samples.get((metric, frozenset(labels.items())))


async def ask(gestral: Kit, *numbers: int, delay: float = 0) -> None:
    async with gestral.transaction() as session:
        for number in numbers:
            await gestral.platform.get(JOBS).enqueue(
                session, toy.COUNT, toy.Number(number), delay=delay
            )


async def test_depth_and_age_are_those_of_the_table(gestral: Kit) -> None:
    await ask(gestral, 1, 2)
    await ask(gestral, 3, delay=3600)
    gestral.clock.turn(seconds=90)
    samples = await read(gestral)
    labels = {"queue": "default", "name": "toy.count"}
    assert value(samples, "gestral_jobs", **labels, state="waiting") == 3
    assert value(samples, "gestral_jobs_oldest_seconds", **labels) == 90
    await gestral.run_jobs()
    samples = await read(gestral)
    assert value(samples, "gestral_jobs", **labels, state="waiting") == 1
    assert value(samples, "gestral_jobs_oldest_seconds", **labels) is None


async def test_attempts_are_counted_by_how_they_ended(gestral: Kit) -> None:
    await ask(gestral, 1, 2, toy.THIRTEEN, toy.SEVEN)
    for _ in range(3):
        await gestral.run_jobs()
        gestral.clock.turn(minutes=20)
    samples = await read(gestral)
    for outcome, count in {"done": 3, "failed": 1, "retried": 2}.items():
        labels = {"name": "toy.count", "outcome": outcome}
        assert value(samples, "gestral_jobs_finished_total", **labels) == count
        assert value(samples, "gestral_job_seconds_count", **labels) == count
        assert value(samples, "gestral_job_seconds_bucket", **labels, le="+Inf") == count


async def test_a_job_that_died_with_its_worker_is_counted(gestral: Kit) -> None:
    await ask(gestral, 1)
    now = gestral.clock.now()
    async with gestral.across_organisations() as session:
        gone = {"state": "running", "attempt": 3, "started_at": now, "lease_until": now}
        await session.execute(update(JobRow).values(**gone))
    gestral.clock.turn(seconds=40)
    await gestral.run_jobs()
    labels = {"name": "toy.count", "outcome": "died"}
    samples = await read(gestral)
    assert value(samples, "gestral_jobs_finished_total", **labels) == 1
    assert value(samples, "gestral_job_seconds_sum", **labels) == pytest.approx(40)


async def test_an_attempt_whose_job_was_taken_away_counts_as_lost(gestral: Kit) -> None:
    await ask(gestral, 1)
    taken = text("UPDATE core.job SET attempt = attempt + 1")

    async def meanwhile() -> None:
        async with gestral.across_organisations() as session:
            await session.execute(taken)

    runner = gestral._runner
    finish = runner.finish

    async def late(outcome: object) -> None:
        await meanwhile()
        await finish(outcome)  # type: ignore[arg-type]

    runner.finish = late  # type: ignore[method-assign,assignment]
    await gestral.run_jobs()
    samples = await read(gestral)
    finished = "gestral_jobs_finished_total"
    assert value(samples, finished, name="toy.count", outcome="lost") == 1
    assert value(samples, finished, name="toy.count", outcome="done") is None


@given(seconds=st.lists(st.floats(0, 10_000)))
def test_a_duration_falls_into_the_first_bucket_that_holds_it(seconds: list[float]) -> None:
    tally = Tally()
    for one in seconds:
        tally.count("toy.count", "done", one)
    for counted in tally._counts.values():
        for place, bound in enumerate(BOUNDS):
            assert sum(counted.buckets[: place + 1]) == sum(one <= bound for one in seconds)
        assert sum(counted.buckets) == len(seconds)


async def test_workers_add_to_one_tally_and_a_failed_write_is_made_up(gestral: Kit) -> None:
    tallies = [Tally(), Tally()]
    for number, tally in enumerate(tallies):
        tally.count("toy.count", "done", 0.02)
        tally.count("toy.count", "done", 100.0 * number)
    await tallies[0].write(gestral.platform)
    tallies[1].count("x" * 200, "done", 1)  # too long for the column
    with pytest.raises(Exception, match="too long"):
        await tallies[1].write(gestral.platform)
    del tallies[1]._counts["x" * 200, "done"]
    await tallies[1].write(gestral.platform)
    await tallies[1].write(gestral.platform)
    samples = await read(gestral)
    labels = {"name": "toy.count", "outcome": "done"}
    assert value(samples, "gestral_jobs_finished_total", **labels) == 4
    assert value(samples, "gestral_job_seconds_bucket", **labels, le="0.01") == 1
    assert value(samples, "gestral_job_seconds_bucket", **labels, le="0.05") == 3
    assert value(samples, "gestral_job_seconds_bucket", **labels, le="300.0") == 4


async def test_finished_jobs_are_not_looked_at(gestral: Kit) -> None:
    now = gestral.clock.now()
    async with gestral.across_organisations() as session:
        done = {"name": "toy.count", "arguments": {}, "state": "done", "finished_at": now}
        rows = [{**done, "id": uuid.uuid4(), "run_at": now} for _ in range(3000)]
        await session.execute(JobRow.__table__.insert(), rows)  # type: ignore[arg-type]
    await ask(gestral, 1)
    plan = await _plan(gestral, now)
    assert not any("Seq Scan" in line for line in plan), "\n".join(plan)
    assert any("ix_job_due" in line for line in plan)
    assert any("ix_job_in_flight" in line for line in plan)


async def _plan(gestral: Kit, now: dt.datetime) -> Sequence[str]:
    import psycopg

    with psycopg.connect(
        gestral.platform.core_settings.database_owner_url, autocommit=True
    ) as owner:
        owner.execute("ANALYZE core.job")
    async with gestral.across_organisations() as session:
        found = await session.execute(text(f"EXPLAIN {DEPTH.text}"), {"now": now})
        return [row[0] for row in found]


async def test_a_plugins_broken_metric_takes_no_other_away(gestral: Kit) -> None:
    samples = await read(gestral)
    assert value(samples, "gestral_toy_sevens") == 7
    assert value(samples, "gestral_toy_broken") is None
    assert value(samples, "gestral_metrics_failures", plugin="toy", metric="broken") == 1
    assert value(samples, "gestral_core_jobs_unfinished") == 0


async def test_requests_are_counted_by_the_template_of_their_route(gestral: Kit) -> None:
    client = gestral.client()
    route = {"method": "GET", "route": "/api/v1/toy/open", "status": "200"}
    before = value(await read(gestral), "gestral_requests_total", **route) or 0
    await client.get("/api/v1/toy/open?name=one")
    await client.get("/api/v1/toy/open?name=two")
    await client.request("BREW", "/api/v1/toy/made-up-by-a-stranger")
    samples = await read(gestral)
    assert value(samples, "gestral_requests_total", **route) == before + 2
    labels = {word for _, pairs in samples for _, word in pairs}
    assert not {"BREW", "/api/v1/toy/made-up-by-a-stranger"} & labels


async def test_the_page_has_every_metric_that_is_told_of_and_no_other(gestral: Kit) -> None:
    await ask(gestral, 1)
    await gestral.client().get("/api/v1/toy/open")
    await gestral.run_jobs()
    await ask(gestral, 2)
    told = text_string_to_metric_families((await exposition(gestral.platform)).decode())
    names = {
        f"{one.name}_total" if one.type == "counter" else one.name
        for one in told
        if not one.name.startswith(("gestral_core_", "gestral_toy_"))
    }
    assert names == set(CORE)


async def test_fetches_are_counted_by_how_they_ended_and_name_no_host(gestral: Kit) -> None:
    before = value(await read(gestral), "gestral_fetches_total", outcome="address-private") or 0
    for address in ("http://10.0.0.1/", "http://secret.internal/"):
        with pytest.raises(FetchError):
            await gestral.platform.get(FETCHER).get(address)
    samples = await read(gestral)
    assert value(samples, "gestral_fetches_total", outcome="address-private") == before + 2
    counted = value(samples, "gestral_fetch_seconds_count", outcome="address-private")
    assert counted == before + 2
    assert not any("secret" in label for _, labels in samples for _, label in labels)
