"""One request and its answer, over a socket that can only reach allowed addresses."""

import errno
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from gestral.errors import FetchError
from gestral.http.decoding import Decoder, only_encoding
from gestral.http.failures import port_refused, private, shown, too_large
from gestral.http.networks import NetworkPolicy

__all__ = ("Exchange", "read_body")

HEADER_BYTES: Final = 16 * 1024
"""The longest header line. Content security policies of real sites pass aiohttp's 8 KB."""

HEADER_COUNT: Final = 128


class ForbiddenError(OSError):
    """A socket was about to be opened towards where it may not go.

    It does not say where: what a name leads to inside a private network is nobody's business.

    Args:
        port: The port that may not be connected to; 0 when the network itself is forbidden.
    """

    def __init__(self, port: int = 0) -> None:
        # The same text for every address: aiohappyeyeballs then passes on this very error when all
        # addresses of a name are forbidden, instead of a plain OSError about several.
        super().__init__(errno.EACCES, "forbidden by the network policy")
        self.port = port


def guarded_socket(policy: NetworkPolicy) -> Callable[[Any], socket.socket]:
    """Make a socket factory that judges the address which the socket will be connected to.

    It runs for every connection, after the name was looked up and with the very address that goes
    into `connect`: a name that changes its answer between two look-ups gains nothing.
    """

    def create(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (host, port, *_) = address_info
        if policy.refusal(host):
            raise ForbiddenError
        if policy.refuses_port(host, port):
            raise ForbiddenError(port)
        return socket.socket(family, kind, protocol)

    return create


class Exchange:
    """A pool of guarded connections.

    It reads no proxy, netrc or cookie settings of the machine, keeps no cookies and undoes no
    compression by itself. Belongs to the event loop that it is made in.
    """

    def __init__(
        self, policy: NetworkPolicy, user_agent: str, resolver: AbstractResolver | None
    ) -> None:
        self._policy = policy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                socket_factory=guarded_socket(policy), resolver=resolver, use_dns_cache=False
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": user_agent},
            # The caller holds the one deadline over everything.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            trust_env=False,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            max_headers=HEADER_COUNT,
        )

    @asynccontextmanager
    async def open(
        self, url: URL, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a GET request and give its answer, with the body still unread.

        Raises:
            FetchError: `address-private`, `port-refused` or `unreachable`, also for what goes
                wrong while the body is read inside the block.
        """
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                yield answer
        except (aiohttp.ClientError, OSError) as error:
            raise explained(url, self._policy, error) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


async def read_body(answer: aiohttp.ClientResponse, limit: int, *, is_cut: bool = False) -> bytes:
    """Read and decompress a body.

    Args:
        answer: An answer whose body is unread.
        limit: The most bytes, before and after decompression.
        is_cut: Have what is beyond the limit cut off; otherwise it is refused.

    Raises:
        FetchError: `too-large` or `encoding-refused`.
    """
    address = str(answer.url)
    encoding = only_encoding(
        address,
        answer.headers.getall("Content-Encoding", []),
        answer.headers.getall("Transfer-Encoding", []),
    )
    if (answer.content_length or 0) > limit and not is_cut:
        raise too_large(address, limit)
    decoder = Decoder(address, encoding, limit)
    try:
        async for piece in answer.content.iter_any():
            decoder.feed(piece)
    except FetchError as error:
        if is_cut and error.code == "too-large":
            return decoder.beginning()
        raise
    return decoder.finish()


UNREACHABLE: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    # The most special class comes first.
    (
        aiohttp.ClientConnectorDNSError,
        "there is no site with this name, or its name server is silent",
        "Check the address for a typing error.",
    ),
    (
        aiohttp.ClientSSLError,
        "the site cannot prove by a valid certificate that it has this name",
        "Open the address in a browser to see what is wrong with it.",
    ),
    (
        aiohttp.ClientConnectorError,
        "the site does not accept connections",
        "Try again later.",
    ),
    (
        aiohttp.ClientPayloadError,
        "the site broke off before the end of the page",
        "Try again later.",
    ),
    (
        aiohttp.ClientResponseError,
        "the site does not answer in proper HTTP, or its headers are far too long",
        "Check that the address is that of a web page.",
    ),
    (
        Exception,
        "the site closed the connection without an answer",
        "Try again later.",
    ),
)


def explained(url: URL, policy: NetworkPolicy, error: Exception) -> FetchError:
    """Say in a sentence why an exchange failed."""
    address = str(url)
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        if isinstance(cause, ForbiddenError):
            if cause.port:
                return port_refused(address, cause.port, policy)
            return private(address, "its name belongs to a private network")
    what, hint = next((what, hint) for kind, what, hint in UNREACHABLE if isinstance(error, kind))
    return FetchError(f"{shown(address)} cannot be reached: {what}.", hint=hint, code="unreachable")
