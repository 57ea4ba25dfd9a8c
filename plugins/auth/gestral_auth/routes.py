"""What browsers and programs ask for below `/api/v1/auth/`."""

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.capabilities import CATALOGUE, CLOCK, MAILER, Identity
from gestral.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from gestral.plugin import Role, Services
from gestral.settings import Settings
from gestral_auth.accounts import authenticate, count_sign_up, home_of, prepare, register
from gestral_auth.addresses import EMAIL_LENGTH, NAME_LENGTH, PATIENCE
from gestral_auth.models import Membership, Organisation, UserAccount
from gestral_auth.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from gestral_auth.sessions import close_session, cookie_name, open_session, session_cookie
from gestral_auth.settings import AuthSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ControllerRouterHandler

__all__ = ("Me", "OrganisationView", "SignIn", "SignUp", "SignUpState", "UserView", "handlers")

AnyRequest = Request[Any, Any, Any]


# Bounds are for the API document alone: what is beyond them is refused with a code of its own. So
# is what is too long once spaces and what cannot be seen are gone.
Email = Annotated[
    str,
    msgspec.Meta(
        examples=["ada@example.org"],
        extra_json_schema={"extra": {"format": "email", "max_length": PATIENCE * EMAIL_LENGTH}},
    ),
]
Password = Annotated[
    str,
    msgspec.Meta(
        examples=["four words that rhyme never"],
        extra_json_schema={"extra": {"format": "password", "max_length": MAXIMUM_LENGTH}},
    ),
]
NewPassword = Annotated[
    str,
    msgspec.Meta(
        examples=["four words that rhyme never"],
        extra_json_schema={
            "extra": {
                "format": "password",
                "min_length": MINIMUM_LENGTH,
                "max_length": MAXIMUM_LENGTH,
            }
        },
    ),
]
Name = Annotated[
    str,
    msgspec.Meta(
        examples=["Ada Lovelace"],
        extra_json_schema={"extra": {"min_length": 1, "max_length": PATIENCE * NAME_LENGTH}},
    ),
]


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new person gives.

    Attributes:
        email: Where to write to them; they sign in with it.
        password: Any sentence but a common one, or their own name or address.
        name: What to call them: 100 characters at most, not counting what cannot be seen.
    """

    email: Email
    password: NewPassword
    name: Name


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a known person gives.

    Attributes:
        email: In whatever case.
        password: Theirs.
    """

    email: Email
    password: Password


class SignUpState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether anybody may make an account here.

    Attributes:
        open: Anybody may.
    """

    open: bool


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A person, as they see themselves.

    Attributes:
        id: Stays the same.
        email: Where to write to them.
        name: What to call them.
    """

    id: uuid.UUID
    email: Email
    name: Name


