"""One request and its answer, over a socket that can only reach allowed addresses."""

import errno
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from yarl import URL

from gestral.errors import FetchError
from gestral.http.decoding import Decoder, only_encoding
from gestral.http.failures import private, shown, too_large
from gestral.http.networks import NetworkPolicy

__all__ = ("Exchange", "read_body")

HEADER_BYTES: Final = 16 * 1024
"""The longest header line. Content security policies of real sites pass aiohttp's 8 KB."""

HEADER_COUNT: Final = 128


class ForbiddenAddressError(OSError):
    """A socket was about to be opened towards a forbidden network."""

    def __init__(self, host: str, reason: str) -> None:
        # The same text for every address: aiohappyeyeballs then passes on this very error when all
        # addresses of a name are forbidden, instead of a plain OSError about several.
        super().__init__(errno.EACCES, "forbidden network")
        self.host = host
        self.reason = reason


def guarded_socket(policy: NetworkPolicy) -> Callable[[Any], socket.socket]:
    """Make a socket factory that judges the address which the socket will be connected to.

    It runs for every connection, after the name was looked up and with the very address that goes
    into `connect`: a name that changes its answer between two look-ups gains nothing.
    """

    def create(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (host, port, *_) = address_info
        if reason := policy.refusal(host):
            raise ForbiddenAddressError(host, reason)
        if port not in policy.allow_ports:
            raise ForbiddenAddressError(host, f"on port {port}, which may not be connected to")
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
            FetchError: `address-private`, `unreachable` or `too-large`, also for what goes wrong
                while the body is read inside the block.
        """
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                yield answer
        except (aiohttp.ClientError, BadHttpMessage, OSError) as error:
            raise explained(url, error) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


async def read_body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read and decompress a body.

    Args:
        answer: An answer whose body is unread.
        limit: The most bytes, before and after decompression.

    Raises:
        FetchError: `too-large` or `encoding-refused`.
    """
    address = str(answer.url)
    encoding = only_encoding(
        address,
        answer.headers.getall("Content-Encoding", []),
        answer.headers.getall("Transfer-Encoding", []),
    )
    if (answer.content_length or 0) > limit:
        raise too_large(address, limit)
    decoder = Decoder(address, encoding, limit)
    async for piece in answer.content.iter_any():
        decoder.feed(piece)
    return decoder.finish()


def explained(url: URL, error: Exception) -> FetchError:
    """Say in a sentence why an exchange failed."""
    address = shown(str(url))
    cause = getattr(error, "os_error", error)
    match cause:
        case ForbiddenAddressError():
            return private(str(url), f"{url.host} is at {cause.host}, {cause.reason}")
        case _ if isinstance(cause.__cause__, LineTooLong) or isinstance(cause, LineTooLong):
            return FetchError(
                f"{address} answered with a header longer than {HEADER_BYTES} bytes.",
                hint="Save the page as a file and give that instead.",
                code="too-large",
            )
    match error:
        case aiohttp.ClientConnectorDNSError():
            what = f'there is no site with the name "{url.host}", or its name server is silent'
            hint = "Check the address for a typing error."
        case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
            what = "the site has no valid certificate for this name"
            hint = "Open the address in a browser to see what is wrong with it."
        case aiohttp.ClientConnectorError():
            what = "the site does not accept connections"
            hint = "Try again later."
        case aiohttp.ClientPayloadError():
            what = "the site broke off before the end of the page"
            hint = "Try again later."
        case aiohttp.ClientResponseError() | BadHttpMessage():
            what = "the site does not answer in proper HTTP"
            hint = "Check that the address is that of a web page."
        case _:
            what = "the site closed the connection without an answer"
            hint = "Try again later."
    return FetchError(f"{address} cannot be reached: {what}.", hint=hint, code="unreachable")
