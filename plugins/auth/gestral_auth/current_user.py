"""Who makes a request: the capability `CURRENT_USER`."""

import datetime as dt
import uuid
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from sqlalchemy import update

from gestral.capabilities import CATALOGUE, CLOCK, Identity
from gestral.plugin import Role, Services
from gestral.settings import Settings
from gestral_auth.models import SignInSession
from gestral_auth.sessions import cookie_name, hash_token
from gestral_auth.settings import AuthSettings

__all__ = ("SignedInUser",)

PRECISION = dt.timedelta(minutes=5)
"""How exactly `last_seen_at` is kept, so that most requests only read."""


SIGNED_IN = """
    SELECT s.id, s.last_seen_at, s.user_id, s.organisation_id, u.name, u.email, m.role
    FROM auth.session s
    JOIN auth.user_account u ON u.id = s.user_id
    JOIN auth.membership m ON m.user_id = s.user_id AND m.organisation_id = s.organisation_id
    WHERE s.token_hash = %s AND s.expires_at > %s AND s.last_seen_at > %s
"""


class SignedIn(msgspec.Struct, frozen=True):
    """A row of `SIGNED_IN`."""

    id: uuid.UUID
    last_seen_at: dt.datetime
    user_id: uuid.UUID
    organisation_id: uuid.UUID
    name: str
    email: str
    role: Role


class SignedInUser:
    """Implements `gestral.capabilities.CurrentUser` by one query for each request.

    The membership is part of the query: whoever is removed from an organisation is out of it with
    their next request.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings(AuthSettings)
        self._cookie = cookie_name(services.settings(Settings).public_url)

    async def identify(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
        """See `CurrentUser.identify`."""
        token = connection.cookies.get(self._cookie)
        if not token:
            return None
        now = self._services.get(CLOCK).now()
        found = await self._services.rows(
            SignedIn,
            SIGNED_IN,
            (hash_token(token), now, now - self._settings.session_idleness),
            across_organisations=True,
        )
        if not found:
            return None
        (row,) = found
        if now - row.last_seen_at > PRECISION:
            async with self._services.across_organisations() as session:
                await session.execute(_seen(row.id, now))
        return Identity(
            user_id=row.user_id,
            organisation_id=row.organisation_id,
            name=row.name,
            email=row.email,
            permissions=self._services.get(CATALOGUE).granted(row.role),
        )

    def security_schemes(self) -> dict[str, dict[str, str]]:
        """See `CurrentUser.security_schemes`."""
        return {
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": self._cookie,
                "description": "Set by signing in. Browsers send it to this site's pages alone.",
            }
        }


def _seen(session_id: uuid.UUID, now: dt.datetime) -> Any:
    return update(SignInSession).where(SignInSession.id == session_id).values(last_seen_at=now)
