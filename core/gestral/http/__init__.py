"""The way out: `Fetcher` is the only client for addresses that come from outside.

It does not read robots.txt (RFC 9309) yet. Until it does, a fetch is what a browser does for the
person who gave the address: one page and its pictures, never a crawl.
"""

from gestral.http.fetcher import Fetcher, Limits, Response, StatusError
from gestral.http.networks import PUBLIC, NetworkPolicy

__all__ = ("PUBLIC", "Fetcher", "Limits", "NetworkPolicy", "Response", "StatusError")
