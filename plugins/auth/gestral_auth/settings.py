"""What an operator can set about people: `GESTRAL_AUTH_<FIELD>`."""

import datetime as dt
from typing import Annotated

import msgspec

__all__ = ("AuthSettings",)

Positive = Annotated[int, msgspec.Meta(ge=1)]


class AuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the plugin `auth`.

    Attributes:
        sign_up: Whether anybody may make an account.
        session_days: Days after which a session ends in any case.
        session_idle_days: Days without a request after which a session ends.
        attempts_per_account: Failed sign-ins that one account bears within the window.
        attempts_per_network: Failed sign-ins, and apart from them sign-ups, that one network may
            make within the window.
        attempt_window_minutes: Minutes that the window lasts from its first attempt.
        proxies: Reverse proxies and load balancers in front of the web server. Each appends the
            address that it was asked from to `X-Forwarded-For`; what stands further left there is
            the client's own claim, and is not believed.
        argon2_memory_kib: Memory of one hash, in KiB.
        argon2_iterations: Passes over that memory.
        argon2_concurrency: Hashes at once in one process; all others wait their turn.
    """

    sign_up: bool = True
    session_days: Positive = 30
    session_idle_days: Positive = 7
    attempts_per_account: Positive = 10
    attempts_per_network: Positive = 100
    attempt_window_minutes: Positive = 15
    proxies: Annotated[int, msgspec.Meta(ge=0)] = 0
    argon2_memory_kib: Annotated[int, msgspec.Meta(ge=8)] = 47104
    argon2_iterations: Positive = 1
    argon2_concurrency: Positive = 2

    @property
    def session_lifetime(self) -> dt.timedelta:
        """How long a session lives at most."""
        return dt.timedelta(days=self.session_days)

    @property
    def session_idleness(self) -> dt.timedelta:
        """How long a session may go unused."""
        return dt.timedelta(days=self.session_idle_days)

    @property
    def attempt_window(self) -> dt.timedelta:
        """How long attempts are counted together."""
        return dt.timedelta(minutes=self.attempt_window_minutes)
