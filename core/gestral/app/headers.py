"""Headers that every answer has, made once and put in where an answer leaves."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

__all__ = ("HEADERS", "StandingHeaders", "standing_headers")

Header = tuple[bytes, bytes]

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every answer that does not say otherwise: it is kept nowhere, runs nothing, and belongs to
this site alone."""

HTTPS_ONLY = "max-age=31536000"
"""A year, and for this host alone: its neighbours may still be without TLS."""


class StandingHeaders:
    """Headers of every answer that does not set them itself.

    Args:
        headers: By name; names of ASGI are of lower case.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = tuple(
            (name.lower().encode(), value.encode()) for name, value in headers.items()
        )
        self._names = frozenset(name for name, _ in self._headers)

    def added_to(self, given: Iterable[Header], *more: Header) -> list[Header]:
        """Return the given headers, those of these that are missing, and some more."""
        for name, _ in given:
            if name in self._names:
                names = {name for name, _ in given}
                return [*given, *(one for one in self._headers if one[0] not in names), *more]
        return [*given, *self._headers, *more]


def standing_headers(public_url: str) -> StandingHeaders:
    """Return the headers of every answer of a platform that people reach at this address."""
    secure = urlsplit(public_url).scheme == "https"
    return StandingHeaders(HEADERS | ({"strict-transport-security": HTTPS_ONLY} if secure else {}))
