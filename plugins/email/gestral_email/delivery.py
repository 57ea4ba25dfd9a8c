"""Delivering a mail at most once: it is marked before it is handed over.

waiting -> sending -> sent | failed | unknown      sent | unknown -> bounced, when SES says so
   ^----------'  only when it was surely not accepted
"""

import datetime as dt
import uuid
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import update

from gestral.capabilities import CLOCK
from gestral.errors import JobError, RetryableError
from gestral.plugin import JobContext, Services
from gestral_email import ATTEMPTS, TRANSPORT
from gestral_email.addresses import ascii_form, read_sender
from gestral_email.models import Message, MessageState
from gestral_email.settings import EmailSettings
from gestral_email.suppression import suppress, why_suppressed
from gestral_email.transports import LostAnswerError, RefusedRecipientError

__all__ = ("compose", "deliver", "sender_of", "settle")

HEADER_POLICY = policy.SMTP.clone(cte_type="7bit")
"""Refuses line breaks in headers, and encodes everything so that any server takes it."""

LOCAL_SENDER = "Gestral <gestral@mailbox.example>"
"""Whom mail comes from that never leaves the machine."""

SENDING_LIMIT = dt.timedelta(minutes=30)
WAITING_LIMIT = dt.timedelta(days=1)


async def deliver(context: JobContext, message_id: uuid.UUID) -> None:
    """Hand a waiting message over, and write what became of it.

    Raises:
        JobError: It was not accepted, or that is not known.
    """
    services = context.services
    transport = services.get(TRANSPORT)
    message = await _claim(services, message_id, transport.name)
    if message is None:
        await _give_up_on_interrupted(services, message_id)
        return
    async with services.transaction() as session:
        suppressed = await why_suppressed(session, message.recipient)
    if suppressed:
        await _write(services, message_id, "failed", suppressed)
        raise JobError(suppressed, code="mail-suppressed")
    sender = sender_of(services)
    recipient = ascii_form(message.recipient)
    composed = compose(message, sender, recipient, services.get(CLOCK).now())
    try:
        provider_id = await transport.send(composed, sender, recipient)
    except JobError as error:
        await _write(services, message_id, _state_after(error, context.attempt), str(error))
        if isinstance(error, RefusedRecipientError):
            async with services.transaction() as session:
                await suppress(session, message.recipient, "refused", str(error))
        raise
    await _write(services, message_id, "sent", provider_id=provider_id)


def sender_of(services: Services) -> Address:
    """Return whom mail comes from."""
    return read_sender(services.settings(EmailSettings).sender or LOCAL_SENDER)


def compose(message: Message, sender: Address, recipient: str, now: dt.datetime) -> EmailMessage:
    """Return a message as RFC 5322 wants it, with a text and an HTML part."""
    composed = EmailMessage(policy=HEADER_POLICY)
    composed["From"] = sender
    composed["To"] = Address(addr_spec=recipient)
    composed["Subject"] = message.subject
    composed["Date"] = format_datetime(now)
    composed["Message-ID"] = f"<{message.id}@{sender.domain}>"
    # RFC 3834: asks for no automatic answer.
    composed["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        # RFC 8058: one click, which mail programs make without opening the page.
        composed["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        composed["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    composed.set_content(message.text)
    composed.add_alternative(message.html, subtype="html")
    return composed


async def settle(services: Services) -> None:
    """Give every message that was left over an end: none is `waiting` or `sending` for ever.

    The content of what has been over for longer than the operator wants is deleted; its key stays,
    so that nothing is sent twice.
    """
    now = services.get(CLOCK).now()
    kept = services.settings(EmailSettings).kept_days
    async with services.across_organisations() as session:
        await session.execute(
            update(Message)
            .where(Message.state == "sending", Message.state_since < now - SENDING_LIMIT)
            .values(state="unknown", reason=INTERRUPTED, state_since=now)
        )
        await session.execute(
            update(Message)
            .where(Message.state == "waiting", Message.state_since < now - WAITING_LIMIT)
            .values(state="failed", reason="No attempt got through in a day.", state_since=now)
        )
        if kept:
            await session.execute(
                update(Message)
                .where(
                    Message.state.not_in(("waiting", "sending")),
                    Message.state_since < now - dt.timedelta(days=kept),
                    Message.html != "",
                )
                .values(subject="", text="", html="")
            )


INTERRUPTED = "The worker ended while it handed the message over: it may or may not have arrived."


def _state_after(error: JobError, attempt: int) -> MessageState:
    if isinstance(error, LostAnswerError):
        return "unknown"
    if isinstance(error, RetryableError) and attempt < ATTEMPTS:
        return "waiting"
    return "failed"


async def _claim(services: Services, message_id: uuid.UUID, transport: str) -> Message | None:
    async with services.transaction() as session:
        return await session.scalar(
            update(Message)
            .where(Message.id == message_id, Message.state == "waiting")
            .values(state="sending", transport=transport, state_since=services.get(CLOCK).now())
            .returning(Message)
        )


async def _give_up_on_interrupted(services: Services, message_id: uuid.UUID) -> None:
    """An earlier attempt that neither ended well nor badly has lost its answer.

    Raises:
        LostAnswerError: There was such an attempt.
    """
    async with services.transaction() as session:
        interrupted = await session.scalar(
            update(Message)
            .where(Message.id == message_id, Message.state == "sending")
            .values(state="unknown", reason=INTERRUPTED, state_since=services.get(CLOCK).now())
            .returning(Message.id)
        )
    if interrupted is not None:
        raise LostAnswerError(INTERRUPTED)


async def _write(
    services: Services,
    message_id: uuid.UUID,
    state: MessageState,
    reason: str = "",
    *,
    provider_id: str = "",
) -> None:
    """Write an outcome; what is known to be sent also ends the doubt of a late attempt."""
    known = ("sending", "unknown") if state == "sent" else ("sending",)
    async with services.transaction() as session:
        await session.execute(
            update(Message)
            .where(Message.id == message_id, Message.state.in_(known))
            .values(
                state=state,
                reason=reason,
                provider_id=provider_id[:255],
                state_since=services.get(CLOCK).now(),
            )
        )
