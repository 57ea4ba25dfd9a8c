"""The fetcher as the operator wants it: `GESTRAL_ALLOW_NETWORKS` and `GESTRAL_ALLOW_PORTS`."""

import ipaddress

import msgspec

from gestral.http.fetcher import Fetcher
from gestral.http.networks import NetworkPolicy

__all__ = ("WayOut", "open_fetcher")


class WayOut(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator allows; read it with `gestral.settings.read_settings`.

    Attributes:
        allow_networks: Private networks that posts may be read from, such as `10.1.0.0/16`.
        allow_ports: Ports that may be connected to.
    """

    allow_networks: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = (80, 443)


def open_fetcher(way_out: WayOut, *, redis_url: str = "") -> Fetcher:
    """Make a fetcher; whoever makes it closes it.

    Args:
        way_out: What the operator allows.
        redis_url: The Valkey of the platform, where there is one.
    """
    return Fetcher(
        redis_url=redis_url,
        policy=NetworkPolicy(
            allow_networks=tuple(ipaddress.ip_network(text) for text in way_out.allow_networks),
            allow_ports=frozenset(way_out.allow_ports),
        ),
    )
