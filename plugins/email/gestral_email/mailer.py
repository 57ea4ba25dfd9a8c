"""Writing a mail into the caller's transaction: the capability `MAILER`."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import insert

from gestral.capabilities import CATALOGUE, CLOCK, JOBS
from gestral.db.tenancy import acting_for_whom
from gestral.errors import PluginError
from gestral.plugin import Services
from gestral.settings import Settings
from gestral_email import DELIVER, Deliver
from gestral_email.addresses import normalise_recipient
from gestral_email.models import Message
from gestral_email.templates import Templates

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

    @cached_property
    def _templates(self) -> Templates:
        return Templates(
            self._services.get(CATALOGUE).mail_templates(),
            public_url=self._services.settings(Settings).public_url,
        )

    async def send(
        self,
        session: "AsyncSession",
        template: str,
        to: str,
        context: Mapping[str, Any],
        *,
        key: str,
    ) -> None:
        """See `Mailer.send`."""
        if not 0 < len(key) <= KEY_LENGTH:
            raise PluginError(f"The key of a mail has {len(key)} of 1 to {KEY_LENGTH} characters.")
        recipient = normalise_recipient(to)
        rendered = self._templates.render(template, context)
        message_id = await session.scalar(
            insert(Message)
            .values(
                organisation_id=acting_for_whom(session.info),
                key=key,
                template=template,
                recipient=recipient,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                state_since=self._services.get(CLOCK).now(),
            )
            .on_conflict_do_nothing(index_elements=[Message.organisation_id, Message.key])
            .returning(Message.id)
        )
        if message_id is not None:
            await self._services.get(JOBS).enqueue(session, DELIVER, Deliver(message_id=message_id))
