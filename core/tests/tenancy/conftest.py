"""Two organisations with a job each, and the application's own way into the database."""

import uuid
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from toy import COUNT, Number
from toy import plugin as toy

from gestral.capabilities import JOBS
from gestral.plugin import Plugin
from gestral.testing.kit import Kit

HERS, THEIRS = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return (toy,)


@pytest.fixture
async def jobs(gestral: Kit) -> dict[uuid.UUID, uuid.UUID]:
    """A job of each organisation, by the organisation."""
    made = {}
    for organisation in (HERS, THEIRS):
        async with gestral.transaction(organisation) as session:
            made[organisation] = await gestral.platform.get(JOBS).enqueue(
                session, COUNT, Number(3), organisation_id=organisation
            )
    return made


@pytest.fixture
def application(gestral: Kit) -> Iterator[psycopg.Connection]:
    """A connection of the application's role, with nothing of Gestral's code around it."""
    url = gestral.platform.core_settings.database_url
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
