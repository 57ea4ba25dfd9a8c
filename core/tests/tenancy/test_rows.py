"""Rows read straight into structs: as guarded as a transaction, and nothing stays on the pool."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import msgspec
import psycopg
import pytest
from psycopg import errors
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gestral.db.engine import driver_url
from gestral.db.rows import read_rows
from gestral.db.tenancy import ACROSS, Scope
from gestral.testing.kit import Kit

from .conftest import HERS, THEIRS

Made = dict[uuid.UUID, uuid.UUID]


class Found(msgspec.Struct, frozen=True):
    id: uuid.UUID


@pytest.fixture
async def pool(gestral: Kit) -> AsyncIterator[AsyncEngine]:
    """One connection, so that whatever is left on it meets the next reader."""
    url = driver_url(gestral.platform.core_settings.database_url)
    engine = create_async_engine(url, pool_size=1, max_overflow=0)
    yield engine
    await engine.dispose()


async def seen(pool: AsyncEngine, scope: Scope) -> set[uuid.UUID]:
    return {one.id for one in await read_rows(pool, scope, Found, "SELECT id FROM core.job")}


async def test_a_read_sees_the_rows_of_its_scope_alone(pool: AsyncEngine, jobs: Made) -> None:
    assert await seen(pool, HERS) == {jobs[HERS]}
    assert await seen(pool, None) == set()
    assert await seen(pool, ACROSS) == set(jobs.values())
    assert await seen(pool, THEIRS) == {jobs[THEIRS]}
    assert await seen(pool, None) == set()


@pytest.mark.parametrize("scope", [HERS, ACROSS])
async def test_a_read_that_fails_leaves_nothing_behind(
    pool: AsyncEngine, jobs: Made, scope: Scope
) -> None:
    assert jobs
    with pytest.raises(errors.DivisionByZero):
        await read_rows(pool, scope, Found, "SELECT 1 / 0 AS id")
    assert await seen(pool, None) == set()


@pytest.mark.parametrize("scope", [HERS, ACROSS])
async def test_a_read_that_is_cancelled_leaves_nothing_behind(
    pool: AsyncEngine, application: psycopg.Connection, jobs: Made, scope: Scope
) -> None:
    assert jobs
    query = "SELECT gen_random_uuid() AS id, pg_sleep(30)::text"
    reading = asyncio.create_task(read_rows(pool, scope, Found, query))
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
    assert await seen(pool, None) == set()


async def test_a_read_cannot_write(pool: AsyncEngine, jobs: Made) -> None:
    with pytest.raises(errors.ReadOnlySqlTransaction):
        await read_rows(pool, HERS, Found, "DELETE FROM core.job RETURNING id")
    assert await seen(pool, HERS) == {jobs[HERS]}


async def test_parameters_are_bound(pool: AsyncEngine, jobs: Made) -> None:
    query = "SELECT id FROM core.job WHERE id = %s"
    assert await read_rows(pool, HERS, Found, query, (jobs[HERS],)) == [Found(jobs[HERS])]
    assert await read_rows(pool, HERS, Found, query, (jobs[THEIRS],)) == []
