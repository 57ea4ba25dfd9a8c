"""Passwords: which ones will do, and how they are kept."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from gestral.errors import InputError
from gestral_auth.settings import AuthSettings

__all__ = ("Passwords", "check_password")

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 256
COMMON_PASSWORDS = Path(__file__).parent / "common_passwords.txt"

T = TypeVar("T")


def check_password(password: str, *, email: str, name: str) -> None:
    """Refuse a new password that would be guessed; no kinds of characters are asked for.

    Follows NIST SP 800-63B, section 3.1.1.2: length, a list of common ones, and the person's own
    words.

    Raises:
        InputError: It will not do; the code and the message say why.
    """
    if len(password) < MINIMUM_LENGTH:
        raise InputError(
            f"The password has fewer than {MINIMUM_LENGTH} characters.",
            hint="A few words that do not belong together are easy to keep in mind.",
            code="password-too-short",
        )
    if len(password) > MAXIMUM_LENGTH:
        raise InputError(
            f"The password has more than {MAXIMUM_LENGTH} characters.", code="password-too-long"
        )
    plain = _plain(password)
    if plain in _common():
        raise InputError(
            "This password is among the most common ones and would be guessed at once.",
            hint="Choose another one.",
            code="password-common",
        )
    own = {
        _plain(email),
        _plain(email.partition("@")[0]),
        _plain(name),
        _plain("".join(name.split())),
    }
    if plain in own:
        raise InputError(
            "The password is your own name or address.",
            hint="Choose one that nobody can read elsewhere.",
            code="password-personal",
        )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def _common() -> frozenset[str]:
    return frozenset(map(_plain, COMMON_PASSWORDS.read_text(encoding="utf-8").split()))


class Passwords:
    """Hashes and verifies with Argon2id, in threads of its own.

    The threads are the cap: hashing holds `argon2_memory_kib` each and a core, so that a flood of
    sign-ins waits instead of taking the machine. The default parameters are the first choice of
    OWASP's Password Storage Cheat Sheet (46 MiB, one pass, one lane).
    """

    def __init__(self, settings: AuthSettings) -> None:
        self._hashing = PasswordHash(
            (
                Argon2Hasher(
                    time_cost=settings.argon2_iterations,
                    memory_cost=settings.argon2_memory_kib,
                    parallelism=1,
                ),
            )
        )
        self._threads = ThreadPoolExecutor(settings.argon2_concurrency, "argon2")
        # First in the queue, so that it is there when the first verification runs.
        self._nobody: Future[str] = self._threads.submit(
            self._hashing.hash, secrets.token_urlsafe()
        )

    async def hash(self, password: str) -> str:
        """Return what to keep of a password."""
        return await self._run(lambda: self._hashing.hash(_canonical(password)))

    async def verify(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Tell whether a password is the one that was hashed.

        Args:
            password: What a person typed.
            kept: The hash; None for an account that does not exist, which costs the same work.

        Returns:
            Whether it is right; and a new hash to keep when the parameters have changed since.
        """
        if len(password) > MAXIMUM_LENGTH:
            password = ""  # cannot be right; the same work all the same
        right, better = await self._run(
            lambda: self._hashing.verify_and_update(
                _canonical(password), kept or self._nobody.result()
            )
        )
        return (right, better) if kept else (False, None)

    async def aclose(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _canonical(password: str) -> str:
    """Keyboards and systems write the same character differently; it is the same password."""
    return unicodedata.normalize("NFKC", password)
