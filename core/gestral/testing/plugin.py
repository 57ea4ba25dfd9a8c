"""The fixtures: see `gestral.testing`."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from gestral.embedded import Services
    from gestral.plugin import Plugin
    from gestral.testing.kit import Kit

__all__ = ("gestral", "gestral_database", "gestral_environment", "gestral_plugins")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the plugin under test."""
    parser.addoption(
        "--gestral-plugin", default="", help="name of the installed plugin that is under test"
    )


@pytest.fixture(scope="session")
def gestral_plugins(pytestconfig: pytest.Config) -> "Sequence[Plugin]":
    """The plugins under test: override it, or name one with `--gestral-plugin`."""
    from gestral.app.registry import discover, resolve

    chosen = pytestconfig.getoption("--gestral-plugin")
    registry = resolve(discover(), os.environ)
    broken = [
        f"{one.name}: {one.reason}"
        for one in registry.entries
        if one.state == "failed" and chosen in {"", one.name}
    ]
    found = [entry.plugin for entry in registry.entries if entry.plugin]
    if chosen:
        found = _with_providers([one for one in found if one.name == chosen], found)
    if broken or not found:
        pytest.fail("\n".join(broken) or f"no installed plugin is named {chosen!r}", pytrace=False)
    return found


def _with_providers(chosen: "list[Plugin]", installed: "Sequence[Plugin]") -> "list[Plugin]":
    """Return the chosen plugins, and those whose capabilities they require."""
    found = [*chosen]
    for plugin in found:  # grows on the way
        found += [
            one
            for one in installed
            if one not in found
            and any(provision.capability in plugin.requires for provision in one.provides)
        ]
    return found


@pytest.fixture
def gestral_environment() -> dict[str, str]:
    """The environment that plugins' settings are read from: override it to set some."""
    return {}


@pytest.fixture(scope="session")
def gestral_database(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Services]":
    """A real PostgreSQL of this test run's own."""
    from gestral.embedded import running

    with running(tmp_path_factory.mktemp("gestral"), valkey=False) as services:
        yield services


@pytest_asyncio.fixture
async def gestral(
    gestral_plugins: "Sequence[Plugin]",
    gestral_environment: dict[str, str],
    gestral_database: "Services",
    tmp_path_factory: pytest.TempPathFactory,
) -> "AsyncIterator[Kit]":
    """A platform with the plugins under test, its tables empty."""
    from gestral.testing.database import empty, migrated
    from gestral.testing.kit import kit, kit_settings

    owner = gestral_database.database_owner_url
    settings = kit_settings(
        tmp_path_factory.mktemp("platform"), gestral_database.database_url, owner
    )
    async with kit(gestral_plugins, settings, gestral_environment) as made:
        migrated(owner, made.platform.registry.plugins)
        empty(owner)
        yield made
