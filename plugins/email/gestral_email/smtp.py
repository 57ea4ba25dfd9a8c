"""Handing mail over to a mail server, by SMTP."""

import re
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, ClassVar

from gestral.errors import JobError, RetryableError
from gestral_email.settings import SmtpServer
from gestral_email.transports import LostAnswerError, RefusedRecipientError, one_line

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

__all__ = ("SmtpTransport",)

FAREWELL = 5.0
"""Seconds to wait for the answer to QUIT, which changes nothing any more."""

NO_SUCH_RECIPIENT = re.compile(r"5\.(1\.(1|2|3|6|10)|2\.1)\b")
"""Enhanced status codes (RFC 3463, section 3.2 and 3.3, and RFC 7505) that mean: there is no such
mailbox. A bare 550 may as well be about the sender, and is not taken for one."""


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

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> str:
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
        return ""

    async def _connect(self, client: "SMTP") -> None:
        """Greet, encrypt and sign in: whatever fails here is the operator's or the server's."""
        from aiosmtplib import SMTPException

        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            raise RetryableError(
                f"The mail server {self._server.host} cannot be used: {one_line(error)}",
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
                f"The mail server {self._server.host} went away: {one_line(error)}",
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
            f"{one_line(error)}",
            hint="It may have arrived. It is not sent again by itself.",
        )

    def _refusal(self, error: "SMTPResponseException") -> JobError:
        """Tell a refusal for now (4yz of RFC 5321, section 4.2.1) from one for good (5yz)."""
        sentence = one_line(error)
        said = f"The mail server {self._server.host} said {error.code}: {sentence}"
        if error.code < 500:
            return RetryableError(said, code="mail-delayed")
        if NO_SUCH_RECIPIENT.match(sentence):
            return RefusedRecipientError(said)
        return JobError(said, code="mail-refused")
