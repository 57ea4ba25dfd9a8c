"""What a foreign address may look like, judged before anything is looked up.

This gives people clear sentences early and keeps odd spellings away from the resolver. The
protection itself does not rest on it: `gestral.http.exchange` judges what a socket connects to.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from yarl import URL

from gestral.errors import FetchError
from gestral.http.failures import invalid, port_refused, private, shown
from gestral.http.networks import NetworkPolicy

__all__ = ("parse", "redirected")

LONGEST_ADDRESS: Final = 4096
"""Characters; longer ones are no addresses of pages (nginx and Apache stop at 8 KB of header)."""

LONGEST_NAME: Final = 253
"""Characters of a host name (RFC 1035, section 2.3.4, without the root's dot)."""

LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f\\]")

BEGINNING: Final = re.compile(r"https?://(?P<authority>[^/?#]+)", re.IGNORECASE)
"""As RFC 3986, appendix B, splits an address."""

PRIVATE_NAMES: Final = (
    "localhost",  # RFC 6761
    "local",  # RFC 6762
    "home.arpa",  # RFC 8375
    "internal",  # reserved by ICANN in 2024 for private use
)


def parse(address: str, policy: NetworkPolicy) -> URL:
    """Read an address and judge its spelling.

    Args:
        address: As a person or a page gave it.
        policy: Ports and networks; names of private networks are let through to the resolver only
            when the policy allows some network of the operator's.

    Returns:
        The address with its host in lower case and ASCII, without fragment and trailing dot.

    Raises:
        FetchError: `address-invalid`, `address-private` or `port-refused`.
    """
    address = address.strip()
    if len(address) > LONGEST_ADDRESS:
        raise invalid(address, f"it is longer than {LONGEST_ADDRESS} characters")
    if UNPRINTABLE.search(address):
        raise invalid(address, "it holds a space, a backslash or a control character")
    if not (beginning := BEGINNING.match(address)):
        raise invalid(address, "it does not begin with http:// or https:// and a name")
    if "@" in beginning["authority"]:
        raise invalid(address, "it holds a user name or a password")
    try:
        url = URL(address)
        host, port = url.raw_host or "", url.port
    except ValueError as error:
        raise invalid(address, "it cannot be read") from error
    host = judge_host(address, host, policy)
    # With networks of the operator's own, the port is judged when the name is looked up.
    if port not in policy.allow_ports and not policy.allow_networks:
        raise port_refused(address, port or 0, policy)
    return url.with_host(host).with_fragment(None)


def redirected(current: URL, location: str, policy: NetworkPolicy) -> URL:
    """Read where a redirect leads and judge it like a first address.

    A redirect from https to http is refused: whoever gave an https address was promised that
    nobody on the way changes the page.

    Raises:
        FetchError: As `parse`, or `redirect-downgraded`.
    """
    try:
        target = str(current.join(URL(location)))
    except ValueError as error:
        raise invalid(location, f"{current} redirects to it, and it cannot be read") from error
    url = parse(target, policy)
    if current.scheme == "https" and url.scheme == "http":
        raise FetchError(
            f"{shown(str(current))} redirects from https to the unprotected {shown(str(url))}.",
            hint="Give that http:// address itself if you trust the way to it.",
            code="redirect-downgraded",
        )
    return url


def judge_host(address: str, host: str, policy: NetworkPolicy) -> str:
    """Check the host of an address, as yarl spells it: lower case, ASCII, no brackets."""
    if ":" in host:
        return judge_ip(address, host, policy)
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in labels):
        raise invalid(address, "its host name is not a valid one")
    if NUMBER.fullmatch(labels[-1]):
        return judge_ip(address, host, policy)
    is_private = len(labels) == 1 or any(f".{host}".endswith(f".{name}") for name in PRIVATE_NAMES)
    if is_private and not policy.allow_networks:
        raise private(address, f'"{host}" is a name of private networks')
    return host


def judge_ip(address: str, host: str, policy: NetworkPolicy) -> str:
    """Check a host that is a number: one spelling per family, so that no two readers differ."""
    try:
        host = str(IPv6Address(host) if ":" in host else IPv4Address(host))
    except AddressValueError as error:
        raise invalid(address, "its host is a number, but not in the form 192.0.2.1") from error
    if "%" in host:
        raise invalid(address, "its host names a network interface of this machine")
    if reason := policy.refusal(host):
        raise private(address, f"{host} is {reason}")
    return host
