"""Writing a mail into the caller's transaction: the capability `MAILER`."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from gestral.capabilities import CLOCK, JOBS
from gestral.db.tenancy import acting_for_whom
from gestral.errors import PluginError
from gestral.plugin import Services
from gestral.settings import Settings
from gestral_email import DELIVER, TEMPLATES, Deliver
from gestral_email.addresses import normalise_recipient
from gestral_email.links import Unsubscription, unsubscribe_link
from gestral_email.models import Message, MessageState
from gestral_email.preferences import refused
from gestral_email.settings import EmailSettings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("RecordingMailer",)

KEY_LENGTH = 255


class RecordingMailer:
    """Implements `gestral.capabilities.Mailer`: a row, and a job that delivers it.

    The mail is rendered here and now, so that what a person reads is what was true when it was
    sent, and a template that lacks a value fails where that can be seen.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    async def send(
        self,
        session: "AsyncSession",
        template: str,
        to: str,
        context: Mapping[str, Any],
        *,
        key: str,
        language: str = "",
    ) -> None:
        """See `Mailer.send`."""
        if not 0 < len(key) <= KEY_LENGTH:
            raise PluginError(f"The key of a mail has {len(key)} of 1 to {KEY_LENGTH} characters.")
        recipient = normalise_recipient(to)
        templates = self._services.get(TEMPLATES)
        unsubscribe = ""
        if templates.topic(template):
            wanted = Unsubscription(recipient, template)
            if await refused(session, wanted):
                return
            unsubscribe = unsubscribe_link(self._services.settings(Settings), wanted)
        rendered = templates.render(template, context, language=language, unsubscribe=unsubscribe)
        organisation_id = acting_for_whom(session.info)
        reason = await self._over_limit(session, organisation_id)
        state: MessageState = "failed" if reason else "waiting"
        message_id = await session.scalar(
            insert(Message)
            .values(
                organisation_id=organisation_id,
                key=key,
                template=template,
                recipient=recipient,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                unsubscribe=unsubscribe,
                state=state,
                reason=reason,
                state_since=self._services.get(CLOCK).now(),
            )
            .on_conflict_do_nothing(index_elements=[Message.organisation_id, Message.key])
            .returning(Message.id)
        )
        if message_id is not None and state == "waiting":
            await self._services.get(JOBS).enqueue(session, DELIVER, Deliver(message_id=message_id))

    async def _over_limit(self, session: "AsyncSession", organisation_id: uuid.UUID | None) -> str:
        """Return why an organisation may send nothing more for now; empty when it may."""
        limit = self._services.settings(EmailSettings).daily_limit
        if organisation_id is None or not limit:
            return ""
        since = self._services.get(CLOCK).now() - dt.timedelta(days=1)
        latest = (
            select(Message.created_at)
            .where(Message.organisation_id == organisation_id)
            .order_by(Message.id.desc())
            .limit(limit)
            .subquery()
        )
        recent = select(func.count()).select_from(latest).where(latest.c.created_at > since)
        if (await session.scalar(recent) or 0) < limit:
            return ""
        return f"The organisation has sent {limit} mails within a day: the operator allows no more."
