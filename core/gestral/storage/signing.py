"""Addresses of files that only we can make, and that stop working."""

import hmac
import time
from typing import Final
from urllib.parse import quote_plus

from gestral.errors import ConfigurationError, ForbiddenError

__all__ = ("Signer",)

SHORTEST_SECRET: Final = 32
"""Bytes, as many as the digest has (RFC 2104, section 3)."""


class Signer:
    """Signs addresses with HMAC-SHA256.

    Args:
        secret: At least 32 random bytes, the same for all processes that serve the store.

    Raises:
        ConfigurationError: The secret is too short.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise ConfigurationError(
                f"The secret that signs addresses of files has {len(secret)} bytes.",
                hint=f"Set one of at least {SHORTEST_SECRET} random bytes.",
            )
        self._secret = secret

    def query(self, key: str, *, expires: int, download_name: str) -> str:
        """Make the query of an address that works for `expires` seconds from now."""
        until = str(int(time.time()) + expires)
        named = f"&name={quote_plus(download_name)}" if download_name else ""
        return f"until={until}{named}&signature={self._signature(key, until, download_name)}"

    def check(self, key: str, *, until: str, download_name: str, signature: str) -> None:
        """Check the parts of an address as they came in.

        Raises:
            ForbiddenError: `address-forged` or `address-expired`.
        """
        expected = self._signature(key, until, download_name)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise ForbiddenError(
                "This address of a file was not made by this server, or was changed.",
                hint="Open the page again that the address came from.",
                code="address-forged",
            )
        if int(until) < time.time():  # ours, so it is a number
            raise ForbiddenError(
                "This address of a file has expired.",
                hint="Open the page again that the address came from.",
                code="address-expired",
            )

    def _signature(self, key: str, until: str, download_name: str) -> str:
        # Neither a key nor a number holds a line break, so the parts cannot run into each other;
        # the first line keeps this use of the secret apart from any other.
        text = "\n".join(("gestral address of a file", key, until, download_name))
        # In one call, for a page of a list asks for hundreds.
        return hmac.digest(self._secret, text.encode("utf-8", "replace"), "sha256").hex()
