"""How a mail leaves. `smtp`, `ses` and the local `mailbox` are there; a plugin may bring another:

    provides=(Provision(capability=TRANSPORTS, factory=make_my_transport),)

and an operator then chooses it by the plugin's name.

What a transport raises tells what is known of the message:

| Raised                  | Known                                                              |
|-------------------------|--------------------------------------------------------------------|
| nothing                 | it was accepted                                                    |
| `RetryableError`        | it was surely not accepted, and may be at another time             |
| `LostAnswerError`       | it was handed over, and whether it was accepted nobody knows       |
| `RefusedRecipientError` | it was refused for good: there is no such recipient                |
| other `JobError`s       | it was refused for good                                            |
"""

from email.headerregistry import Address
from email.message import EmailMessage
from typing import ClassVar, Protocol

from gestral.errors import JobError
from gestral.plugin import Capability

__all__ = (
    "TRANSPORTS",
    "LostAnswerError",
    "MailboxTransport",
    "RefusedRecipientError",
    "Transport",
    "one_line",
)


class LostAnswerError(JobError):
    """The message was handed over, but the answer was lost: it may or may not arrive."""

    default_code = "mail-unknown"


class RefusedRecipientError(JobError):
    """The address itself was refused for good: no mail is sent to it any more."""

    default_code = "mail-recipient-refused"


class Transport(Protocol):
    """Hands a mail over."""

    name: ClassVar[str]

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> str:
        """Hand a mail over.

        Args:
            message: All of it, in ASCII.
            sender: Whom it comes from.
            recipient: One address, in ASCII.

        Returns:
            The name that the receiving service gave it, for what that service tells of it later;
            empty where it gives none.

        Raises:
            JobError: It was not accepted, or that is not known; see the module's table.
        """
        ...


TRANSPORTS = Capability[Transport]("email_transports", many=True)
"""Ways out that plugins bring."""


class MailboxTransport:
    """Keeps every mail on the machine: the table of messages is the mailbox."""

    name: ClassVar[str] = "mailbox"

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> str:
        """See `Transport.send`; there is nothing left to do."""
        del message, sender, recipient
        return ""


def one_line(error: Exception) -> str:
    """Return what an error says on one line; the server's words are not to be trusted with more."""
    text = str(getattr(error, "message", "")) or str(error) or type(error).__name__
    return " ".join(text.split())[:300].rstrip(".") + "."
