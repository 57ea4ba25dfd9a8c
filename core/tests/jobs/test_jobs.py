"""Work for later: asked for in a transaction, done at least once, ending in exactly one state."""

import asyncio
import uuid
from collections.abc import Sequence

import psycopg
import pytest
import toy
from sqlalchemy import select, update

from gestral.capabilities import JOBS, JobView
from gestral.events import OrganisationCreated
from gestral.jobs.dispatcher import Dispatcher
from gestral.jobs.ledger import Ticket
from gestral.jobs.model import JobRow
from gestral.jobs.outbox import Outbox
from gestral.jobs.runner import Runner
from gestral.jobs.work import all_work
from gestral.plugin import Job, JobContext, Plugin
from gestral.testing.kit import Kit


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [toy.plugin]


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    toy.runs.clear()


async def ask(gestral: Kit, number: int) -> uuid.UUID:
    async with gestral.across_organisations() as session:
        return await gestral.platform.get(JOBS).enqueue(session, toy.COUNT, toy.Number(number))


async def view(gestral: Kit, job_id: uuid.UUID) -> JobView:
    return await gestral.platform.get(JOBS).view(job_id)


async def test_a_job_is_done_once(gestral: Kit) -> None:
    job_id = await ask(gestral, 1)
    assert (await view(gestral, job_id)).state == "waiting"
    assert await gestral.run_jobs() == 1
    assert await gestral.run_jobs() == 0
    assert (await view(gestral, job_id)).state == "done"
    assert toy.runs == [(1, 1)]


async def test_nothing_is_done_for_a_transaction_that_failed(gestral: Kit) -> None:
    answer = await gestral.client(gestral.user("toy:count")).post("/api/v1/toy/count/-1")
    assert answer.status_code == 500
    assert await gestral.run_jobs() == 0


async def test_many_jobs_are_asked_for_at_once(gestral: Kit) -> None:
    jobs = gestral.platform.get(JOBS)
    organisation_id = uuid.uuid4()
    numbers = [toy.Number(number) for number in (1, 2, 3)]
    async with gestral.transaction(organisation_id) as session:
        ids = await jobs.enqueue_many(session, toy.COUNT, numbers)
        assert await jobs.enqueue_many(session, toy.COUNT, []) == ()
    async with gestral.across_organisations() as session:
        rows = {row.id: row for row in await session.scalars(select(JobRow))}
    assert [rows[one].arguments for one in ids] == [{"number": number} for number in (1, 2, 3)]
    assert {row.organisation_id for row in rows.values()} == {organisation_id}
    assert await gestral.run_jobs() == 3
    assert toy.runs == [(1, 1), (2, 1), (3, 1)]


async def test_a_failure_has_a_reason_for_people(gestral: Kit) -> None:
    job_id = await ask(gestral, toy.THIRTEEN)
    await gestral.run_jobs()
    found = await view(gestral, job_id)
    assert (found.state, found.reason) == ("failed", "Thirteen will not do.")


async def test_what_may_succeed_is_tried_again_later(gestral: Kit) -> None:
    job_id = await ask(gestral, toy.SEVEN)
    await gestral.run_jobs()
    assert await gestral.run_jobs() == 0, "not at once"
    for _ in range(2):
        gestral.clock.turn(minutes=5)
        await gestral.run_jobs()
    assert (await view(gestral, job_id)).state == "done"
    assert toy.runs == [(7, 1), (7, 2), (7, 3)]


async def test_attempts_are_bounded_and_secrets_stay_inside(gestral: Kit) -> None:
    job_id = await ask(gestral, toy.EIGHT)
    for _ in range(6):
        await gestral.run_jobs()
        gestral.clock.turn(minutes=20)
    found = await view(gestral, job_id)
    assert (found.state, found.attempt, found.code) == ("failed", 3, "internal-error")
    assert "secret" not in found.reason


async def test_while_one_is_unfinished_there_is_no_second_of_its_key(gestral: Kit) -> None:
    jobs = gestral.platform.get(JOBS)
    ids = set()
    for _ in range(3):
        async with gestral.across_organisations() as session:
            ids.add(await jobs.enqueue(session, toy.COUNT, toy.Number(1), key="one"))
    assert len(ids) == 1
    await gestral.run_jobs()
    async with gestral.across_organisations() as session:
        assert await jobs.enqueue(session, toy.COUNT, toy.Number(1), key="one") not in ids


