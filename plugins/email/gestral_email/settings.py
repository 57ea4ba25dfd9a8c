"""What an operator can set about mail: `GESTRAL_EMAIL_<FIELD>`."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from gestral.errors import ConfigurationError

__all__ = ("EmailSettings", "SmtpServer", "Tls", "read_smtp_url")

Tls = Literal["starttls", "implicit", "none"]
"""`starttls` demands the upgrade: a server without it gets no mail."""

PORTS: dict[Tls, int] = {"starttls": 587, "implicit": 465, "none": 25}


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the plugin `email`.

    Attributes:
        transport: How mail leaves: `smtp`, `ses`, `mailbox`, which keeps it on the machine, or the
            name of a plugin that brings another way. Empty: `smtp` where `smtp_url` is set, else
            `mailbox`.
        sender: Whom mail comes from, such as `Gestral <video@example.org>`; needed wherever mail
            leaves the machine.
        timeout: Seconds to wait for each answer of the server. RFC 5321, section 4.5.3.2, asks for
            minutes.
        daily_limit: How many mails an organisation may send within a day; 0 for any number.
        kept_days: Days after which the content of a mail is deleted, while the record of it stays;
            0 to keep it for ever.
        smtp_url: `smtp://user:password@host:port?tls=starttls`, `implicit` or `none`; `smtps://`
            means `tls=implicit`.
        ses_region: Of Amazon SES; empty: where boto3 looks.
        ses_endpoint: Of what speaks like it; empty: Amazon's.
        ses_configuration_set: Its events tell of bounces; empty: the identity's own.
        ses_topic: ARN of the Amazon SNS topic that tells of bounces and complaints, subscribed to
            `<public address>/api/v1/email/notifications/ses`.
    """

    transport: str = ""
    sender: str = ""
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 120.0
    daily_limit: Annotated[int, msgspec.Meta(ge=0)] = 1000
    kept_days: Annotated[int, msgspec.Meta(ge=0)] = 90
    smtp_url: Annotated[str, msgspec.Meta(extra={"secret": True})] = ""
    ses_region: str = ""
    ses_endpoint: str = ""
    ses_configuration_set: str = ""
    ses_topic: str = ""

    @property
    def chosen(self) -> str:
        """The transport's name."""
        return self.transport or ("smtp" if self.smtp_url else "mailbox")

    def __post_init__(self) -> None:
        """Refuse what could only fail when the first mail is sent.

        Raises:
            ConfigurationError: The server or the sender cannot be used.
        """
        if self.chosen == "mailbox":
            return
        if self.chosen == "smtp":
            read_smtp_url(self.smtp_url)
        if not self.sender:
            raise ConfigurationError(
                f"Mail leaves by {self.chosen}, but it is not set whom it comes from.",
                hint="Set GESTRAL_EMAIL_SENDER, such as 'Gestral <video@example.org>'.",
            )
        from gestral_email.addresses import read_sender

        read_sender(self.sender)


def read_smtp_url(url: str) -> SmtpServer:
    """Read the address of a mail server.

    Raises:
        ConfigurationError: It cannot be one; the message does not repeat it, for its password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong("is no address") from error
    if parts.scheme not in {"smtp", "smtps"}:
        raise _wrong("begins with neither smtp:// nor smtps://")
    if not parts.hostname:
        raise _wrong("names no host")
    options = parse_qs(parts.query)
    if set(options) - {"tls"}:
        raise _wrong("has an option other than tls")
    tls = options.get("tls", ["implicit" if parts.scheme == "smtps" else "starttls"])[-1]
    if tls not in get_args(Tls):
        raise _wrong("has a tls other than starttls, implicit and none")
    chosen: Tls = tls  # type: ignore[assignment]  # one of its arguments, as was just seen
    return SmtpServer(
        host=parts.hostname,
        port=port or PORTS[chosen],
        tls=chosen,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _wrong(how: str) -> ConfigurationError:
    return ConfigurationError(
        f"GESTRAL_EMAIL_SMTP_URL {how}.",
        hint="Write it as smtp://user:password@mail.example.org:587?tls=starttls.",
    )
