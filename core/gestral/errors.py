"""One tree of errors.

    GestralError                 something Gestral can name
    ├── InputError               what a person gave is at fault: exit code 2, HTTP 4xx
    │   ├── NotFoundError        it is not there, or not yours to see (404)
    │   ├── ConflictError        it clashes with what is there already (409)
    │   ├── UnauthenticatedError nobody is signed in (401)
    │   ├── ForbiddenError       signed in, but not allowed to (403)
    │   ├── TooLargeError        more than a stated limit (413)
    │   ├── RateLimitedError     too often in too short a time (429)
    │   └── FetchError           a foreign address could not be read (422)
    ├── ConfigurationError       a setting is missing or wrong: the operator mends it
    ├── PluginError              a plugin broke the contract: its author mends it
    ├── ServiceError             PostgreSQL, Valkey or the store did not answer (503)
    └── JobError                 a job ended without its result, with a reason for people
        └── RetryableError       ... and may well succeed when tried again

Every error answers three questions for whoever reads it: what happened, where, and what to do.
A message is one or two whole sentences; it never holds a secret and never a traceback.
"""

from typing import ClassVar

__all__ = (
    "ConfigurationError",
    "ConflictError",
    "FetchError",
    "ForbiddenError",
    "GestralError",
    "InputError",
    "JobError",
    "NotFoundError",
    "PluginError",
    "RateLimitedError",
    "RetryableError",
    "ServiceError",
    "TooLargeError",
    "UnauthenticatedError",
)


class GestralError(Exception):
    """Something that Gestral can name.

    Args:
        message: What happened and where, in whole sentences for the person who caused it.
        hint: What to do about it; empty when the message already says so.
        code: A stable identifier for programs, in kebab-case; the class has a default.
        retry_after: Seconds after which trying again may help, where that is known.
    """

    status: ClassVar[int] = 500
    """The HTTP status that this error becomes."""
    exit_code: ClassVar[int] = 1
    """The exit code of the `gestral` command that ends with this error."""
    default_code: ClassVar[str] = "internal-error"

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InputError(GestralError):
    """What a person gave is at fault."""

    status = 422
    exit_code = 2
    default_code = "invalid-input"


class NotFoundError(InputError):
    """It is not there, or not this person's to see: the two are not told apart."""

    status = 404
    default_code = "not-found"


class ConflictError(InputError):
    """It clashes with what is there already."""

    status = 409
    default_code = "conflict"


class UnauthenticatedError(InputError):
    """Nobody is signed in, or the credentials are wrong."""

    status = 401
    default_code = "unauthenticated"


class ForbiddenError(InputError):
    """Signed in, but without the permission."""

    status = 403
    default_code = "forbidden"


class TooLargeError(InputError):
    """More than a stated limit."""

    status = 413
    default_code = "too-large"


class RateLimitedError(InputError):
    """Too often in too short a time."""

    status = 429
    default_code = "rate-limited"


class FetchError(InputError):
    """A foreign address could not be read: refused, unreachable, too large or not as promised."""

    default_code = "fetch-failed"


class ConfigurationError(GestralError):
    """A setting is missing or wrong."""

    exit_code = 2
    default_code = "configuration"


class PluginError(GestralError):
    """A plugin broke the contract."""

    default_code = "plugin"


class ServiceError(GestralError):
    """A service that Gestral stands on did not answer."""

    status = 503
    default_code = "service-unavailable"


class JobError(GestralError):
    """A job ended without its result, for a reason that a person can act on: it is final."""

    default_code = "job-failed"


class RetryableError(JobError):
    """A job ended without its result, but may succeed when it is tried again."""

    default_code = "job-retryable"
