"""Keeping secrets out of what is written down."""

import json
import re
from functools import cache, lru_cache
from typing import Annotated, get_args, get_origin, get_type_hints
from urllib.parse import quote, unquote

import msgspec

__all__ = (
    "MASK",
    "is_secret_name",
    "keep_secret",
    "mask",
    "mask_path",
    "secret_fields",
    "secrets_of",
)

MASK = "***"

LEAST = 8
"""Characters of a value that is masked wherever it stands; a shorter one would blot out words."""

KEPT_PATH = 256
"""Characters of a path that is worth to be kept: longer ones are rare, and fill the memory."""

NAME = (
    r"pass(?:word|wd|phrase)|pwd|secret|token|credentials?|api[_-]?key|private[_-]?key|signature"
    r"|authorization|cookie"
)
_SECRET_NAME = re.compile(rf"(?i)(?:{NAME})s?$")

_PATTERNS = (
    # postgresql://user:password@host; up to the last @, for passwords are not always encoded
    (re.compile(r"(?<=://)([^\s/:@?#]*):[^\s/?#]+@"), rf"\1:{MASK}@"),
    # A header with all that follows on its line: `Cookie: a=b; c=d`, `(b'authorization', b'...')`
    (
        re.compile(
            r"(?i)((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[:=,]\s*b?)"
            r"(?:'[^'\n]*'|\"[^\"\n]*\"|[^\n'\"]+)"
        ),
        rf"\1\2{MASK}",
    ),
    # password=..., "token": "...", X-Amz-Signature=...
    (
        re.compile(
            rf"(?i)((?:{NAME})s?)(['\"]?\s*(?:=>|[=:])\s*b?)"
            r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\"&,;)}\]]+)"
        ),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
)

_HINTS = (
    *("pass", "pwd", "secret", "token", "credential", "key", "signature"),
    *("authorization", "cookie", "bearer", "basic", "://"),
)
"""One of these is in every text that a pattern could find something in; most have none."""

_URL_PASSWORD = re.compile(r"://[^\s/:@?#]*:([^\s/?#]+)@")

_known: set[str] = set()
_any_known: re.Pattern[str] | None = None


def keep_secret(*values: str) -> None:
    """Mask these values from now on, wherever in a text they stand.

    Values of fewer than 8 characters are passed over: they are masked only where their name or
    their place in a URL tells what they are.
    """
    global _any_known  # noqa: PLW0603 - a pattern made once for all lines
    for value in values:
        if len(value) >= LEAST:
            # As it is, and as it stands in a repr, in JSON and in an address.
            _known.update((value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, "")))
    if _known:
        # The longest first: one secret may begin with another.
        longest_first = sorted(_known, key=len, reverse=True)
        _any_known = re.compile("|".join(map(re.escape, longest_first)))


def mask(text: str) -> str:
    """Return a text without the secrets that are known, or known by their name or place."""
    if _any_known is not None:
        text = _any_known.sub(MASK, text)
    lower = text.lower()
    for hint in _HINTS:
        if hint in lower:
            break
    else:
        return text
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def mask_path(path: str) -> str:
    """Return the path of a request without secrets, and without what cannot be written down.

    Paths come again and again, so what became of the latest is kept.
    """
    return _masked(path, _any_known) if len(path) <= KEPT_PATH else _masked_now(path)


def _masked_now(path: str, _known: "re.Pattern[str] | None" = None) -> str:
    return mask(path.encode(errors="replace").decode())


_masked = lru_cache(maxsize=2048)(_masked_now)
"""By what was known to be secret at the time too: who learns of a secret makes a new pattern."""


@cache
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret: it ends in password, token, secret, ..."""
    return _SECRET_NAME.search(name) is not None


def secrets_of(settings: msgspec.Struct) -> set[str]:
    """Return the secrets among settings.

    They are the fields that are named so or marked `Meta(extra={"secret": True})`, and the
    passwords within URLs.
    """
    hints = get_type_hints(type(settings), include_extras=True)
    found: set[str] = set()
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if not isinstance(value, str) or not value:
            continue
        if _is_secret(name, hints[name]):
            found.add(value)
        for password in _URL_PASSWORD.findall(value):
            found.update((password, unquote(password)))
    return found


def secret_fields(kind: type[msgspec.Struct]) -> set[str]:
    """Return the fields of a struct of settings whose whole values are secrets."""
    hints = get_type_hints(kind, include_extras=True)
    return {name for name in kind.__struct_fields__ if _is_secret(name, hints[name])}


def _is_secret(name: str, hint: object) -> bool:
    """Whether a field is named like a secret, or marked as one."""
    return is_secret_name(name) or (
        get_origin(hint) is Annotated
        and any(
            isinstance(one, msgspec.Meta) and (one.extra or {}).get("secret")
            for one in get_args(hint)
        )
    )
