"""How a mail leaves: over SMTP, or into the local mailbox.

What a transport raises tells what is known of the message:

| Raised            | Known                                                              |
|-------------------|--------------------------------------------------------------------|
| nothing           | it was accepted                                                    |
| `RetryableError`  | it was surely not accepted, and may be at another time             |
| `LostAnswerError` | it was handed over, and whether it was accepted nobody knows       |
| other `JobError`s | it was refused for good                                            |
"""

from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, ClassVar, Protocol

from gestral.errors import JobError, RetryableError
from gestral_email.settings import SmtpServer

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

__all__ = ("LostAnswerError", "MailboxTransport", "SmtpTransport", "Transport")

FAREWELL = 5.0
"""Seconds to wait for the answer to QUIT, which changes nothing any more."""


class LostAnswerError(JobError):
    """The message was handed over, but the answer was lost: it may or may not arrive."""

    default_code = "mail-unknown"


class Transport(Protocol):
    """Hands a mail over."""

    name: ClassVar[str]

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> None:
        """Hand a mail over.

        Args:
            message: All of it, in ASCII.
            sender: Whom it comes from.
            recipient: One address, in ASCII.

        Raises:
            JobError: It was not accepted, or that is not known; see the module's table.
        """
        ...


class MailboxTransport:
    """Keeps every mail on the machine: the table of messages is the mailbox."""

    name: ClassVar[str] = "mailbox"

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> None:
        """See `Transport.send`; there is nothing left to do."""
        del message, sender, recipient


class SmtpTransport:
    """Hands over to a mail server, one connection for each message.

    Args:
        server: Which.
        timeout: Seconds to wait for each of its answers.
    """

    name: ClassVar[str] = "smtp"

    def __init__(self, server: SmtpServer, *, timeout: float) -> None:
        self._server = server
        self._timeout = timeout

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> None:
        """See `Transport.send`."""
        from aiosmtplib import SMTP

        client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.username,
            password=self._server.password,
            use_tls=self._server.tls == "implicit",
            start_tls=self._server.tls == "starttls",
            timeout=self._timeout,
        )
        try:
            await self._connect(client)
            await self._address(client, sender.addr_spec, recipient)
            await self._hand_over(client, message.as_bytes())
        finally:
            client.close()

    async def _connect(self, client: "SMTP") -> None:
        """Greet, encrypt and sign in: whatever fails here is the operator's or the server's."""
        from aiosmtplib import SMTPException

        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            raise RetryableError(
                f"The mail server {self._server.host} cannot be used: {_sentence(error)}",
                hint="Check GESTRAL_EMAIL_SMTP_URL.",
                code="mail-server-unusable",
            ) from error

    async def _address(self, client: "SMTP", sender: str, recipient: str) -> None:
        from aiosmtplib import SMTPException, SMTPResponseException

        try:
            await client.mail(sender)
            await client.rcpt(recipient)
        except SMTPResponseException as error:
            raise self._refusal(error) from error
        except (SMTPException, OSError) as error:
            raise RetryableError(
                f"The mail server {self._server.host} went away: {_sentence(error)}",
                code="mail-server-unusable",
            ) from error

    async def _hand_over(self, client: "SMTP", content: bytes) -> None:
        """Send the content. From here on, silence may mean that it was accepted."""
        from aiosmtplib import SMTPDataError, SMTPException

        try:
            await client.data(content)
        except SMTPDataError as error:
            if error.code < 400:
                raise self._lost(error) from error
            raise self._refusal(error) from error
        except (SMTPException, OSError) as error:
            raise self._lost(error) from error
        with suppress(SMTPException, OSError):
            await client.quit(timeout=FAREWELL)

    def _lost(self, error: Exception) -> LostAnswerError:
        return LostAnswerError(
            f"The mail server {self._server.host} was given the message, but its answer was lost: "
            f"{_sentence(error)}",
            hint="It may have arrived. It is not sent again by itself.",
        )

    def _refusal(self, error: "SMTPResponseException") -> JobError:
        """Tell a refusal for now (4yz of RFC 5321, section 4.2.1) from one for good (5yz)."""
        said = f"The mail server {self._server.host} said {error.code}: {_sentence(error)}"
        if error.code < 500:
            return RetryableError(said, code="mail-delayed")
        return JobError(said, code="mail-refused")


def _sentence(error: Exception) -> str:
    """Return what an error says on one line; the server's words are not to be trusted with more."""
    text = str(getattr(error, "message", "")) or str(error) or type(error).__name__
    return " ".join(text.split())[:300].rstrip(".") + "."
