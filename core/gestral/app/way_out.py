"""The fetcher as the operator's settings want it."""

import ipaddress
from typing import TYPE_CHECKING

from gestral.settings import Settings

if TYPE_CHECKING:
    from gestral.http import Fetcher

__all__ = ("fetcher",)


def fetcher(settings: Settings) -> "Fetcher":
    """Make the fetcher, with the private networks and the ports that the operator allows."""
    from gestral.http import Fetcher, NetworkPolicy

    return Fetcher(
        policy=NetworkPolicy(
            allow_networks=tuple(ipaddress.ip_network(text) for text in settings.allow_networks),
            allow_ports=frozenset(settings.allow_ports),
        )
    )
