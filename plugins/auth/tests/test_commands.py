"""`gestral users`, as an operator types it."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from gestral.cli.main import cli
from gestral.embedded import Services
from gestral.testing.database import empty, migrated
from gestral_auth import plugin as auth

from .conftest import PASSWORD

Command = Callable[..., Result]


@pytest.fixture
def users(gestral_database: Services, monkeypatch: pytest.MonkeyPatch) -> Command:
    migrated(gestral_database.database_owner_url, (auth,))
    empty(gestral_database.database_owner_url)
    for name, value in {
        "DATABASE_URL": gestral_database.database_url,
        "REDIS_URL": "redis://127.0.0.1:1",
        "STORAGE_URL": "file:///nowhere",
        "SECRET": "a secret of this test and of it alone",
        "AUTH_ARGON2_MEMORY_KIB": "64",
    }.items():
        monkeypatch.setenv(f"GESTRAL_{name}", value)
    runner = CliRunner(catch_exceptions=True)
    return lambda *words: runner.invoke(cli, ["users", *words])


def test_an_account_is_made_and_listed(users: Command) -> None:
    made = users("create", "ada@example.com", "--name", "Ada", "--password", PASSWORD)
    assert made.exit_code == 0, made.output
    assert users("list").output == "ada@example.com\tAda\n"


def test_another_password_is_checked_like_the_first(users: Command) -> None:
    users("create", "ada@example.com", "--name", "Ada", "--password", PASSWORD)
    refused = users("set-password", "ada@example.com", "--password", "password123")
    assert "most common" in str(refused.exception)
    changed = users("set-password", "ada@example.com", "--password", "a wren over warm sand")
    assert changed.exit_code == 0, changed.output


def test_an_account_that_is_not_there_is_named(users: Command) -> None:
    answer = users("set-password", "eve@example.com", "--password", PASSWORD)
    assert "'eve@example.com'" in str(answer.exception)
