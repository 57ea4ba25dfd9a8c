"""With a plugin that sends mail, whoever signs up is welcomed."""

from importlib.metadata import entry_points

import pytest

from gestral.plugin import Plugin
from gestral.testing.kit import Kit
from gestral_auth import plugin as auth

from .conftest import SignedUp


@pytest.fixture(scope="session")
def gestral_plugins() -> list[Plugin]:
    found = entry_points(group="gestral.plugins", name="email")
    if not found:
        pytest.skip("no plugin named email is installed")
    return [auth, *(point.load() for point in found)]


async def test_who_signs_up_is_welcomed_by_name(gestral: Kit, signed_up: SignedUp) -> None:
    client = await signed_up(name="Ada & Co <b>")
    await gestral.run_jobs()
    (listed,) = (await client.get("/api/v1/email/mailbox")).json()["items"]
    assert (listed["to"], listed["subject"]) == (
        "ada@example.com",
        "Welcome to Gestral, Ada & Co <b>",
    )
    mail = (await client.get(f"/api/v1/email/mailbox/{listed['id']}")).json()
    assert "Hello Ada & Co <b>," in mail["text"]
    assert "Hello Ada &amp; Co &lt;b&gt;," in mail["html"]
    assert 'href="http://gestral.test"' in mail["html"]
