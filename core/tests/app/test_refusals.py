"""A start refuses what could lose work or show it to others, and says what to set."""

from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
import pytest_asyncio
import toy
from msgspec.structs import replace
from redis import Redis

from gestral.app import refusals
from gestral.app.refusals import refuse_unsafe, unsafe
from gestral.app.services import Platform
from gestral.db.engine import Database
from gestral.embedded import Services, running
from gestral.errors import ConfigurationError, GestralError
from gestral.plugin import Plugin
from gestral.testing.kit import Kit


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [toy.plugin]


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with running(tmp_path_factory.mktemp("valkey"), postgres=False) as services:
        yield services


@pytest.fixture
def platform(gestral: Kit, valkey: Services, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """One that may start: a test takes one thing away."""
    settings = replace(gestral.platform.core_settings, redis_url=valkey.redis_url)
    monkeypatch.setattr(gestral.platform, "core_settings", settings)
    return gestral.platform


@pytest_asyncio.fixture
async def owned(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    database = Database(platform.core_settings.database_owner_url)
    monkeypatch.setattr(platform, "database", database)
    yield platform
    await database.aclose()


async def refused(platform: Platform) -> GestralError:
    """Return the one thing that is wrong, which the start raises."""
    (problem,) = await unsafe(platform)
    with pytest.raises(type(problem), match=r"\w") as raised:
        await refuse_unsafe(platform)
    assert str(raised.value) == str(problem)
    return problem


async def test_what_is_as_it_should_be_may_start(platform: Platform) -> None:
    assert await unsafe(platform) == []
    await refuse_unsafe(platform)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_valkey_that_may_drop_jobs_is_refused(
    platform: Platform, valkey: Services, policy: str
) -> None:
    with Redis.from_url(valkey.redis_url) as client:
        client.config_set("maxmemory-policy", policy)
        try:
            problem = await refused(platform)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert policy in str(problem)
    assert "Set maxmemory-policy to noeviction." in str(problem.hint)


async def test_a_valkey_that_is_away_or_too_old_is_refused(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(refusals, "VALKEY", (99, 0))
        assert "99.0 or newer" in str((await refused(platform)).hint)
    settings = replace(platform.core_settings, redis_url="unix:///nowhere/valkey.sock")
    monkeypatch.setattr(platform, "core_settings", settings)
    assert "Valkey does not answer" in str(await refused(platform))


async def test_a_postgresql_that_is_too_old_is_refused(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "POSTGRESQL", 99)
    assert "99 or newer" in str((await refused(platform)).hint)


async def test_a_role_that_passes_by_row_level_security_is_refused(owned: Platform) -> None:
    problem = await refused(owned)
    assert isinstance(problem, ConfigurationError)
    assert "'gestral_owner'" in str(problem)
    assert "Connect as gestral_app" in str(problem.hint)


async def test_a_database_without_the_platforms_role_is_refused(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "PLATFORM_ROLE", "gestral_nobody")
    assert "bootstrap.sql" in str((await refused(platform)).hint)
