"""The plugin under test, with hashing cheap enough for many sign-ins."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from gestral.plugin import Plugin
from gestral.testing.kit import Kit
from gestral_auth import plugin as auth

PASSWORD = "a heron over cold water"

SignedUp = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def gestral_plugins() -> list[Plugin]:
    return [auth]


@pytest.fixture
def gestral_environment() -> dict[str, str]:
    return {
        "GESTRAL_AUTH_ARGON2_MEMORY_KIB": "64",
        "GESTRAL_AUTH_ATTEMPTS_PER_ACCOUNT": "3",
        "GESTRAL_AUTH_ATTEMPTS_PER_NETWORK": "6",
    }


@pytest.fixture
def signed_up(gestral: Kit) -> SignedUp:
    """Sign somebody up, and return their browser."""

    async def sign_up(email: str = "ada@example.com", name: str = "Ada") -> httpx.AsyncClient:
        client = gestral.client()
        answer = await client.post(
            "/api/v1/auth/sign-up", json={"email": email, "name": name, "password": PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        return client

    return sign_up
