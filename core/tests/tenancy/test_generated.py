"""The search for leaks finds leaks: routes that forget whose rows they show are caught."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy import Column, MetaData, String, Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from toy import plugin as toy

from gestral.app.core_plugin import core_plugin
from gestral.errors import ConflictError, NotFoundError
from gestral.jobs.model import JobRow
from gestral.plugin import Plugin, Services, Tables
from gestral.testing import conformance
from gestral.testing.kit import Kit
from gestral.testing.tenants import belongings, operations, trespasses

from .conftest import HERS, THEIRS


@get("/read/{job_id:uuid}", public=True)
async def read(job_id: FromPath[uuid.UUID], services: NamedDependency[Services]) -> str:
    async with services.across_organisations() as session:
        name: str | None = await session.scalar(select(JobRow.name).where(JobRow.id == job_id))
    if name is None:
        raise NotFoundError("There is no such job.")
    return name


@get("/differ", public=True)
async def differ(job_id: FromQuery[uuid.UUID], services: NamedDependency[Services]) -> None:
    async with services.across_organisations() as session:
        if await session.get(JobRow, job_id):
            raise ConflictError("There is no such job.", code="not-found")
    raise NotFoundError("There is no such job.")


@get("/list", public=True)
async def list_all(services: NamedDependency[Services]) -> list[uuid.UUID]:
    async with services.across_organisations() as session:
        return list(await session.scalars(select(JobRow.id)))


@get("/write/{job_id:uuid}", public=True)
async def write(job_id: FromPath[uuid.UUID], services: NamedDependency[Services]) -> None:
    async with services.across_organisations() as session:
        await session.execute(update(JobRow).where(JobRow.id == job_id).values(stage="mine"))


@get("/guarded/{job_id:uuid}", public=True)
async def guarded(job_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> str:
    """Forgets the WHERE, but not the transaction's organisation: PostgreSQL saves it."""
    name: str | None = await session.scalar(select(JobRow.name).where(JobRow.id == job_id))
    if name is None:
        raise NotFoundError("There is no such job.")
    return name


ROUTES = [read, differ, list_all, write, guarded]
leaky = Plugin(
    name="leaky",
    api=">=1,<2",
    summary="Forgets whose rows it shows",
    routes=lambda: ROUTES,  # type: ignore[arg-type,return-value]
)


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return (toy, leaky)


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ("read", "for another's id"),
        ("differ", "(409"),
        ("list", "shows"),
        ("guarded", ""),
    ],
)
async def test_a_route_that_tells_of_another_organisation_is_caught(
    gestral: Kit, jobs: dict[uuid.UUID, uuid.UUID], route: str, told: str
) -> None:
    owner = gestral.platform.core_settings.database_owner_url
    hers = belongings(owner, (core_plugin,), HERS)
    assert str(jobs[HERS]) in hers.ids
    assert str(jobs[THEIRS]) not in hers.ids
    stranger = gestral.client(gestral.user("toy:count", organisation_id=THEIRS))
    found = await trespasses(stranger, operations(gestral.app, f"/api/v1/leaky/{route}"), hers)
    assert bool(found) == bool(told)
    assert all(told in line for line in found)


async def test_a_route_that_writes_to_another_organisation_is_caught(
    gestral: Kit, jobs: dict[uuid.UUID, uuid.UUID]
) -> None:
    assert jobs
    owner = gestral.platform.core_settings.database_owner_url
    before = belongings(owner, (core_plugin,), HERS)
    await trespasses(gestral.client(), operations(gestral.app, "/api/v1/leaky/write"), before)
    assert belongings(owner, (core_plugin,), HERS) != before


async def test_the_toy_tells_nobody_of_another_organisation(
    gestral: Kit, jobs: dict[uuid.UUID, uuid.UUID]
) -> None:
    assert jobs
    owner = gestral.platform.core_settings.database_owner_url
    before = belongings(owner, (core_plugin,), HERS)
    told = operations(gestral.app, "/api/v1/toy")
    assert {one.path for one in told} >= {"/api/v1/toy/count/{number}"}
    for client in (
        gestral.client(gestral.user("toy:count", organisation_id=THEIRS)),
        gestral.client(),
    ):
        assert await trespasses(client, told, before) == []
    assert belongings(owner, (core_plugin,), HERS) == before


async def test_the_conformance_suite_refuses_a_plugin_that_tells(gestral: Kit) -> None:
    """Its author writes nothing for that: the rows are made up."""
    with pytest.raises(AssertionError, match="another organisation's"):
        await conformance.test_no_operation_tells_a_stranger_of_another_organisation(gestral, leaky)
    await conformance.test_no_operation_tells_a_stranger_of_another_organisation(gestral, toy)


async def test_plain_sql_finds_a_table_that_is_open(gestral: Kit) -> None:
    await conformance.test_plain_sql_sees_the_rows_of_one_organisation_alone(gestral, core_plugin)
    owner_url = gestral.platform.core_settings.database_owner_url
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE core.request DISABLE ROW LEVEL SECURITY")
        try:
            with pytest.raises(AssertionError, match="who acts for nobody sees rows"):
                await conformance.test_plain_sql_sees_the_rows_of_one_organisation_alone(
                    gestral, core_plugin
                )
        finally:
            owner.execute("ALTER TABLE core.request ENABLE ROW LEVEL SECURITY")


def test_a_table_that_belongs_to_nobody_says_why() -> None:
    conformance.test_every_table_says_whose_its_rows_are(core_plugin)
    metadata = MetaData(schema="leaky")
    Table("note", metadata, Column("text", String))
    tables = Tables(metadata=lambda: metadata, migrations=Path())
    with pytest.raises(AssertionError, match="note has no organisation_id"):
        conformance.test_every_table_says_whose_its_rows_are(replace(leaky, tables=tables))
