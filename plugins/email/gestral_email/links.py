"""Links in mail that end it: signed, each for one address and one kind of mail."""

import base64
import binascii
import hmac

import msgspec

from gestral.errors import ForbiddenError
from gestral.settings import Settings

__all__ = ("Unsubscription", "read_token", "unsubscribe_link")

PURPOSE = b"gestral unsubscribing from mail\n"
"""Keeps this use of the secret apart from any other."""


class Unsubscription(msgspec.Struct, frozen=True, array_like=True):
    """Who wants no more of what."""

    address: str
    template: str


def unsubscribe_link(settings: Settings, wanted: Unsubscription) -> str:
    """Return the address that ends one kind of mail to one address; it works for ever."""
    text = msgspec.json.encode(wanted)
    token = base64.urlsafe_b64encode(_signature(settings, text) + text).rstrip(b"=").decode()
    return f"{settings.public_url}/api/v1/email/unsubscribe/{token}"


def read_token(settings: Settings, token: str) -> Unsubscription:
    """Return what a link's token says.

    Raises:
        ForbiddenError: We did not make it (`unsubscribe-forged`).
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        signature, text = raw[:32], raw[32:]
        if hmac.compare_digest(signature, _signature(settings, text)):
            return msgspec.json.decode(text, type=Unsubscription)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        pass
    raise ForbiddenError(
        "This link was not made by this platform, or is not whole.",
        hint="Copy it again from the mail, all of it.",
        code="unsubscribe-forged",
    )


def _signature(settings: Settings, text: bytes) -> bytes:
    return hmac.digest(settings.secret.encode(), PURPOSE + text, "sha256")
