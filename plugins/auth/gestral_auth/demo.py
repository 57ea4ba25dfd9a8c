"""The demonstration: an organisation with one person, to try the platform with."""

import base64
import hmac
from collections.abc import Sequence

from sqlalchemy import update

from gestral.plugin import Services
from gestral.settings import Settings
from gestral_auth import PASSWORDS
from gestral_auth.accounts import Account, find_user, register
from gestral_auth.models import UserAccount

__all__ = ("demo",)

EMAIL = "demo@gestral.example"
NAME = "Demo"
PASSWORD_BYTES = 12


async def demo(services: Services) -> Sequence[str]:
    """Make the demonstration's organisation and person, and tell how to sign in.

    The password follows from the platform's secret: it is different everywhere, can be told again,
    and stands nowhere in plain text.
    """
    password = _password(services.settings(Settings).secret)
    passwords = services.get(PASSWORDS)
    async with services.across_organisations() as session:
        user = await find_user(session, EMAIL)
    if user is None:
        account = Account(email=EMAIL, name=NAME, password_hash=await passwords.hash(password))
        async with services.across_organisations() as session:
            await register(services, session, account, organisation=NAME, demo=True)
    else:
        right, _ = await passwords.verify(password, user.password_hash)
        if not right:  # the platform's secret was changed
            password_hash = await passwords.hash(password)
            async with services.across_organisations() as session:
                await session.execute(
                    update(UserAccount)
                    .where(UserAccount.id == user.id)
                    .values(password_hash=password_hash)
                )
    return (f"Sign in as {EMAIL} with the password {password}",)


def _password(secret: str) -> str:
    digest = hmac.digest(secret.encode(), b"gestral auth demo password", "sha256")
    return base64.urlsafe_b64encode(digest[:PASSWORD_BYTES]).decode()
