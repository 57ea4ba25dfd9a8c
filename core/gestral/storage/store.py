"""What every store of objects can do."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from gestral.errors import InputError

__all__ = ("ObjectInfo", "ObjectStore", "check_expires", "check_key", "check_prefix", "check_range")

LONGEST_KEY: Final = 512
"""Characters; S3 allows 1024 bytes, of which the bucket's prefix takes a part."""

SEGMENT: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
"""Begins with a letter or digit, so that none is hidden, "." or ".."; file systems allow 255."""

KEY: Final = re.compile(rf"{SEGMENT}(?:/{SEGMENT})*")
PREFIX: Final = re.compile(rf"(?:{SEGMENT}/)*(?:{SEGMENT})?")

LONGEST_EXPIRY: Final = 7 * 24 * 3600
"""Seconds that a signed address of S3 can live (AWS Signature Version 4)."""

NO_CACHE: Final = "private, no-cache"
"""Kept by the browser, and asked about by its ETag before every use."""


class ObjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object without reading it.

    Args:
        key: Its name in the store.
        size: In bytes.
        etag: Changes with the content; quoted, as HTTP wants it.
        modified: When it was put, in UTC.
        content_type: Its media type; "" in a listing, where S3 does not tell it.
        cache_control: The HTTP header of this name; "" in a listing.
    """

    key: str
    size: int
    etag: str
    modified: dt.datetime
    content_type: str = ""
    cache_control: str = ""


class ObjectStore(Protocol):
    """Keeps files under keys such as "videos/42/post.mp4".

    A key consists of segments of letters, digits, ".", "_" and "-", each beginning with a letter or
    digit, joined by "/". No key is at the same time a folder of other keys. Every method raises
    `InputError` for another kind of key, and `ServiceError` when the store does not answer.
    """

    async def put(
        self,
        key: str,
        source: Path | bytes,
        *,
        content_type: str,
        cache_control: str = NO_CACHE,
    ) -> ObjectInfo:
        """Keep a file or bytes under a key, in place of what was there.

        Readers see the old object or the new one, whole; a crash leaves the old one.

        Raises:
            ConflictError: The key is a folder of other keys, or lies under another key.
        """
        ...

    async def info(self, key: str) -> ObjectInfo:
        """Look an object up.

        Raises:
            NotFoundError: There is none under this key.
        """
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read the bytes of an object from `start` up to, not including, `end`.

        Positions beyond the end of the object are cut off, as in a slice.

        Raises:
            NotFoundError: There is none under this key; raised by the first step.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """List the objects whose keys begin with a text, in the order of their keys."""
        ...

    def address(self, key: str, *, expires: int, download_name: str = "") -> str:
        """Make an address from which a browser can read the object, whole or in ranges.

        Args:
            key: Need not exist yet.
            expires: Seconds until the address stops working, at most seven days.
            download_name: Have the browser save the object under this name instead of showing it.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections and files."""
        ...


def check_key(key: str) -> str:
    """Return a key that is well-formed.

    Raises:
        InputError: It is not.
    """
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        raise InputError(
            f"{key[:80]!r} cannot be the key of an object.",
            hint='Use letters, digits, ".", "_" and "-", in segments joined by "/".',
            code="key-invalid",
        )
    return key


def check_prefix(prefix: str) -> str:
    """Return the beginning of keys, if some key can begin so.

    Raises:
        InputError: None can.
    """
    if len(prefix) > LONGEST_KEY or not PREFIX.fullmatch(prefix):
        raise InputError(f"No key of an object begins with {prefix[:80]!r}.", code="key-invalid")
    return prefix


def check_range(start: int, end: int | None) -> None:
    """Refuse positions that do not count from the beginning.

    Raises:
        ValueError: One is negative.
    """
    if start < 0 or (end is not None and end < 0):
        raise ValueError(f"The range from {start} to {end} has a negative position.")


def check_expires(expires: int) -> None:
    """Refuse a lifetime of an address that not every store can give.

    Raises:
        ValueError: Not between one second and seven days.
    """
    if not 1 <= expires <= LONGEST_EXPIRY:
        raise ValueError(f"An address can live for 1 to {LONGEST_EXPIRY} seconds, not {expires}.")
