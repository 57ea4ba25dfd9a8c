"""Tickets in Valkey: handed out once, to free slots alone, and given back by who stops."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from saq import Job

from gestral.embedded import Services, running
from gestral.jobs import tickets
from gestral.jobs.tickets import TicketQueue


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with running(tmp_path_factory.mktemp("valkey"), postgres=False) as services:
        yield services


@pytest.fixture(params=[2])
def slots(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest_asyncio.fixture
async def queue(services: Services, slots: int) -> AsyncIterator[TicketQueue]:
    queue = TicketQueue(services.redis_url, name=uuid.uuid4().hex, slots=slots)
    yield queue
    await queue.close()
    await queue.disconnect()


def ticket(number: int) -> Job:
    return Job(function="toy.count", key=str(number), kwargs={"job": str(number)})


async def next_key(queue: TicketQueue) -> str:
    async with asyncio.timeout(30):
        found = await queue.dequeue()
    assert found
    return found.key


async def waiting(queue: TicketQueue) -> int:
    return await queue.count("queued")


async def test_tickets_come_in_the_order_in_which_they_were_sent(queue: TicketQueue) -> None:
    asked = asyncio.gather(next_key(queue), next_key(queue))
    await queue.send([ticket(1), ticket(2)])
    assert await asked == ["1", "2"]
    assert await waiting(queue) == 0


async def test_no_ticket_is_handed_out_without_a_free_slot(queue: TicketQueue) -> None:
    await queue.send([ticket(1), ticket(2), ticket(3)])
    async with asyncio.timeout(30):
        first, _second = await queue.dequeue(), await queue.dequeue()
        third = asyncio.create_task(next_key(queue))
        await queue.redis.ping()
        assert not third.done()
        assert await waiting(queue) == 1
        assert first
        queue.release(first)
        queue.release(first)  # a second time frees no second slot
        assert await third == "3"
    assert queue._free.locked()


async def test_what_is_no_ticket_costs_no_slot(queue: TicketQueue) -> None:
    await queue._valkey.rpush(queue._queued, b"nonsense", b"{}")
    await queue.send([ticket(1)])
    assert await next_key(queue) == "1"
    assert not queue._free.locked()


@pytest.mark.parametrize("slots", [1], indirect=True)
async def test_a_queue_that_closes_keeps_no_ticket_back(queue: TicketQueue) -> None:
    """Even one that arrives while it asks for the last time."""
    asking = asyncio.create_task(queue.dequeue())
    await asyncio.sleep(0)
    assert queue._asks._asking
    closing = asyncio.create_task(queue.close())
    await asyncio.sleep(0)
    await queue.send([ticket(1)])
    await closing
    assert await waiting(queue) == 1
    assert not asking.done()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_valkey_that_is_away_is_asked_less_and_less_often(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert sorted(tickets.PAUSES) == list(tickets.PAUSES)
    monkeypatch.setattr(tickets, "PAUSES", (0.0,))
    nowhere = tmp_path_factory.mktemp("nowhere") / "valkey.sock"
    queue = TicketQueue(f"unix://{nowhere}", name="default", slots=1)
    for _ in range(25):
        assert await queue._ask([None]) == [None]
    await queue.disconnect()
    assert len(caplog.messages) == 3, "and says so now and then"