async def test_a_cancelled_job_is_not_started(gestral: Kit) -> None:
    job_id = await ask(gestral, 1)
    async with gestral.across_organisations() as session:
        await gestral.platform.get(JOBS).cancel(session, job_id)
    assert await gestral.run_jobs() == 0
    assert (await view(gestral, job_id)).state == "cancelled"


async def test_an_event_is_heard_by_its_listeners_after_the_commit(gestral: Kit) -> None:
    jobs = gestral.platform.get(JOBS)
    event = OrganisationCreated(organisation_id=uuid.uuid4(), name="Five!")
    async with gestral.across_organisations() as session:
        await jobs.publish(session, event)
    assert await gestral.run_jobs() == 1
    assert toy.runs == [(5, 1)]


async def test_a_job_of_a_dead_worker_is_taken_over_and_its_late_result_refused(
    gestral: Kit,
) -> None:
    job_id = await ask(gestral, 1)
    outbox = gestral.platform.get(JOBS)
    assert isinstance(outbox, Outbox)
    runner = Runner(gestral.platform, all_work(gestral.platform.registry.plugins), outbox)
    dispatcher = Dispatcher(gestral.platform, runner.work, outbox)
    assert len(await dispatcher.take()) == 1
    row = await runner.claim(job_id)  # the worker dies right here
    assert row is not None
    gestral.clock.turn(minutes=2)
    assert await gestral.run_jobs() == 1
    assert toy.runs == [(1, 2)]
    async with gestral.across_organisations() as session:
        late = await session.scalar(
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.attempt == row.attempt, JobRow.state == "running")
            .values(state="failed")
            .returning(JobRow.id)
        )
    assert late is None
    assert (await view(gestral, job_id)).state == "done"


async def test_a_job_that_kills_its_worker_every_time_fails_in_the_end(gestral: Kit) -> None:
    job_id = await ask(gestral, 1)
    outbox = gestral.platform.get(JOBS)
    assert isinstance(outbox, Outbox)
    runner = Runner(gestral.platform, all_work(gestral.platform.registry.plugins), outbox)
    dispatcher = Dispatcher(gestral.platform, runner.work, outbox)
    for _ in range(5):
        await dispatcher.sweep()
        for ticket in await dispatcher.take():
            await runner.claim(ticket.id)
        gestral.clock.turn(minutes=2)
    found = await view(gestral, job_id)
    assert (found.state, found.attempt, found.code) == ("failed", 3, "worker-died")


async def test_a_lost_ticket_is_sent_again(gestral: Kit) -> None:
    job_id = await ask(gestral, 1)
    outbox = gestral.platform.get(JOBS)
    assert isinstance(outbox, Outbox)
    dispatcher = Dispatcher(gestral.platform, all_work(gestral.platform.registry.plugins), outbox)
    assert len(await dispatcher.take()) == 1  # and the queue is wiped clean
    assert await gestral.run_jobs() == 0
    gestral.clock.turn(minutes=2)
    assert await gestral.run_jobs() == 1
    assert (await view(gestral, job_id)).state == "done"


async def test_a_ticket_that_cannot_be_sent_leaves_its_job_waiting(gestral: Kit) -> None:
    async def broken(tickets: Sequence[Ticket], queue: str) -> None:
        raise ConnectionError(f"{queue} does not take {len(tickets)}")

    job_id = await ask(gestral, 1)
    outbox = gestral.platform.get(JOBS)
    assert isinstance(outbox, Outbox)
    work = all_work(gestral.platform.registry.plugins)
    with pytest.raises(ConnectionError, match="default does not take 1"):
        await Dispatcher(gestral.platform, work, outbox).once(broken)
    assert (await view(gestral, job_id)).state == "waiting"
    assert await gestral.run_jobs() == 1, "and is sent again at once"


async def test_a_schedule_fires_once_for_each_due_time(gestral: Kit) -> None:
    counts = []
    for _ in range(3):
        await gestral.run_jobs()
        await gestral.run_jobs()
        counts.append(len(toy.runs))
        gestral.clock.turn(hours=1)
    assert counts == [0, 1, 2]


