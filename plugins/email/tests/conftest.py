"""The plugin under test, templates to send, and a real mail server that can misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from gestral.plugin import Plugin
from gestral_email import plugin as email


@pytest.fixture(scope="session")
def gestral_plugins() -> list[Plugin]:
    greeter = Plugin(
        name="greeter",
        api=">=1,<2",
        summary="Has mail to send",
        mail_templates=Path(__file__).parent / "templates",
    )
    return [email, greeter]


class MailServer:
    """A mail server on loopback.

    Attributes:
        received: What it accepted.
        seen: The content of everything that was handed over, accepted or not.
        answers: What to answer to a command instead of accepting it.
        drop_at: The command at which to drop the connection.
        silent_at: The command to which there is no answer.
    """

    def __init__(self) -> None:
        self.received: list[Envelope] = []
        self.seen: list[bytes] = []
        self.answers: dict[str, str] = {}
        self.drop_at = ""
        self.silent_at = ""
        self.url = ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", server)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", server)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.seen.append(envelope.content)
        answer = await self._answer("DATA", server)
        if answer.startswith("250"):
            self.received.append(envelope)
        return answer

    async def _answer(self, command: str, server: SMTP) -> str:
        if self.silent_at == command:
            await asyncio.Event().wait()
        if self.drop_at == command:
            assert server.transport is not None
            server.transport.abort()
        return self.answers.get(command, "250 OK")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == b"p@ss:word"
        return AuthResult(success=right, handled=False)


@pytest.fixture
def server_tls() -> ssl.SSLContext | None:
    """Override it: what the mail server encrypts with, and then demands."""
    return None


@pytest_asyncio.fixture
async def mail_server(server_tls: ssl.SSLContext | None) -> AsyncIterator[MailServer]:
    """A mail server of this test's own."""
    handler = MailServer()
    connections: list[SMTP] = []

    def connect() -> SMTP:
        connections.append(
            SMTP(
                handler,
                hostname="mail.test",
                authenticator=handler.authenticate,
                auth_require_tls=False,
                enable_SMTPUTF8=False,
                tls_context=server_tls,
                require_starttls=server_tls is not None,
            )
        )
        return connections[-1]

    listening = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
    handler.url = f"smtp://127.0.0.1:{listening.sockets[0].getsockname()[1]}?tls=none"
    yield handler
    listening.close()
    tasks = [one._handler_coroutine for one in connections if one._handler_coroutine]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def gestral_environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where a test asks for the mail server, mail goes there."""
    if "mail_server" not in request.fixturenames:
        return {}
    server: MailServer = request.getfixturevalue("mail_server")
    return {
        "GESTRAL_EMAIL_SMTP_URL": server.url,
        "GESTRAL_EMAIL_SENDER": "Gestral Videos <video@gestral.example>",
        "GESTRAL_EMAIL_TIMEOUT": "0.5",
        "GESTRAL_EMAIL_DAILY_LIMIT": "5",
    }
