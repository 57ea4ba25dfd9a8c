"""E-mail addresses that mail can be sent from and to."""

from email.headerregistry import Address

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from gestral.errors import ConfigurationError, InputError

__all__ = ("ascii_form", "folded", "normalise_recipient", "read_sender")


MAXIMUM_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3, less the two angle brackets."""


def normalise_recipient(text: str) -> str:
    """Return an address in the form in which it is kept; nothing is asked of the network.

    Raises:
        InputError: It cannot be an address.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise InputError(
            f"No mail can be sent to this address: it has {len(text)} characters, and at most "
            f"{MAXIMUM_LENGTH} are possible.",
            code="email-invalid",
        )
    try:
        return _validated(text).normalized
    except EmailNotValidError as error:
        raise InputError(
            f"No mail can be sent to this address: {error}", code="email-invalid"
        ) from error


def folded(address: str) -> str:
    """Return the form in which it is kept who is not to get mail.

    Local parts are told apart by case in theory alone; who is not to get mail gets none.
    """
    return address.lower()


def ascii_form(address: str) -> str:
    """Return a valid address as every mail server takes it: its domain in Punycode."""
    found = _validated(address).ascii_email
    assert found is not None  # noqa: S101 - local parts that are not ASCII are refused
    return found


def read_sender(text: str) -> Address:
    """Read `Name <address>` or an address alone.

    Raises:
        ConfigurationError: It cannot be a sender.
    """
    try:
        found = _validated(text, allow_display_name=True)
    except EmailNotValidError as error:
        raise ConfigurationError(
            f"GESTRAL_EMAIL_SENDER is {text!r}, which will not do: {error}",
            hint="Write it as 'Gestral <video@example.org>'.",
        ) from error
    return Address(found.display_name or "", addr_spec=found.ascii_email)


def _validated(text: str, *, allow_display_name: bool = False) -> ValidatedEmail:
    return validate_email(
        text,
        allow_smtputf8=False,
        allow_display_name=allow_display_name,
        check_deliverability=False,
    )