async def test_a_missed_time_is_made_up_once(gestral: Kit) -> None:
    for hours in (0, 1, 50):
        gestral.clock.turn(hours=hours)
        await gestral.run_jobs()
    assert toy.runs == [(-1, 1), (-1, 1)]


async def test_watching_ends_with_the_final_state(gestral: Kit) -> None:
    job_id = await ask(gestral, 1)
    states = []

    async def watch() -> None:
        async for found in gestral.platform.get(JOBS).watch(job_id):
            states.append(found.state)  # noqa: PERF401 - the point is to see them one by one

    watching = asyncio.create_task(watch())
    await gestral.run_jobs()
    async with asyncio.timeout(20):
        await watching
    assert states[-1] == "done"


async def test_cancelling_stops_a_running_job_at_its_next_progress(gestral: Kit) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()
    finished = []

    async def slow(context: JobContext, arguments: toy.Number) -> None:
        await context.progress("Starting")
        started.set()
        await go_on.wait()
        await context.progress("Going on")
        finished.append(arguments)

    work = all_work(gestral.platform.registry.plugins)
    name = "toy.count"
    slow_job = Job(name="count", arguments=toy.Number, run=slow, timeout=30)
    work[name] = type(work[name])(
        name=name, arguments=toy.Number, run=slow, timeout=30, attempts=3, source=slow_job
    )
    job_id = await ask(gestral, 1)
    outbox = gestral.platform.get(JOBS)
    assert isinstance(outbox, Outbox)
    runner = Runner(gestral.platform, work, outbox)
    await Dispatcher(gestral.platform, work, outbox).take()
    running = asyncio.create_task(runner.run(job_id))
    await started.wait()
    async with gestral.across_organisations() as session:
        await outbox.cancel(session, job_id)
    go_on.set()
    await running
    assert (await view(gestral, job_id)).state == "cancelled"
    assert finished == []


async def test_cancelling_stops_a_running_job_that_tells_nothing(gestral: Kit) -> None:
    started = asyncio.Event()
    heard = []

    async def silent(context: JobContext, arguments: toy.Number) -> None:
        started.set()
        await asyncio.Event().wait()

    job = Job(name="count", arguments=toy.Number, run=silent, timeout=60)
    work = all_work((Plugin(name="toy", api=">=1", summary="", jobs=(job,)),))
    outbox = gestral.platform.get(JOBS)
    assert isinstance(outbox, Outbox)
    runner = Runner(gestral.platform, work, outbox)
    dispatcher = Dispatcher(gestral.platform, work, outbox)
    running: list[asyncio.Task[bool]] = []

    async def send(tickets: Sequence[Ticket], _queue: str) -> None:
        running.extend(asyncio.create_task(runner.run(ticket.id)) for ticket in tickets)

    def look(job_id: uuid.UUID) -> None:
        heard.append(job_id)
        runner.look(job_id)

    url = gestral.platform.core_settings.database_url
    dispatching = asyncio.create_task(dispatcher.run(url, send, look))
    async with asyncio.timeout(60):
        job_id = await ask(gestral, 1)
        await started.wait()
        async with gestral.across_organisations() as session:
            await outbox.cancel(session, job_id)
        await running[0]
        dispatcher.stop()
        await dispatching
    assert heard == [job_id], "and not by the renewal of its lease"
    assert (await view(gestral, job_id)).state == "cancelled"


async def test_the_application_cannot_change_tables(gestral: Kit) -> None:
    url = gestral.platform.core_settings.database_url
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in (
            "DROP TABLE core.job",
            "CREATE TABLE core.other (id int)",
            "CREATE SCHEMA other",
            "UPDATE core.alembic_version SET version_num = '9'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)


async def test_the_record_of_a_finished_job_is_kept_for_a_month(gestral: Kit) -> None:
    job_id = await ask(gestral, 1)
    waiting = await ask(gestral, toy.SEVEN)
    await gestral.run_jobs()
    gestral.clock.turn(days=29)
    await gestral.run_jobs()
    assert (await view(gestral, job_id)).state == "done"
    gestral.clock.turn(days=2)
    await gestral.run_jobs()
    assert job_id not in await gestral.platform.get(JOBS).views([job_id, waiting])
    assert waiting in await gestral.platform.get(JOBS).views([waiting])
