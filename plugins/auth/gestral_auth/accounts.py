"""Making accounts and signing in: what routes, commands and the demonstration have in common."""

import secrets
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from advanced_alchemy.exceptions import DuplicateKeyError, IntegrityError
from advanced_alchemy.repository import SQLAlchemyAsyncRepository, SQLAlchemyAsyncSlugRepository
from advanced_alchemy.utils.text import slugify
from sqlalchemy import func, select, update

from gestral.capabilities import CLOCK, JOBS
from gestral.errors import ConflictError, InputError, NotFoundError, UnauthenticatedError
from gestral.events import MemberJoined, OrganisationCreated
from gestral.plugin import Services
from gestral_auth import PASSWORDS
from gestral_auth.addresses import normalise_email, normalise_name
from gestral_auth.models import Membership, Organisation, UserAccount
from gestral_auth.passwords import check_password
from gestral_auth.sessions import close_sessions_of
from gestral_auth.settings import AuthSettings
from gestral_auth.throttle import (
    Limit,
    account_key,
    clear,
    count_attempt,
    network_key,
    refund,
    refusal,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = (
    "Account",
    "authenticate",
    "count_sign_up",
    "find_user",
    "home_of",
    "prepare",
    "register",
    "set_password",
)


class Users(SQLAlchemyAsyncRepository[UserAccount]):
    """Rows of `user_account`."""

    model_type = UserAccount


class Organisations(SQLAlchemyAsyncSlugRepository[Organisation]):
    """Rows of `organisation`."""

    model_type = Organisation


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to make an account, checked and in its final form."""

    email: str
    name: str
    password_hash: str


async def prepare(services: Services, *, email: str, name: str, password: str) -> Account:
    """Check what a person gave for a new account, and hash the password.

    Takes time and no connection to the database.

    Raises:
        InputError: The address, the name or the password will not do.
    """
    email = normalise_email(email)
    name = normalise_name(name)
    check_password(password, email=email, name=name)
    return Account(
        email=email, name=name, password_hash=await services.get(PASSWORDS).hash(password)
    )


async def register(
    services: Services,
    session: "AsyncSession",
    account: Account,
    *,
    organisation: str = "",
    demo: bool = False,
) -> Membership:
    """Make an account with an organisation of its own, and tell of both.

    Args:
        services: The platform.
        session: The caller's transaction.
        account: From `prepare`.
        organisation: Its name; the person's own when empty.
        demo: Whether it is the one that demonstration data belong to.

    Raises:
        ConflictError: There is an account with this address.
    """
    user = await _add_user(session, account)
    name = organisation or account.name
    home = await _add_organisation(session, name, demo=demo)
    membership = Membership(user_id=user.id, organisation_id=home.id, role="owner")
    session.add(membership)
    await session.flush()
    jobs = services.get(JOBS)
    await jobs.publish(session, OrganisationCreated(organisation_id=home.id, name=name))
    await jobs.publish(session, MemberJoined(organisation_id=home.id, user_id=user.id))
    return membership


async def _add_user(session: "AsyncSession", account: Account) -> UserAccount:
    try:
        return await Users(session=session).add(UserAccount(**msgspec.structs.asdict(account)))
    except DuplicateKeyError as error:
        raise ConflictError(
            "There is an account with this address already.",
            hint="Sign in, or use another address.",
            code="email-taken",
        ) from error


async def _add_organisation(session: "AsyncSession", name: str, *, demo: bool) -> Organisation:
    organisations = Organisations(session=session)
    # Names in scripts that cannot be written in ASCII leave nothing of themselves in a slug.
    slug = await organisations.get_available_slug(slugify(name)[:80] or "organisation")
    # Free a moment ago; should somebody take it meanwhile, the second try has one of its own.
    for attempt in (slug, f"{slug}-{secrets.token_hex(4)}"):
        # Under row-level security PostgreSQL does not say that it was a duplicate.
        with suppress(IntegrityError):
            async with session.begin_nested():
                return await organisations.add(Organisation(name=name, slug=attempt, demo=demo))
    raise ConflictError(f"There is no short name left for {name!r}.", hint="Try again.")


async def find_user(session: "AsyncSession", email: str) -> UserAccount | None:
    """Return the account of an address, whatever its case."""
    return await session.scalar(
        select(UserAccount).where(func.lower(UserAccount.email) == func.lower(email))
    )


async def home_of(session: "AsyncSession", user_id: uuid.UUID) -> Membership:
    """Return the membership that a person begins with: their oldest.

    Raises:
        NotFoundError: They belong to no organisation.
    """
    found = await session.scalar(
        select(Membership).where(Membership.user_id == user_id).order_by(Membership.id).limit(1)
    )
    if found is None:
        raise NotFoundError(
            "This account belongs to no organisation.",
            hint="Ask an administrator of one to take you in.",
            code="no-organisation",
        )
    return found


async def authenticate(
    services: Services, *, email: str, password: str, host: str | None
) -> uuid.UUID:
    """Return the id of the person whose address and password these are.

    An unknown address costs the same work and gives the same answer as a wrong password.

    Raises:
        RateLimitedError: Too many failed, from this network or on this account.
        UnauthenticatedError: They are not right.
    """
    email = _as_kept(email)
    settings = services.settings(AuthSettings)
    account = Limit(account_key("sign-in", email), settings.attempts_per_account)
    network = Limit(network_key("sign-in", host), settings.attempts_per_network)
    await _count(services, account, network)
    async with services.across_organisations() as session:
        user = await find_user(session, email)
    right, better_hash = await services.get(PASSWORDS).verify(
        password, user.password_hash if user else None
    )
    if user is None or not right:
        raise UnauthenticatedError(
            "The address and the password do not belong together.", code="wrong-credentials"
        )
    async with services.across_organisations() as session:
        await clear(session, account.key)
        await refund(session, network.key)
        if better_hash:
            await session.execute(
                update(UserAccount)
                .where(UserAccount.id == user.id, UserAccount.password_hash == user.password_hash)
                .values(password_hash=better_hash)
            )
    return user.id


def _as_kept(email: str) -> str:
    """Return an address as accounts keep it; what is none belongs to nobody, and is no secret."""
    try:
        return normalise_email(email)
    except InputError:
        return ""


async def count_sign_up(services: Services, host: str | None) -> None:
    """Count a sign-up from a network.

    Raises:
        RateLimitedError: There were too many of late.
    """
    most = services.settings(AuthSettings).attempts_per_network
    await _count(services, Limit(network_key("sign-up", host), most))


async def _count(services: Services, *limits: Limit) -> None:
    now = services.get(CLOCK).now()
    window = services.settings(AuthSettings).attempt_window
    async with services.across_organisations() as session:
        again = await count_attempt(session, limits, now, window)
    if again is not None:
        raise refusal(again, now)


async def set_password(services: Services, email: str, password: str) -> None:
    """Give an account another password, and sign it out everywhere.

    Raises:
        NotFoundError: There is no such account.
        InputError: The password will not do.
    """
    async with services.across_organisations() as session:
        user = await find_user(session, email)
    if user is None:
        raise NotFoundError(
            f"There is no account {email!r}.", hint="`gestral users list` names all."
        )
    check_password(password, email=user.email, name=user.name)
    password_hash = await services.get(PASSWORDS).hash(password)
    async with services.across_organisations() as session:
        await session.execute(
            update(UserAccount).where(UserAccount.id == user.id).values(password_hash=password_hash)
        )
        await close_sessions_of(session, user.id)
