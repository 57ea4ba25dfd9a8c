"""From the caller's transaction to the mail server, at most once."""

import email
import uuid
from collections.abc import Callable, Mapping
from email import policy
from email.message import EmailMessage

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from gestral.capabilities import JOBS, MAILER
from gestral.errors import InputError, PluginError
from gestral.settings import Settings
from gestral.testing.kit import Kit
from gestral_email import ATTEMPTS, DELIVER, SETTLE, Deliver, Settle, plugin
from gestral_email.models import Message

from .conftest import MailServer

CONTEXT: Mapping[str, str] = {"name": "Ada", "address": "https://a.example/"}


async def send(
    kit: Kit,
    to: str = "ada@example.com",
    *,
    key: str = "k",
    name: str = "Ada",
    template: str = "greeter/hello",
    organisation_id: uuid.UUID | None = None,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Send in a transaction, and do something more in it."""
    async with kit.transaction(organisation_id) as session:
        context = {**CONTEXT, "name": name}
        await kit.platform.get(MAILER).send(session, template, to, context, key=key)
        then()


async def only_message(kit: Kit) -> Message:
    async with kit.transaction() as session:
        return (await session.scalars(select(Message))).one()


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_mail_arrives_whole(gestral: Kit, mail_server: MailServer) -> None:
    await send(gestral, name="Zoë 李")
    await gestral.run_jobs()
    (envelope,) = mail_server.received
    assert envelope.mail_from == "video@gestral.example"
    assert envelope.rcpt_tos == ["ada@example.com"]
    (content,) = mail_server.seen
    assert content.isascii()
    message = parsed(content)
    assert message["From"] == "Gestral Videos <video@gestral.example>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "Hello Zoë 李"
    assert message["Message-ID"].endswith("@gestral.example>")
    assert message["Date"].datetime == gestral.clock.now().replace(microsecond=0)
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "Hello Zoë 李: https://a.example/\n"
    assert "<p>Hello Zoë 李</p>" in html.get_content()
    assert (await only_message(gestral)).state == "sent"


async def test_nothing_is_sent_for_a_transaction_that_failed(
    gestral: Kit, mail_server: MailServer
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await send(gestral, then=fail)
    await gestral.run_jobs()
    assert mail_server.seen == []


async def test_one_key_is_one_mail(gestral: Kit, mail_server: MailServer) -> None:
    await send(gestral)
    await send(gestral)
    unfinished = await gestral.platform.get(JOBS).unfinished()
    assert [job.name for job in unfinished] == ["email.deliver"]
    await gestral.run_jobs()
    await send(gestral)
    await gestral.run_jobs()
    assert len(mail_server.received) == 1


async def test_a_second_run_of_the_job_sends_nothing(gestral: Kit, mail_server: MailServer) -> None:
    await send(gestral)
    await gestral.run_jobs()
    await run_again(gestral)
    assert len(mail_server.received) == 1


async def run_again(kit: Kit) -> uuid.UUID:
    message = await only_message(kit)
    async with kit.transaction() as session:
        job = await kit.platform.get(JOBS).enqueue(session, DELIVER, Deliver(message_id=message.id))
    await kit.run_jobs()
    return job


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_what_is_put_off_is_tried_again_and_arrives(
    gestral: Kit, mail_server: MailServer, command: str
) -> None:
    mail_server.answers[command] = "451 4.7.1 Come back later"
    await send(gestral)
    await gestral.run_jobs()
    waiting = await only_message(gestral)
    assert waiting.state == "waiting"
    assert "451" in waiting.reason
    mail_server.answers.clear()
    gestral.clock.turn(minutes=1)
    await gestral.run_jobs()
    assert len(mail_server.received) == 1
    sent = await only_message(gestral)
    assert (sent.state, sent.reason) == ("sent", "")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_what_is_refused_has_failed_and_says_why(
    gestral: Kit, mail_server: MailServer, command: str
) -> None:
    mail_server.answers[command] = "550 5.1.1 No such person"
    await send(gestral)
    await gestral.run_jobs()
    mail_server.answers.clear()
    gestral.clock.turn(hours=2)
    await gestral.run_jobs()
    assert mail_server.received == []
    failed = await only_message(gestral)
    assert failed.state == "failed"
    assert "550: 5.1.1 No such person" in failed.reason


@pytest.mark.parametrize("fault", ["drop_at", "silent_at"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_a_server_lost_before_the_message_is_tried_again(
    gestral: Kit, mail_server: MailServer, fault: str, command: str
) -> None:
    setattr(mail_server, fault, command)
    await send(gestral)
    await gestral.run_jobs()
    assert (await only_message(gestral)).state == "waiting"
    setattr(mail_server, fault, "")
    gestral.clock.turn(minutes=1)
    await gestral.run_jobs()
    assert len(mail_server.received) == 1
    assert (await only_message(gestral)).state == "sent"


@pytest.mark.parametrize("fault", ["drop_at", "silent_at"])
async def test_a_lost_answer_is_shown_and_never_sent_twice(
    gestral: Kit, mail_server: MailServer, fault: str
) -> None:
    setattr(mail_server, fault, "DATA")
    await send(gestral)
    await gestral.run_jobs()
    unknown = await only_message(gestral)
    assert unknown.state == "unknown"
    assert "may have arrived" in unknown.reason
    setattr(mail_server, fault, "")
    gestral.clock.turn(hours=2)
    await gestral.run_jobs()
    await run_again(gestral)
    assert len(mail_server.seen) == 1


async def test_an_interrupted_attempt_is_unknown_and_never_sent_twice(
    gestral: Kit, mail_server: MailServer
) -> None:
    await send(gestral)
    async with gestral.transaction() as session:
        await session.execute(update(Message).values(state="sending"))
    await gestral.run_jobs()
    assert (await only_message(gestral)).state == "unknown"
    assert mail_server.seen == []


async def test_a_mail_that_never_gets_through_has_failed_in_the_end(
    gestral: Kit, mail_server: MailServer
) -> None:
    mail_server.answers["RCPT"] = "451 Never"
    await send(gestral)
    for _ in range(ATTEMPTS):
        assert (await only_message(gestral)).state == "waiting"
        await gestral.run_jobs()
        gestral.clock.turn(minutes=15)
    assert (await only_message(gestral)).state == "failed"


async def test_nothing_is_left_in_between_for_ever(gestral: Kit) -> None:
    await send(gestral, key="one")
    await send(gestral, key="two")
    jobs = gestral.platform.get(JOBS)
    async with gestral.transaction() as session:
        for delivery in await jobs.unfinished():
            await jobs.cancel(session, delivery.id)
        await session.execute(update(Message).where(Message.key == "one").values(state="sending"))
        await jobs.enqueue(session, SETTLE, Settle())
    gestral.clock.turn(days=2)
    await gestral.run_jobs()
    async with gestral.transaction() as session:
        rows = await session.execute(select(Message.state).order_by(Message.key))
        assert rows.scalars().all() == ["unknown", "failed"]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "a" * 250 + "@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "a@b.com, c@d.com",
        "<a@b.com>",
    ],
)
async def test_what_is_no_address_gets_no_mail(gestral: Kit, to: str) -> None:
    with pytest.raises(InputError):
        await send(gestral, to=to)


async def test_no_value_can_add_a_header_or_a_recipient(
    gestral: Kit, mail_server: MailServer
) -> None:
    await send(gestral, name="Ada\r\nBcc: eve@example.com\r\n\r\nhello")
    await gestral.run_jobs()
    (envelope,) = mail_server.received
    assert envelope.rcpt_tos == ["ada@example.com"]
    message = parsed(mail_server.seen[0])
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Ada Bcc: eve@example.com hello"


async def test_a_domain_that_is_not_ascii_is_written_as_every_server_takes_it(
    gestral: Kit, mail_server: MailServer
) -> None:
    await send(gestral, to="ada@bücher.example")
    await gestral.run_jobs()
    (envelope,) = mail_server.received
    assert envelope.rcpt_tos == ["ada@xn--bcher-kva.example"]


async def test_a_missing_template_fails_where_it_is_sent(gestral: Kit) -> None:
    with pytest.raises(PluginError):
        await send(gestral, template="greeter/nothing")


async def test_without_a_server_mail_stays_and_its_organisation_can_read_it(
    gestral: Kit,
) -> None:
    ada = gestral.user("email:mailbox", name="Ada")
    eve = gestral.user("email:mailbox", name="Eve")
    await send(gestral, to="bob@example.com", organisation_id=ada.organisation_id)
    await gestral.run_jobs()
    (listed,) = (await gestral.client(ada).get("/api/v1/email/mailbox")).json()["items"]
    assert (listed["to"], listed["subject"]) == ("bob@example.com", "Hello Ada")
    address = f"/api/v1/email/mailbox/{listed['id']}"
    assert "Hello Ada" in (await gestral.client(ada).get(address)).json()["html"]
    assert (await gestral.client(eve).get("/api/v1/email/mailbox")).json()["items"] == []
    assert (await gestral.client(eve).get(address)).status_code == 404
    assert (await gestral.client(gestral.user()).get(address)).status_code == 403


async def test_mail_of_one_organisation_is_not_shown_in_another_of_the_same_person(
    gestral: Kit,
) -> None:
    hers = gestral.user("email:mailbox", name="Ada")
    elsewhere = gestral.user("email:mailbox", name="Ada")
    await send(gestral, to=hers.email, organisation_id=hers.organisation_id)
    await send(gestral, to=hers.email, organisation_id=elsewhere.organisation_id)
    await gestral.run_jobs()
    for person in (hers, elsewhere):
        answer = await gestral.client(person).get("/api/v1/email/mailbox")
        assert len(answer.json()["items"]) == 1, "one key, one mail in each organisation"


async def test_mail_of_no_organisation_is_read_by_its_recipient_alone(gestral: Kit) -> None:
    ada = gestral.user("email:mailbox", name="Ada")
    admin = gestral.user("email:mailbox", name="Eve", organisation_id=ada.organisation_id)
    await send(gestral, to=ada.email)
    await gestral.run_jobs()
    (listed,) = (await gestral.client(ada).get("/api/v1/email/mailbox")).json()["items"]
    address = f"/api/v1/email/mailbox/{listed['id']}"
    assert (await gestral.client(ada).get(address)).status_code == 200
    assert (await gestral.client(admin).get("/api/v1/email/mailbox")).json()["items"] == []
    assert (await gestral.client(admin).get(address)).status_code == 404


async def test_what_was_left_over_ends_and_is_counted_in_all_organisations(gestral: Kit) -> None:
    await send(gestral, organisation_id=uuid.uuid4())
    gestral.clock.turn(days=2)
    async with gestral.across_organisations() as session:
        await session.execute(update(Message).values(state="sending"))
        await gestral.platform.get(JOBS).enqueue(session, SETTLE, Settle())
    await gestral.run_jobs()
    async with gestral.across_organisations() as session:
        assert (await session.scalars(select(Message.state))).one() == "unknown"
    counts = {one.name: await one.read(gestral.platform) for one in plugin.metrics}
    assert counts["messages_unknown"] == 1


async def test_with_a_server_there_is_no_mailbox(gestral: Kit, mail_server: MailServer) -> None:
    client = gestral.client(gestral.user("email:mailbox"))
    assert (await client.get("/api/v1/email/mailbox")).status_code == 404


class TestDemandingEncryption:
    """The server is asked for STARTTLS, which it does not have."""

    @pytest.fixture
    def gestral_environment(self, mail_server: MailServer) -> dict[str, str]:
        return {
            "GESTRAL_EMAIL_SMTP_URL": mail_server.url.replace("tls=none", "tls=starttls"),
            "GESTRAL_EMAIL_SENDER": "video@gestral.example",
        }

    async def test_a_server_that_cannot_encrypt_gets_no_mail(
        self, gestral: Kit, mail_server: MailServer
    ) -> None:
        await send(gestral)
        await gestral.run_jobs()
        waiting = await only_message(gestral)
        assert waiting.state == "waiting"
        assert "STARTTLS" in waiting.reason
        assert mail_server.seen == []


class TestSigningIn:
    """The server wants a name and a password."""

    @pytest.fixture(params=["p%40ss%3Aword", "wrong"])
    def gestral_environment(
        self, mail_server: MailServer, request: pytest.FixtureRequest
    ) -> dict[str, str]:
        url = mail_server.url.replace("smtp://", f"smtp://ada:{request.param}@")
        return {
            "GESTRAL_EMAIL_SMTP_URL": url,
            "GESTRAL_EMAIL_SENDER": "video@gestral.example",
        }

    async def test_only_the_right_password_lets_mail_through(
        self, gestral: Kit, mail_server: MailServer, gestral_environment: dict[str, str]
    ) -> None:
        await send(gestral)
        await gestral.run_jobs()
        right = "p%40ss%3Aword" in gestral_environment["GESTRAL_EMAIL_SMTP_URL"]
        message = await only_message(gestral)
        assert message.state == ("sent" if right else "waiting")
        assert len(mail_server.received) == (1 if right else 0)
        assert "wrong" not in message.reason


async def test_the_content_of_old_mail_is_deleted_and_its_key_kept(
    gestral: Kit, mail_server: MailServer
) -> None:
    await send(gestral)
    await gestral.run_jobs()
    gestral.clock.turn(days=91)
    async with gestral.transaction() as session:
        await gestral.platform.get(JOBS).enqueue(session, SETTLE, Settle())
    await gestral.run_jobs()
    message = await only_message(gestral)
    assert (message.state, message.subject, message.text, message.html) == ("sent", "", "", "")
    await send(gestral)
    await gestral.run_jobs()
    assert len(mail_server.seen) == 1


async def test_who_uses_this_machine_alone_reads_its_mail_without_signing_in(
    gestral: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replace(gestral.platform.core_settings, public_url="http://127.0.0.1:8000")
    monkeypatch.setitem(gestral.platform._settings, Settings, here)
    await send(gestral, name="<b>Ada</b>")
    await gestral.run_jobs()
    nobody = gestral.client()
    page = await nobody.get("/api/v1/email/dev")
    assert "Hello &lt;b&gt;Ada&lt;/b&gt;" in page.text
    message = await only_message(gestral)
    shown = await nobody.get(f"/api/v1/email/dev/{message.id}")
    assert "srcdoc" in shown.text
    assert (await nobody.get(f"/api/v1/email/dev/{uuid.uuid4()}")).status_code == 404


async def test_mail_that_leaves_is_shown_to_nobody(gestral: Kit, mail_server: MailServer) -> None:
    await send(gestral)
    await gestral.run_jobs()
    assert (await gestral.client().get("/api/v1/email/dev")).status_code == 404
    message = await only_message(gestral)
    assert (await gestral.client().get(f"/api/v1/email/dev/{message.id}")).status_code == 404


@pytest.mark.parametrize(
    ("host", "address", "local"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("::1", "http://localhost:8000", True),
        ("192.0.2.1", "http://127.0.0.1:8000", False),
        ("127.0.0.1", "https://video.example.org", False),
    ],
)
def test_only_a_platform_that_others_cannot_reach_shows_its_mail(
    host: str, address: str, local: bool
) -> None:
    from gestral_email.routes import is_local

    assert is_local(host, address) is local
