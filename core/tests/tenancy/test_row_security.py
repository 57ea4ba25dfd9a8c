"""PostgreSQL keeps organisations apart by itself: plain SQL, as the role of the application."""

import uuid

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.testing.kit import Kit

from .conftest import HERS, THEIRS

Made = dict[uuid.UUID, uuid.UUID]


def act_for(connection: psycopg.Connection, organisation: uuid.UUID | None) -> None:
    connection.execute(
        "SELECT set_config('gestral.organisation', %s, true)", (str(organisation or ""),)
    )


def ids(connection: psycopg.Connection) -> set[uuid.UUID]:
    return {row[0] for row in connection.execute("SELECT id FROM core.job")}


def test_who_acts_for_nobody_sees_nobodys_rows(application: psycopg.Connection, jobs: Made) -> None:
    assert jobs
    assert ids(application) == set()


def test_who_acts_for_one_sees_the_rows_of_that_one(
    application: psycopg.Connection, jobs: Made
) -> None:
    with application.transaction():
        act_for(application, HERS)
        assert ids(application) == {jobs[HERS]}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO core.job SELECT (jsonb_populate_record(j, jsonb_build_object("
        "'id', gen_random_uuid(), 'organisation_id', %(theirs)s::uuid))).* FROM core.job j",
        "UPDATE core.job SET organisation_id = %(theirs)s",
        "UPDATE core.job SET organisation_id = NULL",
    ],
    ids=["write", "give away", "give to nobody"],
)
def test_no_row_can_be_given_to_another(
    application: psycopg.Connection, jobs: Made, statement: str
) -> None:
    assert jobs
    with application.transaction(force_rollback=True):
        act_for(application, HERS)
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            application.execute(statement, {"theirs": str(THEIRS)})


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM core.job WHERE id = %s", "UPDATE core.job SET stage = 'x' WHERE id = %s"],
)
def test_rows_of_another_cannot_be_touched(
    application: psycopg.Connection, jobs: Made, statement: str
) -> None:
    with application.transaction():
        act_for(application, HERS)
        assert application.execute(statement, (jobs[THEIRS],)).rowcount == 0


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE core.job DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE core.job NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY organisation ON core.job",
        "CREATE POLICY open ON core.job USING (true)",
        "CREATE TABLE core.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "TRUNCATE core.job",
        "SET ROLE gestral_owner",
        "SET SESSION AUTHORIZATION gestral_owner",
        "ALTER ROLE gestral_app BYPASSRLS",
        "CREATE VIEW core.all_jobs AS SELECT * FROM core.job",
    ],
)
def test_the_application_cannot_open_the_door(
    application: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute(statement)


def test_row_security_cannot_be_slept_through(application: psycopg.Connection) -> None:
    application.execute("SET row_security = off")
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute("SELECT * FROM core.job")


def test_the_application_owns_nothing(application: psycopg.Connection) -> None:
    owned = application.execute(
        "SELECT relname FROM pg_class WHERE relowner IN ('gestral_app'::regrole, "
        "'gestral_platform'::regrole)"
    ).fetchall()
    assert owned == []
    (flags,) = application.execute(
        "SELECT array_agg(DISTINCT (rolsuper, rolbypassrls, rolcreaterole, rolcreatedb)::text) "
        "FROM pg_roles WHERE rolname IN ('gestral_app', 'gestral_platform')"
    ).fetchone() or ("",)
    assert flags == ["(f,f,f,f)"]


def test_every_table_with_an_organisation_is_guarded(gestral: Kit) -> None:
    assert gestral
    with psycopg.connect(gestral.platform.core_settings.database_owner_url) as owner:
        open_tables = owner.execute(
            "SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relkind = 'r' AND a.attname = 'organisation_id' AND NOT a.attisdropped "
            "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
        ).fetchall()
        assert open_tables == []


async def _seen(session: AsyncSession) -> set[uuid.UUID]:
    return set((await session.execute(text("SELECT id FROM core.job"))).scalars())


async def test_a_pooled_connection_remembers_nobody(gestral: Kit, jobs: Made) -> None:
    for _ in range(6):  # more often than the pool has connections
        async with gestral.across_organisations() as session:
            assert await _seen(session) == set(jobs.values())
        async with gestral.platform.database.session(THEIRS) as session:
            assert await _seen(session) == {jobs[THEIRS]}
            with pytest.raises(DBAPIError):
                await session.execute(text("SELECT 1/0"))
        async with gestral.transaction() as session:
            assert await _seen(session) == set()


async def test_a_session_keeps_to_its_organisation_after_a_commit(gestral: Kit, jobs: Made) -> None:
    async with gestral.platform.database.session(HERS) as session:
        for _ in range(3):
            assert await _seen(session) == {jobs[HERS]}
            await session.commit()


async def test_a_session_takes_no_connection_until_it_is_used(gestral: Kit) -> None:
    pool = gestral.platform.database.engine.pool
    async with gestral.transaction():
        assert pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_request_and_its_job_act_for_the_visitors_organisation(gestral: Kit) -> None:
    ada = gestral.user("toy:count")
    answer = await gestral.client(ada).post("/api/v1/toy/count/5")
    async with gestral.transaction(ada.organisation_id) as session:
        assert {str(one) for one in await _seen(session)} == {answer.json()["id"]}
    async with gestral.transaction() as session:
        assert await _seen(session) == set(), "the request's organisation outlived the request"
