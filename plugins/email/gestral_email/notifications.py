"""What Amazon SES tells of a mail afterwards, sent by Amazon SNS.

An SNS message counts only when it is of the operator's own topic and signed by Amazon: "Verifying
the signatures of Amazon SNS messages" in the SNS developer guide says how. What SES puts into it
is described under "Amazon SNS notification contents" and "event data" in the SES developer guide.
"""

import base64
import binascii
import datetime as dt
import re
from typing import TYPE_CHECKING, Literal

import msgspec

from gestral.capabilities import CLOCK, FETCHER, Fetcher
from gestral.errors import ForbiddenError, InputError
from gestral.plugin import Services
from gestral_email.models import Message
from gestral_email.suppression import suppress

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("Envelope", "read_notification", "take")

CERTIFICATE = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/SimpleNotificationService-\w{1,80}\.pem"
)
SUBSCRIBE = re.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/\?Action=[\w=&:.%-]+")

AGE = dt.timedelta(days=1)
"""SNS tries an hour by default; what is older may be somebody's recording."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A message of Amazon SNS; the names are SNS's own."""

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    message_id: str
    topic_arn: str
    message: str
    timestamp: dt.datetime
    signature_version: Literal["1", "2"]
    signature: str
    signing_cert: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe: str | None = msgspec.field(name="SubscribeURL", default=None)


class _Recipient(msgspec.Struct, frozen=True, rename="camel"):
    email_address: str
    diagnostic_code: str = ""


class _Bounce(msgspec.Struct, frozen=True, rename="camel"):
    bounce_type: str
    bounced_recipients: tuple[_Recipient, ...]


class _Complaint(msgspec.Struct, frozen=True, rename="camel"):
    complained_recipients: tuple[_Recipient, ...]


class _Mail(msgspec.Struct, frozen=True, rename="camel"):
    message_id: str


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    """A notification of an identity has `notificationType`, one of a configuration set
    `eventType`."""

    mail: _Mail
    notification_type: str = ""
    event_type: str = ""
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


async def read_notification(services: Services, body: bytes, topic: str) -> Envelope:
    """Read an SNS message, once it is known to be Amazon's and of our topic.

    Args:
        services: Give the way to the signing certificate.
        body: As it was sent.
        topic: The ARN of the operator's topic.

    Raises:
        InputError: It is no SNS message (`sns-malformed`).
        ForbiddenError: It is of another topic, too old, or not signed by Amazon (`sns-forged`).
        FetchError: The certificate cannot be had; SNS will try again.
    """
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except msgspec.DecodeError as error:
        raise InputError(
            f"This is no message of Amazon SNS: {error}.", code="sns-malformed"
        ) from error
    if envelope.topic_arn != topic:
        raise _forged("is of another topic")
    if abs(services.get(CLOCK).now() - envelope.timestamp.astimezone(dt.UTC)) > AGE:
        raise _forged("is more than a day old")
    if not CERTIFICATE.fullmatch(envelope.signing_cert):
        raise _forged("names a certificate that is not Amazon's")
    await _check_signature(services.get(FETCHER), envelope, body)
    return envelope


async def take(services: Services, envelope: Envelope) -> None:
    """Do what an SNS message asks for: confirm a subscription, or write what became of a mail."""
    if envelope.type == "SubscriptionConfirmation":
        if envelope.subscribe is None or not SUBSCRIBE.fullmatch(envelope.subscribe):
            raise _forged("wants an address confirmed that is not Amazon's")
        await services.get(FETCHER).get(envelope.subscribe, robots=False)
        return
    if envelope.type != "Notification":
        return
    try:
        event = msgspec.json.decode(envelope.message, type=_Event)
    except msgspec.DecodeError:
        return  # SNS also sends words for people, such as that the topic was connected
    async with services.across_organisations() as session:
        await _write(session, event, services.get(CLOCK).now())


async def _write(session: "AsyncSession", event: _Event, now: dt.datetime) -> None:
    from sqlalchemy import update

    if event.bounce is not None and event.bounce.bounce_type == "Permanent":
        reasons = [
            " ".join(recipient.diagnostic_code.split())[:300]
            for recipient in event.bounce.bounced_recipients
        ]
        for recipient, reason in zip(event.bounce.bounced_recipients, reasons, strict=True):
            await suppress(session, recipient.email_address, "bounced", reason)
        await session.execute(
            update(Message)
            .where(
                Message.provider_id == event.mail.message_id,
                Message.provider_id != "",
                Message.state.in_(("sent", "unknown")),
            )
            .values(
                state="bounced",
                reason=f"It came back for good. {reasons[0] if reasons else ''}".strip(),
                state_since=now,
            )
        )
    if event.complaint is not None:
        for recipient in event.complaint.complained_recipients:
            await suppress(session, recipient.email_address, "complained")


async def _check_signature(fetcher: Fetcher, envelope: Envelope, body: bytes) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    answer = await fetcher.get(envelope.signing_cert, max_bytes=100_000, robots=False)
    try:
        certificate = x509.load_pem_x509_certificate(answer.body)
        key = certificate.public_key()
        signature = base64.b64decode(envelope.signature, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _forged("has a certificate or signature that cannot be read") from error
    if not isinstance(key, RSAPublicKey):
        raise _forged("has a certificate of an odd kind")
    # SHA-1 is what topics use unless they were told otherwise; Amazon, not we, chooses the text.
    digest = SHA256() if envelope.signature_version == "2" else SHA1()  # noqa: S303
    try:
        key.verify(signature, _signed_text(envelope.type, body), PKCS1v15(), digest)
    except InvalidSignature as error:
        raise _forged("was not signed by Amazon, or changed on its way") from error


def _signed_text(kind: str, body: bytes) -> bytes:
    """The names and values that are signed, as they were sent: a time is not written anew."""
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if kind != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    sent = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    values = {name: msgspec.json.decode(sent[name]) for name in names if name in sent}
    return "".join(
        f"{name}\n{value}\n" for name, value in values.items() if value is not None
    ).encode()


def _forged(how: str) -> ForbiddenError:
    return ForbiddenError(f"This message of Amazon SNS {how}.", code="sns-forged")
