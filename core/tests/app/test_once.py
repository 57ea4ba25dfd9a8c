"""A request is one transaction, and what is sent again with its key is not done again."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from toy import COUNT, Number
from toy import plugin as toy

from gestral.app.services import Platform
from gestral.app.unit import KEPT_BYTES, REPLAYED
from gestral.capabilities import JOBS
from gestral.errors import InputError
from gestral.jobs.model import JobRow, RequestRow
from gestral.plugin import Permission, Plugin, Services
from gestral.testing.kit import Kit

hold = asyncio.Event()


@post("/slow/{number:int}", permission="once:ask")
async def slow(
    number: FromPath[int],
    services: NamedDependency[Services],
    session: NamedDependency[AsyncSession],
) -> dict[str, str]:
    job_id = await services.get(JOBS).enqueue(session, COUNT, Number(number))
    await hold.wait()
    if number < 0:
        raise InputError("Below nothing.")
    return {"id": str(job_id)}


@post("/large", permission="once:ask")
async def large(
    services: NamedDependency[Services],
    session: NamedDependency[AsyncSession],
    streamed: FromQuery[bool] = False,
) -> Response[Any]:
    await services.get(JOBS).enqueue(session, COUNT, Number(1))
    if streamed:
        return Stream(iter([b"x" * 1000] * 2000))
    return Response(b"x" * 2_000_000)


once = Plugin(
    name="once",
    api=">=1,<2",
    summary="Asks for work",
    routes=lambda: [slow, large],
    permissions=(Permission(name="once:ask", summary="Ask", role="editor"),),
)


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return (toy, once)


@pytest.fixture(autouse=True)
def _let_go() -> None:
    hold.set()


async def jobs(gestral: Kit) -> int:
    async with gestral.across_organisations() as session:
        return await session.scalar(select(func.count()).select_from(JobRow)) or 0


def key(value: str = "one") -> dict[str, str]:
    return {"Idempotency-Key": value}


async def test_what_is_sent_again_gets_the_same_answer_and_does_nothing(gestral: Kit) -> None:
    client = gestral.client(gestral.user("once:ask"))
    first = await client.post("/api/v1/once/slow/1", headers=key())
    again = await client.post("/api/v1/once/slow/1", headers=key())
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (first.headers.get(REPLAYED), again.headers[REPLAYED]) == (None, "true")
    assert await jobs(gestral) == 1


async def test_without_a_key_or_with_another_it_is_done_again(gestral: Kit) -> None:
    client = gestral.client(gestral.user("once:ask"))
    for headers in ({}, {}, key("one"), key("two")):
        await client.post("/api/v1/once/slow/1", headers=headers)
    assert await jobs(gestral) == 4


async def test_a_key_is_one_persons_in_one_organisation(gestral: Kit) -> None:
    organisation = uuid.uuid4()
    for user in (
        gestral.user("once:ask"),
        gestral.user("once:ask", organisation_id=organisation),
        gestral.user("once:ask", organisation_id=organisation),
    ):
        answer = await gestral.client(user).post("/api/v1/once/slow/1", headers=key())
        assert REPLAYED not in answer.headers
    assert await jobs(gestral) == 3


async def test_a_key_does_not_stand_for_another_request(gestral: Kit) -> None:
    client = gestral.client(gestral.user("once:ask"))
    await client.post("/api/v1/once/slow/1", headers=key())
    other = await client.post("/api/v1/once/slow/2", headers=key())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("value", ["", " ", "x" * 256, "a b"])
async def test_what_cannot_be_a_key_is_refused(gestral: Kit, value: str) -> None:
    client = gestral.client(gestral.user("once:ask"))
    answer = await client.post("/api/v1/once/slow/1", headers=key(value))
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-invalid")


async def test_a_failed_request_leaves_nothing_and_frees_its_key(gestral: Kit) -> None:
    client = gestral.client(gestral.user("once:ask"))
    for _ in range(2):
        answer = await client.post("/api/v1/once/slow/-1", headers=key())
        assert (answer.status_code, answer.headers.get(REPLAYED)) == (422, None)
    assert await jobs(gestral) == 0


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_answer_too_large_to_be_kept_is_given_once_and_nothing_is_done_twice(
    gestral: Kit, streamed: bool
) -> None:
    client = gestral.client(gestral.user("once:ask"))
    address = f"/api/v1/once/large?streamed={streamed}"
    first = await client.post(address, headers=key())
    assert (first.status_code, len(first.content)) == (201, 2_000_000)
    again = await client.post(address, headers=key())
    assert (again.status_code, again.json()["code"]) == (409, "idempotency-answer-not-kept")
    assert again.headers[REPLAYED] == "true"
    assert await jobs(gestral) == 1
    async with gestral.across_organisations() as session:
        kept = await session.scalar(select(func.length(RequestRow.body)))
    assert kept is not None
    assert kept < KEPT_BYTES


async def test_of_many_at_once_one_is_done(gestral: Kit) -> None:
    client = gestral.client(gestral.user("once:ask"))
    hold.clear()
    asked = [
        asyncio.create_task(client.post("/api/v1/once/slow/1", headers=key())) for _ in range(5)
    ]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    hold.set()
    answers = await asyncio.gather(*asked)
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 201
    assert all(
        answer.status_code == 201 or answer.json()["code"] == "idempotency-in-progress"
        for answer in answers
    )
    assert await jobs(gestral) == 1


async def test_a_key_of_a_dead_process_is_taken_over_and_its_late_answer_refused(
    gestral: Kit,
) -> None:
    client = gestral.client(gestral.user("once:ask"))
    hold.clear()
    late = asyncio.create_task(client.post("/api/v1/once/slow/1", headers=key()))
    async with asyncio.timeout(20):
        while not await _keys(gestral):  # noqa: ASYNC110 - the database tells of no event
            await asyncio.sleep(0)
    gestral.clock.turn(minutes=2)
    second = asyncio.create_task(client.post("/api/v1/once/slow/1", headers=key()))
    first_token = (await _keys(gestral))[0]
    async with asyncio.timeout(20):
        while await _keys(gestral) == [first_token]:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    hold.set()
    answers = await asyncio.gather(late, second)
    assert [answer.status_code for answer in answers] == [409, 201]
    assert await jobs(gestral) == 1


@pytest.mark.parametrize("reachable", [True, False])
async def test_what_was_committed_unheard_is_not_done_again(
    gestral: Kit, monkeypatch: pytest.MonkeyPatch, reachable: bool
) -> None:
    client = gestral.client(gestral.user("once:ask"))
    commit = AsyncSession.commit

    def lost(*_: object) -> NoReturn:
        raise OperationalError("COMMIT", {}, ConnectionError("the connection was cut"))

    async def unheard(session: AsyncSession) -> None:
        await commit(session)
        if not reachable:
            patch.setattr(Platform, "transaction", lost)
        lost()

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", unheard)
        first = await client.post("/api/v1/once/slow/1", headers=key())
    again = await client.post("/api/v1/once/slow/1", headers=key())
    assert (first.status_code, first.json()["code"]) == (503, "service-unavailable")
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert await jobs(gestral) == 1


async def _keys(gestral: Kit) -> list[uuid.UUID]:
    async with gestral.across_organisations() as session:
        return list(await session.scalars(select(RequestRow.token)))


async def test_kept_answers_are_forgotten_after_a_day(gestral: Kit) -> None:
    client = gestral.client(gestral.user("once:ask"))
    await gestral.run_jobs()
    await client.post("/api/v1/once/slow/1", headers=key())
    async with gestral.across_organisations() as session:
        await session.execute(update(RequestRow).values(created_at=gestral.clock.now()))
    gestral.clock.turn(days=2)
    await gestral.run_jobs()
    assert await _keys(gestral) == []
