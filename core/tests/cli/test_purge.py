"""Purging: what is deleted is the plugin's, whoever has a name that begins alike.

`nox -s plugins` calls the commands themselves, on plugins that come and go.
"""

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
import toy
from sqlalchemy import text

from gestral.capabilities import JOBS
from gestral.cli import purge
from gestral.db.migrate import connected, downgrade, locked, status
from gestral.errors import InputError
from gestral.plugin import Plugin
from gestral.testing.kit import Kit


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [toy.plugin]


def shown(owner: str, cache: Path) -> list[str]:
    with connected(owner) as connection:
        found = purge._leftovers(connection, "toy", cache)
        return [" ".join(line.split()) for line in found.lines()]


async def test_a_plugins_jobs_are_purged_and_no_others(gestral: Kit, tmp_path: Path) -> None:
    owner = gestral.platform.core_settings.database_owner_url
    async with gestral.transaction(uuid.uuid4()) as session:
        for number in (1, 2, 3):
            await gestral.platform.get(JOBS).enqueue(session, toy.COUNT, toy.Number(number))
    await gestral.run_jobs()
    async with gestral.across_organisations() as session:
        await session.execute(
            text(
                "UPDATE core.job SET name = 'toyshop.count' WHERE (arguments->>'number')::int = 1;"
                "UPDATE core.job SET state = 'waiting', finished_at = NULL"
                " WHERE (arguments->>'number')::int = 2"
            )
        )
    told = await asyncio.to_thread(shown, owner, tmp_path)
    assert [line for line in told if "schedule" not in line] == [
        "core.job 2 rows",
        "core.tally 1 rows",
        "1 of these jobs are not finished",
    ]

    def delete() -> None:
        with locked(owner) as connection:
            purge._delete(connection, "toy")

    await asyncio.to_thread(delete)
    assert await asyncio.to_thread(shown, owner, tmp_path) == []
    async with gestral.across_organisations() as session:
        assert (await session.scalars(text("SELECT name FROM core.job"))).all() == ["toyshop.count"]


async def test_the_cache_is_counted(gestral: Kit, tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "one").touch()
    owner = gestral.platform.core_settings.database_owner_url
    assert await asyncio.to_thread(shown, owner, tmp_path) == ["its cache on this machine 1 files"]


async def test_tables_are_not_taken_back_to_a_revision_that_is_not_theirs(gestral: Kit) -> None:
    owner = gestral.platform.core_settings.database_owner_url
    core = gestral.platform.registry.plugins[0]
    with pytest.raises(InputError, match=r"cannot be taken back to 'nope'\. Its revisions are"):
        downgrade(owner, core, "nope")
    assert all(one.up_to_date for one in status(owner, (core,)))
