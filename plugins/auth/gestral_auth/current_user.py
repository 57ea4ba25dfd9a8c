"""Who makes a request: the capability `CURRENT_USER`."""

import datetime as dt
import uuid
from typing import Any

from litestar.connection import ASGIConnection
from sqlalchemy import select, update

from gestral.capabilities import CATALOGUE, CLOCK, Identity
from gestral.plugin import Services
from gestral.settings import Settings
from gestral_auth.models import Membership, SignInSession, UserAccount
from gestral_auth.sessions import cookie_name, hash_token
from gestral_auth.settings import AuthSettings

__all__ = ("SignedInUser",)

PRECISION = dt.timedelta(minutes=5)
"""How exactly `last_seen_at` is kept, so that most requests only read."""


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
        async with self._services.across_organisations() as session:
            found = await session.execute(self._query(token, now))
            row = found.one_or_none()
            if row is None:
                return None
            if now - row.last_seen_at > PRECISION:
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

    def _query(self, token: str, now: dt.datetime) -> Any:
        columns = (
            SignInSession.id,
            SignInSession.last_seen_at,
            SignInSession.user_id,
            SignInSession.organisation_id,
            UserAccount.name,
            UserAccount.email,
            Membership.role,
        )
        return (
            select(*columns)
            .join(UserAccount, UserAccount.id == SignInSession.user_id)
            .join(
                Membership,
                (Membership.user_id == SignInSession.user_id)
                & (Membership.organisation_id == SignInSession.organisation_id),
            )
            .where(
                SignInSession.token_hash == hash_token(token),
                SignInSession.expires_at > now,
                SignInSession.last_seen_at > now - self._settings.session_idleness,
            )
        )


def _seen(session_id: uuid.UUID, now: dt.datetime) -> Any:
    return update(SignInSession).where(SignInSession.id == session_id).values(last_seen_at=now)
