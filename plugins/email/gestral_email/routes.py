"""What browsers and programs ask for below `/api/v1/email/`."""

import datetime as dt
import uuid
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import MediaType, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import load_only

from gestral.capabilities import Identity
from gestral.errors import ForbiddenError, InputError, NotFoundError
from gestral.paging import Page, PageRequest, Paging
from gestral.plugin import Services
from gestral.settings import Settings
from gestral_email import TEMPLATES, TRANSPORT
from gestral_email.addresses import normalise_recipient
from gestral_email.links import Unsubscription, read_token
from gestral_email.models import Message
from gestral_email.notifications import read_notification, take
from gestral_email.preferences import accept, refuse, refused_templates
from gestral_email.settings import EmailSettings
from gestral_email.transports import MailboxTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ControllerRouterHandler

__all__ = ("MessageSummary", "MessageView", "handlers", "is_local")

MAILBOX = Paging(Message.id)

LATEST = 100
"""How many mails the local mailbox shows."""


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


@post(
    "/notifications/ses",
    public=True,
    status_code=204,
    errors=(NotFoundError, InputError, ForbiddenError),
    summary="Take what Amazon SES tells of bounces and complaints",
)
async def ses_notification(
    request: "Request[Any, Any, Any]", services: NamedDependency[Services]
) -> None:
    """Take a message of the operator's Amazon SNS topic, whose signature is checked."""
    topic = services.settings(EmailSettings).ses_topic
    if not topic:
        raise NotFoundError("This platform takes no notifications of Amazon SES.")
    await take(services, await read_notification(services, await request.body(), topic))


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of mail that a person may or may not want.

    Attributes:
        template: Names it.
        topic: What it is about.
        wanted: Whether the person gets it.
    """

    template: Annotated[str, msgspec.Meta(examples=["video/ready"])]
    topic: Annotated[str, msgspec.Meta(examples=["A video is ready"])]
    wanted: bool


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may choose of.

    Attributes:
        topics: All kinds of mail that are not about the account or its security.
    """

    topics: tuple[Topic, ...]


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person chooses.

    Attributes:
        wanted: Whether they want mail of this kind.
    """

    wanted: bool


@get("/preferences", permission="email:preferences", summary="Which mail you get")
async def preferences(
    services: NamedDependency[Services], identity: NamedDependency[Identity]
) -> Preferences:
    """Return the kinds of mail that can be chosen, and which of them you get."""
    async with services.transaction() as session:
        unwanted = await refused_templates(session, identity.email)
    return Preferences(
        topics=tuple(
            Topic(template=name, topic=topic, wanted=name not in unwanted)
            for name, topic in services.get(TEMPLATES).topics().items()
        )
    )


@put(
    "/preferences/{plugin:str}/{name:str}",
    permission="email:preferences",
    status_code=204,
    errors=(NotFoundError,),
    summary="Choose whether to get one kind of mail",
)
async def choose(
    plugin: FromPath[str],
    name: FromPath[str],
    data: JSONBody[Wish],
    services: NamedDependency[Services],
    identity: NamedDependency[Identity],
) -> None:
    """Get mail of a kind from now on, or get none."""
    template = f"{plugin}/{name}"
    if template not in services.get(TEMPLATES).topics():
        raise NotFoundError(f"There is no mail to choose that is called {template!r}.")
    mail = Unsubscription(normalise_recipient(identity.email), template)
    async with services.transaction() as session:
        await (accept if data.wanted else refuse)(session, mail)


@get(
    "/unsubscribe/{token:str}",
    public=True,
    media_type=MediaType.HTML,
    errors=(ForbiddenError,),
    summary="Where the link in a mail leads",
)
async def unsubscribe_page(
    token: FromPath[str], services: NamedDependency[Services]
) -> Response[str]:
    """Ask whether mail of a kind shall end. Mail scanners open links, so nothing has ended yet."""
    return _page(services, read_token(services.settings(Settings), token), done=False)


@post(
    "/unsubscribe/{token:str}",
    public=True,
    media_type=MediaType.HTML,
    status_code=200,
    errors=(ForbiddenError,),
    summary="End one kind of mail to one address",
)
async def unsubscribe(token: FromPath[str], services: NamedDependency[Services]) -> Response[str]:
    """End mail of a kind: by that page's button, or by a mail program's one click (RFC 8058)."""
    mail = read_token(services.settings(Settings), token)
    async with services.transaction() as session:
        await refuse(session, mail)
    return _page(services, mail, done=True)


@get(
    "/dev",
    public=True,
    media_type=MediaType.HTML,
    errors=(NotFoundError,),
    summary="All mail of a platform that only this machine reaches",
)
async def local_mailbox(services: NamedDependency[Services]) -> Response[str]:
    """Show the latest mail to everybody: also to who needs a mail in order to sign in."""
    _require_local(services)
    shown = load_only(Message.subject, Message.recipient, Message.created_at)
    query = select(Message).options(shown).where(Message.html != "")
    query = query.order_by(Message.id.desc()).limit(LATEST)
    async with services.across_organisations() as session:
        mails = (await session.scalars(query)).all()
    return _html(services.get(TEMPLATES).mailbox_page(mails))


@get(
    "/dev/{message_id:uuid}",
    public=True,
    media_type=MediaType.HTML,
    errors=(NotFoundError,),
    summary="One mail of such a platform",
)
async def local_message(
    message_id: FromPath[uuid.UUID], services: NamedDependency[Services]
) -> Response[str]:
    """Show a mail as its recipient would see it."""
    _require_local(services)
    async with services.across_organisations() as session:
        found = await session.get(Message, message_id)
    if found is None:
        raise NotFoundError(f"There is no message {message_id} in the mailbox.")
    return _html(services.get(TEMPLATES).mailbox_page(shown=found))


handlers: "Sequence[ControllerRouterHandler]" = (
    local_mailbox,
    local_message,
    mailbox,
    message,
    ses_notification,
    preferences,
    choose,
    unsubscribe_page,
    unsubscribe,
)


def _page(services: Services, mail: Unsubscription, *, done: bool) -> Response[str]:
    return _html(services.get(TEMPLATES).unsubscribe_page(mail, done=done))


def _require_local(services: Services) -> None:
    """Hide the machine's mail from everybody else's.

    Raises:
        NotFoundError: Mail leaves the machine, or others can reach the platform.
    """
    settings = services.settings(Settings)
    stays = services.get(TRANSPORT).name == MailboxTransport.name
    if not stays or not is_local(settings.host, settings.public_url):
        raise NotFoundError("There is no such page here.")


def is_local(host: str, public_url: str) -> bool:
    """Whether a platform that listens on a host, at a public address, is for one machine alone."""
    return _is_loopback(host) and _is_loopback(urlsplit(public_url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _html(page: str) -> Response[str]:
    return Response(
        page,
        media_type=MediaType.HTML,
        headers={
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        },
    )


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
