"""Which networks a foreign address may never lead to.

The tables follow the registries of the IANA, read in November 2026:

* IPv4 Special-Purpose Address Registry (RFC 6890 and what updates it)
* IPv6 Special-Purpose Address Registry
* IPv6 Global Unicast Address Assignments (only 2000::/3 is given out)

`ipaddress.is_global` is not used: it calls several of these networks public, and the answer differs
between versions of Python.
"""

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, TypeAlias

__all__ = ("PUBLIC", "Address", "Network", "NetworkPolicy")

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

FORBIDDEN: Final[dict[Network, str]] = {
    ip_network(network): meaning
    for network, meaning in {
        "0.0.0.0/8": "this host on this network (RFC 791)",
        "10.0.0.0/8": "private use (RFC 1918)",
        "100.64.0.0/10": "shared by carriers (RFC 6598)",
        "127.0.0.0/8": "this machine (RFC 1122)",
        "168.63.129.16/32": "the virtual platform address of Azure",
        "169.254.0.0/16": "link-local, cloud metadata (RFC 3927)",
        "172.16.0.0/12": "private use (RFC 1918)",
        "192.0.0.0/24": "protocol assignments, cloud metadata (RFC 6890)",
        "192.0.2.0/24": "documentation (RFC 5737)",
        "192.88.99.0/24": "withdrawn 6to4 relays (RFC 7526)",
        "192.168.0.0/16": "private use (RFC 1918)",
        "198.18.0.0/15": "benchmarks (RFC 2544)",
        "198.51.100.0/24": "documentation (RFC 5737)",
        "203.0.113.0/24": "documentation (RFC 5737)",
        "224.0.0.0/4": "multicast (RFC 5771)",
        "240.0.0.0/4": "reserved, broadcast (RFC 1112)",
        # Inside 2000::/3; all that lies outside it is refused below.
        "2001::/23": "protocol assignments, Teredo (RFC 2928, RFC 4380)",
        "2001:db8::/32": "documentation (RFC 3849)",
        "2002::/16": "withdrawn 6to4 (RFC 3056, RFC 7526)",
        "3fff::/20": "documentation (RFC 9637)",
    }.items()
}

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
CARRIES_IPV4: Final = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped (RFC 4291): the socket speaks IPv4
    IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052): the gateway speaks IPv4
)


@dataclass(frozen=True, kw_only=True)
class NetworkPolicy:
    """Where the way out may lead.

    Args:
        allow_networks: Networks that are let through on every port, although the table forbids
            them.
        deny_networks: Networks that are refused although the table lets them through, such as the
            operator's own public IPv6 range. They win over `allow_networks`.
        allow_ports: The ports that may be connected to outside of `allow_networks`.
    """

    allow_networks: tuple[Network, ...] = ()
    deny_networks: tuple[Network, ...] = ()
    allow_ports: frozenset[int] = frozenset({80, 443})

    def refusal(self, address: str) -> str:
        """Say why nobody may connect to an IP address.

        Args:
            address: As in a socket address: dotted IPv4, or IPv6 with or without a zone.

        Returns:
            What the address belongs to, or "" when it may be connected to.

        Raises:
            ValueError: This is no IP address.
        """
        ip = judged(address)
        for network in self.deny_networks:
            if ip in network:
                return f"in {network}, denied by the operator"
        if self._is_allowed(ip):
            return ""
        for network, meaning in FORBIDDEN.items():
            if ip in network:
                return f"in {network}: {meaning}"
        if ip.version == 6 and ip not in GLOBAL_UNICAST:
            return "outside the public range of IPv6"
        return ""

    def refuses_port(self, address: str, port: int) -> bool:
        """Say whether a port of an IP address may not be connected to.

        Raises:
            ValueError: This is no IP address.
        """
        return port not in self.allow_ports and not self._is_allowed(judged(address))

    def _is_allowed(self, ip: Address) -> bool:
        return any(ip in network for network in self.allow_networks)


PUBLIC: Final = NetworkPolicy()
"""The public internet, on ports 80 and 443."""


def judged(address: str) -> Address:
    """Give the address to judge: the IPv4 address that an IPv6 address leads to, or itself."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and any(ip in network for network in CARRIES_IPV4):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
