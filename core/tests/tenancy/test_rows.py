"""Rows read straight into structs: as guarded as a transaction, and nothing stays on the pool."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator

import msgspec
import psycopg
import pytest
from psycopg import errors

from gestral.db.rows import Readers
from gestral.db.tenancy import ACROSS, Scope
from gestral.testing.kit import Kit

from .conftest import HERS, THEIRS

Made = dict[uuid.UUID, uuid.UUID]


class Found(msgspec.Struct, frozen=True):
    id: uuid.UUID


@pytest.fixture
async def readers(gestral: Kit) -> AsyncIterator[Readers]:
    """One connection, so that whatever is left on it meets the next reader."""
    made = Readers(gestral.platform.core_settings.database_url, most=1)
    yield made
    await made.aclose()


async def seen(readers: Readers, scope: Scope) -> set[uuid.UUID]:
    return {one.id for one in await readers.read(scope, Found, "SELECT id FROM core.job")}


async def test_a_read_sees_the_rows_of_its_scope_alone(readers: Readers, jobs: Made) -> None:
    assert await seen(readers, HERS) == {jobs[HERS]}
    assert await seen(readers, None) == set()
    assert await seen(readers, ACROSS) == set(jobs.values())
    assert await seen(readers, THEIRS) == {jobs[THEIRS]}
    assert await seen(readers, None) == set()


@pytest.mark.parametrize("scope", [HERS, ACROSS])
async def test_a_read_that_fails_leaves_nothing_behind(
    readers: Readers, jobs: Made, scope: Scope
) -> None:
    assert jobs
    with pytest.raises(errors.DivisionByZero):
        await readers.read(scope, Found, "SELECT 1 / 0 AS id")
    assert await seen(readers, None) == set()


@pytest.mark.parametrize("scope", [HERS, ACROSS])
async def test_a_read_that_is_cancelled_leaves_nothing_behind(
    readers: Readers, application: psycopg.Connection, jobs: Made, scope: Scope
) -> None:
    assert jobs
    query = "SELECT gen_random_uuid() AS id, pg_sleep(30)::text"
    reading = asyncio.create_task(readers.read(scope, Found, query))
    active = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE query LIKE 'SELECT gen_random_uuid()%%' AND state = 'active'"
    )
    for _ in range(10_000):
        await asyncio.sleep(0)
        if application.execute(active).fetchone() != (0,):
            break
    else:
        pytest.fail("The query never ran.")
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await seen(readers, None) == set()


async def test_a_read_cannot_write(readers: Readers, jobs: Made) -> None:
    with pytest.raises(errors.ReadOnlySqlTransaction):
        await readers.read(HERS, Found, "DELETE FROM core.job RETURNING id")
    assert await seen(readers, HERS) == {jobs[HERS]}


@pytest.mark.parametrize("scope", [HERS, ACROSS])
async def test_a_read_survives_the_death_of_its_connection(
    readers: Readers, application: psycopg.Connection, jobs: Made, scope: Scope
) -> None:
    before = await seen(readers, scope)
    assert before
    own = "pid <> pg_backend_pid() AND usename = current_user"
    killed = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE "
    assert application.execute(killed + own).fetchone() != (0,)  # type: ignore[arg-type]
    assert await seen(readers, scope) == before


async def test_more_readers_than_connections_wait_for_each_other(
    readers: Readers, jobs: Made
) -> None:
    found = await asyncio.gather(*(seen(readers, HERS) for _ in range(8)))
    assert found == [{jobs[HERS]}] * 8
    assert (readers.idle, readers.used) == (1, 0)


async def test_moments_are_read_in_utc(readers: Readers) -> None:
    class Moment(msgspec.Struct):
        now: dt.datetime

    (found,) = await readers.read(None, Moment, "SELECT now()")
    assert found.now.utcoffset() == dt.timedelta(0)


async def test_parameters_are_bound(readers: Readers, jobs: Made) -> None:
    query = "SELECT id FROM core.job WHERE id = %s"
    assert await readers.read(HERS, Found, query, (jobs[HERS],)) == [Found(jobs[HERS])]
    assert await readers.read(HERS, Found, query, (jobs[THEIRS],)) == []
