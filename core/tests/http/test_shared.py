"""Politeness over all processes, on a real Valkey."""

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from math import inf
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gestral.embedded import running
from gestral.http import BusyError, Fetcher, Limits
from gestral.http import shared as module
from gestral.http.politeness import Turns
from gestral.http.shared import SharedTurns, keys

HOST = "blog.example"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("valkey"), postgres=False) as services:
        yield services.redis_url


@pytest.fixture
async def redis(valkey: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey)
    await client.flushdb()
    yield client
    await client.aclose()


class Process:
    """What one process has: turns of its own, and its own connection to what is shared."""

    def __init__(self, url: str, *, concurrent: int = 10, interval: float = 0.0) -> None:
        self.shared = SharedTurns(url, concurrent, interval)
        self.turns = Turns(concurrent, interval, self.shared)

    async def visit(self, seconds: float = 60.0, interval: float = 0.0) -> None:
        until = asyncio.get_running_loop().time() + seconds
        async with self.turns.turn(HOST, until=until, interval=interval):
            await asyncio.sleep(0)


@pytest.fixture
async def processes(valkey: str, redis: Redis) -> AsyncIterator[list[Process]]:
    made = [Process(valkey, concurrent=2) for _ in range(3)]
    yield made
    for process in made:
        await process.turns.aclose()


async def test_a_host_never_has_more_requests_at_a_time_than_allowed_over_all_processes(
    processes: list[Process], redis: Redis
) -> None:
    present = 0
    both = asyncio.Barrier(2)  # nobody leaves alone: two are let in together

    async def visit(process: Process) -> None:
        nonlocal present
        async with process.turns.turn(HOST, until=asyncio.get_running_loop().time() + 60):
            present += 1
            await both.wait()
            assert present <= 2
            assert await redis.zcard(keys(HOST)[2]) <= 2
            present -= 1

    await asyncio.gather(*(visit(process) for process in processes * 4))
    assert not await redis.exists(*keys(HOST))  # each gave its turn back, and it left nothing


async def test_one_process_starts_no_sooner_than_the_interval_after_another(
    valkey: str, redis: Redis
) -> None:
    first, second = Process(valkey, interval=60.0), Process(valkey, interval=60.0)
    await first.visit()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await second.visit()
    assert 0 < await redis.pttl(keys(HOST)[1]) <= 60_000
    await redis.pexpire(keys(HOST)[1], 1)  # turns Valkey's clock
    await second.visit()
    for process in (first, second):
        await process.turns.aclose()


async def test_a_host_that_asks_to_be_left_alone_is_by_all_processes(
    processes: list[Process], redis: Redis
) -> None:
    first, second, _ = processes
    await first.turns.rest(HOST, 1_000_000)
    await first.turns.rest(HOST, 10)
    assert 3_590_000 < await redis.pttl(keys(HOST)[0]) <= 3_600_000
    with pytest.raises(BusyError, match="60 minutes"):
        await second.visit()
    await redis.pexpire(keys(HOST)[0], 50)
    await second.visit()
    assert await redis.zcard(keys(HOST)[2]) == 0


async def test_who_gives_up_waiting_or_dies_does_not_keep_its_turn(
    processes: list[Process], redis: Redis
) -> None:
    first, second, third = processes
    entered = asyncio.Event()

    async def stay() -> None:
        async with first.turns.turn(HOST, until=asyncio.get_running_loop().time() + 60):
            entered.set()
            await asyncio.Event().wait()

    staying = asyncio.create_task(stay())
    await entered.wait()
    # One that died: its lease is over at once.
    await redis.zadd(keys(HOST)[2], {"dead": 1})
    waiting = asyncio.create_task(second.visit())
    await waiting
    staying.cancel()
    await asyncio.gather(staying, return_exceptions=True)
    assert await redis.zcard(keys(HOST)[2]) == 0
    await third.visit()


async def test_every_key_expires_and_none_names_the_host(
    processes: list[Process], redis: Redis
) -> None:
    host = "a-very-private.example"
    process = processes[0]
    await process.turns.rest(host, 0.01)
    until = asyncio.get_running_loop().time() + 60
    async with process.turns.turn(host, until=until, interval=5):
        found = await redis.keys("*")
        assert len(found) >= 2
        # -1 would be a key that stays for ever; -2 is one that has expired meanwhile.
        assert -1 not in [await redis.pttl(key) for key in found]
        assert not any(b"private" in key for key in found)
        assert max(map(len, found)) < 64


async def test_without_valkey_each_process_keeps_the_limits_for_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    process = Process("redis://127.0.0.1:1/0", concurrent=1, interval=60.0)
    with caplog.at_level(logging.WARNING):
        await process.visit()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await process.visit()
        await process.turns.rest(HOST, 3000)
        with pytest.raises(BusyError):
            await process.visit()
    # Told once, and not at each of the calls.
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "127.0.0.1" not in caplog.text


async def test_a_valkey_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and says nothing
        process = Process(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        await process.visit()
        assert process.shared._away_until > asyncio.get_running_loop().time()
        await process.turns.aclose()


async def test_fetching_goes_on_when_valkey_stops(
    fetcher: Fetcher, hostile, tmp_path: Path
) -> None:
    address = hostile.page("/", b"x")
    with running(tmp_path / "data", postgres=False) as services:
        ours = Fetcher(policy=fetcher._policy, limits=fetcher._limits, redis_url=services.redis_url)
        assert (await ours.get(address)).body == b"x"
    async with ours:
        for _ in range(3):
            assert (await ours.get(address)).body == b"x"
        assert ours._turns._shared._away_until > 0


async def test_a_valkey_that_comes_back_is_used_again(valkey: str, redis: Redis) -> None:
    process = Process(valkey, interval=60.0)
    process.shared._away_until = inf
    await process.visit()
    assert not await redis.exists(keys(HOST)[1])
    process.shared._away_until = 0.0
    process.turns._hosts.clear()
    await process.visit()
    assert await redis.exists(keys(HOST)[1])
    await process.turns.aclose()


OTHER = """
import asyncio, sys
from gestral.errors import FetchError
from gestral.http.way_out import WayOut, open_fetcher

async def main(address, redis_url):
    fetcher = open_fetcher(WayOut(allow_networks=("127.0.0.1/32",)), redis_url=redis_url)
    try:
        print((await fetcher.get(address)).body.decode())
    except FetchError as error:
        print(error.code)
    finally:
        await fetcher.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_another_process_heeds_what_a_server_told_this_one(
    fetcher: Fetcher, hostile, valkey: str, redis: Redis
) -> None:
    address = hostile.page("/", b"", "Retry-After: 600", status="503 Busy")
    limits = Limits(deadline=20, backoff=0.001, interval=0)

    async def ask(page: str) -> str:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", OTHER, page, valkey), stdout=subprocess.PIPE
        )
        answer, _ = await child.communicate()
        return answer.decode().strip()

    ours = Fetcher(policy=fetcher._policy, limits=limits, redis_url=valkey)
    async with ours:
        hostile.page("/fine", b"hello")
        assert await ask(f"{hostile.address}/fine") == "hello"
        with pytest.raises(Exception, match="503"):
            await ours.get(address, robots=False)
    asked = len(hostile.requests)
    assert await ask(f"{hostile.address}/fine") == "host-busy"
    assert len(hostile.requests) == asked
