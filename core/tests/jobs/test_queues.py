"""Who comes next: organisations take turns, priorities hold within one, long work waits apart."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest
import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from gestral.capabilities import JOBS
from gestral.jobs.dispatcher import Dispatcher
from gestral.jobs.ledger import Ticket
from gestral.jobs.live import Live
from gestral.jobs.model import JobRow, ScheduleRow
from gestral.jobs.outbox import Outbox
from gestral.jobs.runner import Runner
from gestral.jobs.work import all_work
from gestral.plugin import Job, JobContext, Plugin
from gestral.settings import Settings
from gestral.testing.kit import Kit


async def nothing(context: JobContext, arguments: toy.Number) -> None:
    toy.runs.append((arguments.number, context.attempt))


URGENT = Job(name="urgent", arguments=toy.Number, run=nothing, timeout=5, priority=5)
LONG = Job(name="long", arguments=toy.Number, run=nothing, timeout=5, queue="long")
HOURLY = Job(name="hourly", arguments=toy.Number, run=nothing, timeout=5, cron="0 * * * *")

ADA, BOB, CY = (uuid.UUID(int=number) for number in (1, 2, 3))
WINDOW = 4


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    plugin = Plugin(
        name="toy",
        api=">=1,<2",
        summary="Waits in queues",
        jobs=(toy.COUNT, URGENT, LONG, HOURLY),
    )
    return [plugin]


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    toy.runs.clear()


@pytest.fixture
def outbox(gestral: Kit) -> Outbox:
    found = gestral.platform.get(JOBS)
    assert isinstance(found, Outbox)
    return found


@pytest.fixture
def dispatcher(gestral: Kit, outbox: Outbox) -> Dispatcher:
    work = all_work(gestral.platform.registry.plugins)
    return Dispatcher(gestral.platform, work, outbox, {"default": WINDOW, "long": WINDOW})


async def ask(
    gestral: Kit,
    organisation: uuid.UUID | None,
    *numbers: int,
    job: Job[toy.Number] = toy.COUNT,
) -> list[uuid.UUID]:
    async with gestral.transaction(organisation) as session:
        return [
            await gestral.platform.get(JOBS).enqueue(
                session, job, toy.Number(number), organisation_id=organisation
            )
            for number in numbers
        ]


async def whose(gestral: Kit, tickets: Sequence[Ticket]) -> list[uuid.UUID | None]:
    async with gestral.across_organisations() as session:
        rows = await session.execute(select(JobRow.id, JobRow.organisation_id))
        found = {row.id: row.organisation_id for row in rows}
    return [found[ticket.id] for ticket in tickets]


async def test_one_job_waits_behind_the_window_and_not_behind_a_thousand(
    gestral: Kit, outbox: Outbox, dispatcher: Dispatcher
) -> None:
    async with gestral.across_organisations() as session:
        values = {"name": "toy.count", "arguments": {"number": 1}, "organisation_id": ADA}
        now = gestral.clock.now()
        rows = [{**values, "id": uuid.uuid4(), "run_at": now, "key": ""} for _ in range(1000)]
        await session.execute(JobRow.__table__.insert(), rows)  # type: ignore[arg-type]
    sent = await dispatcher.take()
    assert len(sent) == WINDOW
    (lone,) = await ask(gestral, BOB, 1)
    assert await dispatcher.take() == [], "the window is full"
    runner = Runner(gestral.platform, all_work(gestral.platform.registry.plugins), outbox)
    await runner.run(sent[0].id)
    (following,) = await dispatcher.take()
    assert following.id == lone, "it goes before all that were not sent yet"


@given(
    backlog=st.lists(
        st.tuples(st.sampled_from([ADA, BOB, CY, None]), st.integers(1, 6)), max_size=5
    )
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_nobody_gets_two_turns_more_than_another_who_waits(
    gestral: Kit, dispatcher: Dispatcher, backlog: list[tuple[uuid.UUID | None, int]]
) -> None:
    async with gestral.across_organisations() as session:
        await session.execute(JobRow.__table__.delete())  # type: ignore[arg-type]
    for organisation, count in backlog:
        await ask(gestral, organisation, *range(1, count + 1))
    left = {one: sum(n for who, n in backlog if who == one) for one, _ in backlog}
    had = dict.fromkeys(left, 0)
    while tickets := await dispatcher.take():
        for one in await whose(gestral, tickets):
            had[one] += 1
            left[one] -= 1
            waiting = [who for who, count in left.items() if count > 0]
            assert all(had[one] - had[who] <= 1 for who in waiting)
        async with gestral.across_organisations() as session:
            # What was sent goes on running: turns that were had count as long as they last.
            await session.execute(
                update(JobRow).where(JobRow.state == "queued").values(state="running")
            )
    assert not any(left.values())


async def test_priorities_hold_within_an_organisation(gestral: Kit, dispatcher: Dispatcher) -> None:
    first = await ask(gestral, ADA, 1, 2)
    (urgent,) = await ask(gestral, ADA, 3, job=URGENT)
    tickets = await dispatcher.take()
    assert [ticket.id for ticket in tickets] == [urgent, *first]


async def test_long_work_waits_in_a_queue_of_its_own(gestral: Kit, dispatcher: Dispatcher) -> None:
    await ask(gestral, ADA, *range(1, 10), job=LONG)
    (short,) = await ask(gestral, ADA, 1)
    assert [ticket.id for ticket in await dispatcher.take()] == [short]
    assert len(await dispatcher.take("long")) == WINDOW


async def test_an_organisation_has_no_more_under_way_than_it_may(
    gestral: Kit, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = gestral.platform.core_settings
    values = {name: getattr(limited, name) for name in limited.__struct_fields__}
    monkeypatch.setitem(
        gestral.platform._settings, Settings, Settings(**{**values, "jobs_per_organisation": 2})
    )
    dispatcher = Dispatcher(gestral.platform, all_work(gestral.platform.registry.plugins), outbox)
    await ask(gestral, ADA, 1, 2, 3, 4)
    await ask(gestral, BOB, 1)
    assert sorted(map(str, await whose(gestral, await dispatcher.take()))) == sorted(
        map(str, [ADA, ADA, BOB])
    )
    assert await dispatcher.take() == []


async def test_dispatchers_at_once_send_each_job_once(gestral: Kit, outbox: Outbox) -> None:
    asked = await ask(gestral, ADA, *range(1, 31))
    work = all_work(gestral.platform.registry.plugins)
    others = [Outbox(gestral.platform, work, Live(None)) for _ in range(2)]
    dispatchers = [Dispatcher(gestral.platform, work, one) for one in (outbox, *others)]
    taken = await asyncio.gather(*(one.take() for one in dispatchers))
    assert sorted(ticket.id for tickets in taken for ticket in tickets) == sorted(asked)
    for one in others:
        await one.aclose()


async def test_a_due_time_fires_once_however_many_look(gestral: Kit, outbox: Outbox) -> None:
    work = all_work(gestral.platform.registry.plugins)
    dispatchers = [Dispatcher(gestral.platform, work, outbox) for _ in range(3)]
    for hours in (0, 1, 30):
        gestral.clock.turn(hours=hours)
        await asyncio.gather(*(one.schedule() for one in dispatchers))
    async with gestral.across_organisations() as session:
        query = select(func.count()).where(JobRow.name == "toy.hourly")
        assert await session.scalar(query) == 2
        due = select(ScheduleRow.due).where(ScheduleRow.name == "toy.hourly")
        assert await session.scalar(due) == gestral.clock.now().replace(minute=0, second=0)


async def test_what_is_tried_again_by_hand_has_all_its_attempts(gestral: Kit) -> None:
    jobs = gestral.platform.get(JOBS)
    (job_id,) = await ask(gestral, ADA, toy.EIGHT)
    for expected in (3, 6):
        for _ in range(4):
            await gestral.run_jobs()
            gestral.clock.turn(minutes=20)
        assert (await jobs.view(job_id)).attempt == expected
        async with gestral.across_organisations() as session:
            await jobs.retry(session, job_id)


async def test_a_stopped_worker_finishes_what_runs_and_starts_nothing_more(
    gestral: Kit, outbox: Outbox, dispatcher: Dispatcher
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(context: JobContext, arguments: toy.Number) -> None:
        started.set()
        await go_on.wait()
        await nothing(context, arguments)

    work = all_work(gestral.platform.registry.plugins)
    slow_job = Job(name="count", arguments=toy.Number, run=slow, timeout=30)
    work |= all_work((Plugin(name="toy", api=">=1", summary="", jobs=(slow_job,)),))
    first, second = await ask(gestral, ADA, 1, 2)
    await dispatcher.take()
    runner = Runner(gestral.platform, work, outbox)
    running = asyncio.create_task(runner.run(first))
    await started.wait()
    draining = asyncio.create_task(runner.drain(30))
    await asyncio.sleep(0)
    assert not await runner.run(second)
    go_on.set()
    await asyncio.gather(running, draining)
    assert toy.runs == [(1, 1)]
    assert (await outbox.view(first)).state == "done"


async def test_what_a_stopped_worker_cannot_finish_costs_no_attempt(
    gestral: Kit, outbox: Outbox, dispatcher: Dispatcher
) -> None:
    started = asyncio.Event()

    async def endless(context: JobContext, arguments: toy.Number) -> None:
        started.set()
        await asyncio.Event().wait()

    work = all_work(gestral.platform.registry.plugins)
    job = Job(name="count", arguments=toy.Number, run=endless, timeout=30)
    work |= all_work((Plugin(name="toy", api=">=1", summary="", jobs=(job,)),))
    (job_id,) = await ask(gestral, ADA, 1)
    await dispatcher.take()
    runner = Runner(gestral.platform, work, outbox)
    running = asyncio.create_task(runner.run(job_id))
    await started.wait()
    await runner.drain(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await outbox.view(job_id)).state == "waiting"
    async with gestral.across_organisations() as session:
        query = select(JobRow.attempt - JobRow.forgiven).where(JobRow.id == job_id)
        assert await session.scalar(query) == 0
    assert await gestral.run_jobs() == 1
