"""Mail leaves encrypted, and only to a server that proves who it is."""

import ssl
from pathlib import Path

import pytest
import trustme
from sqlalchemy import select

from gestral.capabilities import MAILER
from gestral.testing.kit import Kit
from gestral_email.models import Message

from .conftest import MailServer


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Has the mail server offer STARTTLS, and accept nothing without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def gestral_environment(mail_server: MailServer) -> dict[str, str]:
    return {
        "GESTRAL_EMAIL_SMTP_URL": mail_server.url.replace("?tls=none", ""),
        "GESTRAL_EMAIL_SENDER": "video@gestral.example",
    }


async def sent(kit: Kit) -> Message:
    async with kit.transaction() as session:
        await kit.platform.get(MAILER).send(
            session,
            "greeter/hello",
            "ada@example.com",
            {"name": "Ada", "address": "https://a.example/"},
            key="k",
        )
    await kit.run_jobs()
    async with kit.transaction() as session:
        return (await session.scalars(select(Message))).one()


async def test_mail_goes_encrypted_to_a_server_that_is_trusted(
    gestral: Kit,
    mail_server: MailServer,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    assert (await sent(gestral)).state == "sent"
    assert len(mail_server.received) == 1


async def test_a_server_with_a_certificate_of_nobody_gets_no_mail(
    gestral: Kit, mail_server: MailServer
) -> None:
    message = await sent(gestral)
    assert message.state == "waiting"
    assert "certificate" in message.reason.lower()
    assert mail_server.seen == []
