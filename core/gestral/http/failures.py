"""Sentences about addresses that cannot be read."""

from typing import Final

from gestral.errors import FetchError
from gestral.http.networks import NetworkPolicy

__all__ = ("BusyError", "invalid", "port_refused", "private", "shown", "too_large", "undecodable")

LONGEST_SHOWN: Final = 200
"""Characters of an address in a message."""


class BusyError(FetchError):
    """A host has asked to be left alone for longer than there is time.

    Args:
        host: Its name.
        seconds: How long it is to be left alone yet.
    """

    default_code = "host-busy"

    def __init__(self, host: str, seconds: float) -> None:
        time = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.0f} seconds"
        super().__init__(
            f"{shown(host)} is busy, and asks to be left alone for {time}.",
            hint="Try again after that.",
        )
        self.seconds = seconds


def invalid(address: str, reason: str) -> FetchError:
    """Say that an address cannot be used as it is written."""
    return FetchError(
        f"{shown(address)} cannot be read as an address: {reason}.",
        hint="Copy the address of the page from your browser.",
        code="address-invalid",
    )


def private(address: str, reason: str) -> FetchError:
    """Say that an address leads where nobody outside should look."""
    return FetchError(
        f"{shown(address)} does not lead to the public internet: {reason}.",
        hint="Give an address that anyone can open; an operator can allow a network of their own.",
        code="address-private",
    )


def port_refused(address: str, port: int, policy: NetworkPolicy) -> FetchError:
    """Say that an address names a port that is not one of the web's."""
    allowed = " or ".join(str(port) for port in sorted(policy.allow_ports))
    return FetchError(
        f"{shown(address)} names port {port}, which may not be connected to.",
        hint=f"Use an address on port {allowed}.",
        code="port-refused",
    )


def too_large(address: str, limit: int) -> FetchError:
    """Say that an address holds more than the limit, in bytes."""
    return FetchError(
        f"{shown(address)} holds more than {limit / 2**20:.3g} MB.",
        hint="Give the address of a single post, or save it as a file without its media.",
        code="too-large",
    )


def undecodable(address: str, reason: str) -> FetchError:
    """Say that a body is packed in a way that is not undone here."""
    return FetchError(
        f"{shown(address)} cannot be unpacked: {reason}.",
        hint="Save the page as a file and give that instead.",
        code="encoding-refused",
    )


def shown(address: str) -> str:
    """Quote an address for a message: printable, short, without password and query.

    Queries are left out because they hold the keys of private and signed addresses.
    """
    page, question, _ = address.partition("?")
    scheme, separator, rest = page.partition("://")
    authority, slash, path = rest.partition("/")
    public = f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for character in public
    )
    cut = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}\N{HORIZONTAL ELLIPSIS}"
    return f"{cut}?\N{HORIZONTAL ELLIPSIS}" if question else cut
