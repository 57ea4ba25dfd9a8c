"""What browsers and programs ask for below `/api/v1/email/`."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import ColumnElement, select

from gestral.capabilities import Identity
from gestral.errors import NotFoundError
from gestral.paging import Page, PageRequest, Paging
from gestral.plugin import Services
from gestral_email import TRANSPORT
from gestral_email.models import Message
from gestral_email.transports import MailboxTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ControllerRouterHandler

__all__ = ("MessageSummary", "MessageView", "handlers")

MAILBOX = Paging(Message.id)


class MessageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in a list.

    Attributes:
        id: Stays the same.
        created_at: When it was written.
        to: To whom.
        subject: As its first line.
    """

    id: uuid.UUID
    created_at: dt.datetime
    to: Annotated[str, msgspec.Meta(examples=["ada@example.org"])]
    subject: Annotated[str, msgspec.Meta(examples=["Welcome to Gestral"])]


class MessageView(MessageSummary, frozen=True, kw_only=True):
    """A mail, whole.

    Attributes:
        text: For clients that show no HTML.
        html: The same for those that do.
    """

    text: Annotated[str, msgspec.Meta(examples=["Hello Ada, ..."])]
    html: Annotated[str, msgspec.Meta(examples=["<p>Hello Ada, ...</p>"])]


@get(
    "/mailbox",
    permission="email:mailbox",
    dependencies=MAILBOX.dependencies,
    errors=(NotFoundError,),
    summary="Mail that stayed on this machine",
)
async def mailbox(
    services: NamedDependency[Services],
    identity: NamedDependency[Identity],
    page: NamedDependency[PageRequest],
) -> Page[MessageSummary]:
    """Return the organisation's mail, the newest first."""
    columns = (Message.id, Message.created_at, Message.recipient, Message.subject)
    query = select(*columns).where(_readable(services, identity))
    async with services.across_organisations() as session:
        rows, cursor = page.cut(await session.execute(page.narrow(query)))
    items = tuple(
        MessageSummary(id=row.id, created_at=row.created_at, to=row.recipient, subject=row.subject)
        for row in rows
    )
    return Page(items=items, next=cursor)


@get("/mailbox/{message_id:uuid}", permission="email:mailbox", summary="One of them")
async def message(
    message_id: FromPath[uuid.UUID],
    services: NamedDependency[Services],
    identity: NamedDependency[Identity],
) -> MessageView:
    """Return one mail of the organisation, whole."""
    query = select(Message).where(Message.id == message_id, _readable(services, identity))
    async with services.across_organisations() as session:
        found = await session.scalar(query)
    if found is None:
        raise NotFoundError(f"There is no message {message_id} in the mailbox.")
    return MessageView(
        id=found.id,
        created_at=found.created_at,
        to=found.recipient,
        subject=found.subject,
        text=found.text,
        html=found.html,
    )


handlers: "Sequence[ControllerRouterHandler]" = (mailbox, message)


def _readable(services: Services, identity: Identity) -> ColumnElement[bool]:
    """Return which mail a person may read: their organisation's, and nobody's that is to them.

    A transaction of the organisation would not see the latter, such as a welcome.

    Raises:
        NotFoundError: Mail leaves the machine, so there is no mailbox.
    """
    if services.get(TRANSPORT).name != MailboxTransport.name:
        raise NotFoundError("There is no mailbox: mail is sent to a mail server.")
    theirs = Message.organisation_id.is_(None) & (Message.recipient == identity.email)
    return (Message.transport == MailboxTransport.name) & (
        (Message.organisation_id == identity.organisation_id) | theirs
    )
