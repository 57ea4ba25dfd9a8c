"""Who is signed in: opaque random tokens in a cookie, kept as hashes only.

A session is always made anew at sign-in; a token that a client brings is looked up or deleted,
never adopted. A hash without salt is enough for 32 random bytes: nobody can try them all.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from litestar.datastructures import Cookie
from sqlalchemy import delete, or_

from gestral_auth.models import SignInSession
from gestral_auth.settings import AuthSettings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = (
    "close_session",
    "close_sessions_of",
    "cookie_name",
    "forget_sessions",
    "hash_token",
    "open_session",
    "session_cookie",
)

TOKEN_BYTES = 32
USER_AGENT_LENGTH = 200


def hash_token(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def cookie_name(public_url: str) -> str:
    """Return the cookie's name; over https the prefix `__Host-` binds it to this very host."""
    return "__Host-gestral" if _is_https(public_url) else "gestral_session"


def session_cookie(public_url: str, token: str | None, lifetime: dt.timedelta) -> Cookie:
    """Return the cookie that carries a token, or the one that removes it when `token` is None."""
    return Cookie(
        key=cookie_name(public_url),
        value=token or "",
        max_age=int(lifetime.total_seconds()) if token else 0,
        path="/",
        secure=_is_https(public_url),
        httponly=True,
        samesite="lax",
    )


def _is_https(public_url: str) -> bool:
    return urlsplit(public_url).scheme == "https"


async def open_session(
    session: "AsyncSession",
    settings: AuthSettings,
    *,
    user_id: uuid.UUID,
    organisation_id: uuid.UUID,
    user_agent: str,
    now: dt.datetime,
) -> str:
    """Sign a person in and return the token for their cookie."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        SignInSession(
            token_hash=hash_token(token),
            user_id=user_id,
            organisation_id=organisation_id,
            last_seen_at=now,
            expires_at=now + settings.session_lifetime,
            user_agent=user_agent.replace("\0", "")[:USER_AGENT_LENGTH],
        )
    )
    await session.flush()
    return token


async def close_session(session: "AsyncSession", token: str) -> None:
    """End the session of a token, if there is one."""
    await session.execute(
        delete(SignInSession).where(SignInSession.token_hash == hash_token(token))
    )


async def close_sessions_of(session: "AsyncSession", user_id: uuid.UUID) -> None:
    """End all sessions of a person."""
    await session.execute(delete(SignInSession).where(SignInSession.user_id == user_id))


async def forget_sessions(
    session: "AsyncSession", settings: AuthSettings, now: dt.datetime
) -> None:
    """Delete the sessions that have ended by age or idleness."""
    await session.execute(
        delete(SignInSession).where(
            or_(
                SignInSession.expires_at <= now,
                SignInSession.last_seen_at <= now - settings.session_idleness,
            )
        )
    )
