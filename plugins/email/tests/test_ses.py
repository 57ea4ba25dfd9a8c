"""Mail by Amazon SES: what is accepted, refused, put off or lost, and what comes back later."""

import asyncio
import base64
import datetime as dt
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from moto.server import ThreadedMotoServer

from gestral.capabilities import FETCHER
from gestral.http import Response
from gestral.testing.kit import Kit
from gestral_email.models import Message

from .test_mail import only_message, send

TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
SUBSCRIBE = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336"
ADDRESS = "/api/v1/email/notifications/ses"


@dataclass
class Service:
    """Speaks HTTP where SES would, and answers as a test wants: status, error and what it does."""

    status: int = 200
    error: str = ""
    drop: bool = False
    url: str = ""
    seen: list[bytes] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        self.seen.append(await reader.readexactly(length))
        if self.drop:
            writer.transport.abort()
            return
        body = json.dumps({"message": "Told so."} if self.error else {"MessageId": "0102-ses"})
        kind = f"x-amzn-ErrorType: {self.error}\r\n" if self.error else ""
        writer.write(
            f"HTTP/1.1 {self.status} X\r\n{kind}content-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


@pytest.fixture
def moto() -> Iterator[str]:
    """A service that keeps SES's rules, with our sender's identity."""
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("sesv2", endpoint_url=url)
    client.create_email_identity(EmailIdentity="gestral.example")
    client.close()
    yield url
    server.stop()


@pytest.fixture
def gestral_environment(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    if "moto" in request.fixturenames:
        endpoint: str = request.getfixturevalue("moto")
    else:
        endpoint = request.getfixturevalue("service").url
    return {
        "GESTRAL_EMAIL_TRANSPORT": "ses",
        "GESTRAL_EMAIL_SENDER": "Gestral Videos <video@gestral.example>",
        "GESTRAL_EMAIL_SES_ENDPOINT": endpoint,
        "GESTRAL_EMAIL_SES_TOPIC": TOPIC,
        "GESTRAL_EMAIL_TIMEOUT": "5",
    }


async def test_a_mail_is_accepted_and_its_name_there_is_kept(gestral: Kit, moto: str) -> None:
    await send(gestral)
    await gestral.run_jobs()
    message = await only_message(gestral)
    assert (message.state, message.transport) == ("sent", "ses")
    assert message.provider_id


@pytest.mark.parametrize(
    ("status", "error", "state"),
    [
        (400, "MessageRejected", "failed"),
        (400, "MailFromDomainNotVerifiedException", "failed"),
        (429, "TooManyRequestsException", "waiting"),
        (400, "SendingPausedException", "waiting"),
        (503, "ServiceUnavailable", "waiting"),
        (403, "AccessDeniedException", "waiting"),
        (500, "InternalFailure", "unknown"),
    ],
)
async def test_each_refusal_is_told_from_the_others_and_sent_once(
    gestral: Kit, service: Service, status: int, error: str, state: str
) -> None:
    service.status, service.error = status, error
    await send(gestral)
    await gestral.run_jobs()
    message = await only_message(gestral)
    assert message.state == state
    assert "Told so" in message.reason
    assert len(service.seen) == 1, "one attempt of the job is one request"


async def test_a_lost_answer_is_unknown_and_never_sent_again(
    gestral: Kit, service: Service
) -> None:
    service.drop = True
    await send(gestral)
    await gestral.run_jobs()
    gestral.clock.turn(hours=1)
    await gestral.run_jobs()
    assert (await only_message(gestral)).state == "unknown"
    assert len(service.seen) == 1


class Amazon:
    """Signs as Amazon SNS does, and has its certificate and subscriptions read by a `Fetcher`."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(start)
            .not_valid_after(start + dt.timedelta(days=9999))
            .sign(self._key, hashes.SHA256())
        )
        self._pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.read: list[str] = []

    async def get(self, address: str, **_: object) -> Response:
        self.read.append(address)
        return Response(
            address=address,
            status=200,
            headers={},
            body=self._pem,
            content_type="application/x-pem-file",
            charset=None,
        )

    def signed(self, kit: Kit, message: object = "", **fields: str) -> dict[str, str]:
        told = {
            "Type": "Notification",
            "MessageId": "22b80b92",
            "TopicArn": TOPIC,
            "Message": json.dumps(message),
            "Timestamp": kit.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE,
            **fields,
        }
        names = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token"]
        text = "".join(
            f"{name}\n{told[name]}\n" for name in [*names, "TopicArn", "Type"] if name in told
        )
        digest = hashes.SHA256() if told["SignatureVersion"] == "2" else hashes.SHA1()  # noqa: S303
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), digest)
        return told | {"Signature": base64.b64encode(signature).decode()}


@pytest.fixture
def amazon(gestral: Kit) -> Amazon:
    made = Amazon()
    gestral.platform.replace(FETCHER, made)
    return made


def bounce(kind: str, message_id: str = "0102-ses", address: str = "ada@example.com") -> object:
    return {
        "notificationType": "Bounce",
        "mail": {"messageId": message_id, "source": "video@gestral.example"},
        "bounce": {
            "bounceType": kind,
            "bouncedRecipients": [
                {"emailAddress": address, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
            ],
        },
    }


async def told(kit: Kit, notification: dict[str, str]) -> int:
    headers = {"content-type": "text/plain; charset=UTF-8"}
    answer = await kit.client().post(ADDRESS, content=json.dumps(notification), headers=headers)
    return answer.status_code


async def message_of(kit: Kit, key: str) -> Message:
    from sqlalchemy import select

    async with kit.transaction() as session:
        return (await session.scalars(select(Message).where(Message.key == key))).one()


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_bounced_for_good_is_shown_and_gets_no_more_mail(
    gestral: Kit, service: Service, amazon: Amazon, version: str
) -> None:
    await send(gestral)
    await gestral.run_jobs()
    notification = amazon.signed(gestral, bounce("Permanent"), SignatureVersion=version)
    assert await told(gestral, notification) == 204
    message = await only_message(gestral)
    assert message.state == "bounced"
    assert "user unknown" in message.reason
    await send(gestral, to="Ada@example.com", key="second")
    await gestral.run_jobs()
    second = await message_of(gestral, "second")
    assert second.state == "failed"
    assert "came back for good" in second.reason
    assert len(service.seen) == 1


async def test_what_bounced_for_now_changes_nothing(
    gestral: Kit, service: Service, amazon: Amazon
) -> None:
    await send(gestral)
    await gestral.run_jobs()
    assert await told(gestral, amazon.signed(gestral, bounce("Transient"))) == 204
    assert (await only_message(gestral)).state == "sent"
    await send(gestral, key="second")
    await gestral.run_jobs()
    assert len(service.seen) == 2


async def test_who_complained_gets_no_more_mail(
    gestral: Kit, service: Service, amazon: Amazon
) -> None:
    complaint = {
        "eventType": "Complaint",
        "mail": {"messageId": "0102-ses"},
        "complaint": {"complainedRecipients": [{"emailAddress": "ada@example.com"}]},
    }
    assert await told(gestral, amazon.signed(gestral, complaint)) == 204
    await send(gestral)
    await gestral.run_jobs()
    assert (await only_message(gestral)).state == "failed"
    assert service.seen == []


async def test_a_subscription_is_confirmed_at_amazon(
    gestral: Kit, service: Service, amazon: Amazon
) -> None:
    asked = amazon.signed(
        gestral, Type="SubscriptionConfirmation", Token="2336", SubscribeURL=SUBSCRIBE
    )
    assert await told(gestral, asked) == 204
    assert amazon.read == [CERTIFICATE, SUBSCRIBE]


async def test_what_amazon_did_not_sign_changes_nothing(
    gestral: Kit, service: Service, amazon: Amazon
) -> None:
    await send(gestral)
    await gestral.run_jobs()
    genuine = amazon.signed(gestral, bounce("Permanent"))
    stranger = Amazon().signed(gestral, bounce("Permanent"))
    old = (gestral.clock.now() - dt.timedelta(days=2)).isoformat()
    forged = [
        stranger,
        genuine | {"Message": json.dumps(bounce("Permanent", address="eve@example.com"))},
        genuine | {"Signature": "####"},
        amazon.signed(gestral, bounce("Permanent"), TopicArn=f"{TOPIC}-of-others"),
        amazon.signed(gestral, bounce("Permanent"), Timestamp=old),
        amazon.signed(
            gestral,
            bounce("Permanent"),
            SigningCertURL="https://sns.example/SimpleNotification.pem",
        ),
        amazon.signed(
            gestral,
            Type="SubscriptionConfirmation",
            Token="2336",
            SubscribeURL="https://sns.eu-central-1.amazonaws.com.evil.example/?Action=x",
        ),
    ]
    for notification in forged:
        assert await told(gestral, notification) == 403
    assert await told(gestral, {"Type": "Notification"}) == 422
    assert (await only_message(gestral)).state == "sent"
    assert set(amazon.read) <= {CERTIFICATE}
