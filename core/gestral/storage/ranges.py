"""Which part of a file a request asks for (RFC 9110, section 14)."""

import re
from typing import Final

__all__ = ("UnsatisfiableError", "requested_range")

RANGE: Final = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE | re.ASCII)

LONGEST_POSITION: Final = 19
"""Digits; longer numbers are beyond every file, and slow to read."""


class UnsatisfiableError(Exception):
    """The range lies wholly outside of the file."""


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """Read a Range header.

    Args:
        header: As it came in; "" for none.
        size: Of the file, in bytes.

    Returns:
        The first byte and the one after the last, or None when the whole file is to be sent: also
        for a header that cannot be read and for several ranges, as the RFC allows.

    Raises:
        UnsatisfiableError: It is to be answered with 416.
    """
    if not (match := RANGE.fullmatch(header.strip())):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if max(len(first), len(last)) > LONGEST_POSITION:
        raise UnsatisfiableError
    if not first:  # the last so many bytes
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size
        if last:
            if int(last) < start:
                return None
            end = min(size, int(last) + 1)
    if start >= end:
        raise UnsatisfiableError
    return start, end
