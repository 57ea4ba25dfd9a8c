"""The way out: `Fetcher` is the only client for addresses that come from outside."""

from gestral.http.failures import BusyError
from gestral.http.fetcher import Fetcher, Limits, Response, StatusError
from gestral.http.networks import PUBLIC, NetworkPolicy

__all__ = ("PUBLIC", "BusyError", "Fetcher", "Limits", "NetworkPolicy", "Response", "StatusError")
