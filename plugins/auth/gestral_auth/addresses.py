"""E-mail addresses and names as people type them, brought to one form."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from gestral.errors import InputError

__all__ = ("normalise_email", "normalise_name")

EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3, less the two angle brackets."""

NAME_LENGTH = 100

PATIENCE = 4
"""How many times too long a text may be and still be looked at: reading megabytes takes seconds."""


def normalise_email(text: str) -> str:
    """Return an address in the one form in which it is kept.

    Nothing is asked of the network. An address whose local part is not ASCII is refused, for many
    mail servers still cannot deliver to it.

    Raises:
        InputError: It cannot be an address; the message says why.
    """
    if len(text) > PATIENCE * EMAIL_LENGTH:
        raise InputError(
            f"This is no e-mail address: it has {len(text)} characters, and at most {EMAIL_LENGTH} "
            "are possible.",
            code="email-invalid",
        )
    try:
        found = validate_email(text.strip(), allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError as error:
        raise InputError(
            f"This is no e-mail address: {error}",
            hint="Write it as name@example.org.",
            code="email-invalid",
        ) from error
    return found.normalized


def normalise_name(text: str) -> str:
    """Return a name with single spaces and without what cannot be seen.

    Raises:
        InputError: It is empty or too long.
    """
    if len(text) > PATIENCE * NAME_LENGTH:
        raise _too_long(text)
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        # Joiners are format characters, but some scripts cannot be written without them.
        if character.isspace()
        or character in "\u200c\u200d"
        or not unicodedata.category(character).startswith("C")
    )
    name = " ".join(visible.split())
    if not name.strip("\u200c\u200d "):
        raise InputError("The name is empty.", hint="Say what to call you.", code="name-empty")
    if len(name) > NAME_LENGTH:
        raise _too_long(name)
    return name


def _too_long(name: str) -> InputError:
    return InputError(
        f"The name has {len(name)} characters.",
        hint=f"At most {NAME_LENGTH} are kept.",
        code="name-too-long",
    )