class OrganisationView(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation, as one of its members sees it.

    Attributes:
        id: Stays the same.
        name: What people call it.
        slug: Its name in addresses.
        role: The member's.
    """

    id: uuid.UUID
    name: Name
    slug: Annotated[str, msgspec.Meta(examples=["ada-lovelace"])]
    role: Role


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in.

    Attributes:
        user: The person.
        organisation: The one that they act for at the moment.
        organisations: All that they belong to, the oldest membership first.
        permissions: What they may do in `organisation`, in the order of the alphabet.
    """

    user: UserView
    organisation: OrganisationView
    organisations: tuple[OrganisationView, ...]
    permissions: Annotated[tuple[str, ...], msgspec.Meta(examples=[["auth:account"]])]


@get("/sign-up", public=True, summary="Whether anybody may make an account")
async def sign_up_state(services: NamedDependency[Services]) -> SignUpState:
    """Tell whether sign-up is open."""
    return SignUpState(open=services.settings(AuthSettings).sign_up)


@post(
    "/sign-up",
    public=True,
    status_code=201,
    errors=(ConflictError, RateLimitedError),
    summary="Make an account and sign in",
)
async def sign_up(
    request: AnyRequest,
    data: JSONBody[SignUp],
    services: NamedDependency[Services],
) -> Response[Me]:
    """Make an account with an organisation of its own, and sign its person in.

    An address that is taken answers 409, which tells that it has an account. That ends when
    addresses are confirmed by mail; until then every network's sign-ups are limited.
    """
    if not services.settings(AuthSettings).sign_up:
        raise ForbiddenError(
            "Nobody can make an account here.",
            hint="Ask whoever runs this platform for one.",
            code="sign-up-closed",
        )
    await count_sign_up(services, _host(request, services))
    account = await prepare(services, email=data.email, name=data.name, password=data.password)
    async with services.across_organisations() as session:
        membership = await register(services, session, account)
        mailer = services.find(MAILER)
        if mailer is not None:
            await mailer.send(
                session,
                "auth/welcome",
                account.email,
                {"name": account.name, "address": services.settings(Settings).public_url},
                key=f"auth:welcome:{membership.user_id}",
            )
        return await _signed_in(request, services, session, membership)


@post(
    "/sign-in",
    public=True,
    status_code=200,
    errors=(UnauthenticatedError, NotFoundError, RateLimitedError),
    summary="Sign in",
)
async def sign_in(
    request: AnyRequest,
    data: JSONBody[SignIn],
    services: NamedDependency[Services],
) -> Response[Me]:
    """Sign in with address and password: a new session, whatever the browser brought."""
    user_id = await authenticate(
        services, email=data.email, password=data.password, host=_host(request, services)
    )
    async with services.across_organisations() as session:
        return await _signed_in(request, services, session, await home_of(session, user_id))


@post("/sign-out", public=True, status_code=204, summary="Sign out")
async def sign_out(request: AnyRequest, services: NamedDependency[Services]) -> Response[None]:
    """End the session that the cookie names, if any, and remove the cookie."""
    async with services.across_organisations() as session:
        await _close_current(request, services, session)
    return Response(None, status_code=204, cookies=[_cookie(services, None)])


@get("/me", permission="auth:account", summary="Who is signed in")
async def me(services: NamedDependency[Services], identity: NamedDependency[Identity]) -> Me:
    """Return who is signed in, their organisations, and what they may do."""
    async with services.across_organisations() as session:
        return await _describe(services, session, identity.user_id, identity.organisation_id)


handlers: "Sequence[ControllerRouterHandler]" = (sign_up_state, sign_up, sign_in, sign_out, me)


async def _signed_in(
    request: AnyRequest, services: Services, session: AsyncSession, membership: Membership
) -> Response[Me]:
    await _close_current(request, services, session)
    token = await open_session(
        session,
        services.settings(AuthSettings),
        user_id=membership.user_id,
        organisation_id=membership.organisation_id,
        user_agent=request.headers.get("user-agent", ""),
        now=services.get(CLOCK).now(),
    )
    described = await _describe(services, session, membership.user_id, membership.organisation_id)
    return Response(described, cookies=[_cookie(services, token)])


async def _close_current(request: AnyRequest, services: Services, session: AsyncSession) -> None:
    token = request.cookies.get(cookie_name(services.settings(Settings).public_url))
    if token:
        await close_session(session, token)


def _cookie(services: Services, token: str | None) -> Any:
    return session_cookie(
        services.settings(Settings).public_url,
        token,
        services.settings(AuthSettings).session_lifetime,
    )


def _host(request: AnyRequest, services: Services) -> str | None:
    """Return the address that the request comes from, as the outermost trusted proxy saw it."""
    proxies = services.settings(AuthSettings).proxies
    forwarded = ",".join(request.headers.getall("x-forwarded-for", [])).split(",")
    if 0 < proxies <= len(forwarded):
        return forwarded[-proxies].strip()
    return request.client.host if request.client else None


async def _describe(
    services: Services, session: AsyncSession, user_id: uuid.UUID, organisation_id: uuid.UUID
) -> Me:
    rows = await session.execute(
        select(
            UserAccount.email,
            UserAccount.name.label("user_name"),
            Organisation.id,
            Organisation.name,
            Organisation.slug,
            Membership.role,
        )
        .join(Membership, Membership.user_id == UserAccount.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(UserAccount.id == user_id)
        .order_by(Membership.id)
    )
    found = rows.all()
    organisations = tuple(
        OrganisationView(id=row.id, name=row.name, slug=row.slug, role=row.role) for row in found
    )
    current = next(one for one in organisations if one.id == organisation_id)
    return Me(
        user=UserView(id=user_id, email=found[0].email, name=found[0].user_name),
        organisation=current,
        organisations=organisations,
        permissions=tuple(sorted(services.get(CATALOGUE).granted(current.role))),
    )
