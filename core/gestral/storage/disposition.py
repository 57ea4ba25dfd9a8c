"""Telling a browser to save something instead of showing it (RFC 6266)."""

import re
from typing import Final
from urllib.parse import quote

__all__ = ("attachment",)

UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f"\\/:*?<>|%\u2028\u2029\u202a-\u202e\u2066-\u2069]')
"""Control characters and what Windows, macOS or a header would trip over."""


def attachment(name: str) -> str:
    """Make the value of a Content-Disposition header.

    Args:
        name: The name to save under, in any script; characters that no file name should hold become
            "_". Without one, the browser takes it from the address.
    """
    clean = UNSAFE.sub("_", name).strip(" .")[:150]
    if not clean:
        return "attachment"
    # Old clients read the first form, all others the second (RFC 6266, appendix D).
    ascii_name = clean.encode("ascii", "replace").decode().replace("?", "_")
    encoded = quote(clean.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{encoded}"
