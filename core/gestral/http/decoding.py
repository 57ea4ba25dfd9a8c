"""Undoing the compression of a body, never beyond a stated size."""

import zlib
from collections.abc import Sequence
from typing import Final

from gestral.http.failures import too_large, undecodable

__all__ = ("ACCEPT_ENCODING", "Decoder", "only_encoding")

ACCEPT_ENCODING: Final = "gzip, deflate"
"""What is asked for. Brotli and zstd would need a package, and no server insists on them."""

GZIP: Final = 16 + zlib.MAX_WBITS
ZLIB: Final = zlib.MAX_WBITS
RAW: Final = -zlib.MAX_WBITS


class Decoder:
    """Decompresses a body piece by piece and stops at a size.

    Args:
        address: Where the body comes from, for the messages.
        encoding: One content encoding, as the server named it; "" for none.
        limit: The most bytes that may come out, and that may go in.

    Raises:
        FetchError: `encoding-refused`: the encoding is unknown.
    """

    def __init__(self, address: str, encoding: str, limit: int) -> None:
        self._address = address
        self._encoding = encoding.strip().lower().removeprefix("x-")
        self._limit = limit
        self._taken = 0
        self._body = bytearray()
        self._inflater: zlib._Decompress | None = None
        if self._encoding not in {"", "identity", "gzip", "deflate"}:
            raise undecodable(address, f'the content encoding "{encoding[:80]}" is unknown')

    def feed(self, piece: bytes) -> None:
        """Take the next bytes from the wire.

        Raises:
            FetchError: `too-large`, with never more than the limit decompressed, or
                `encoding-refused`: the bytes are not in the encoding.
        """
        self._taken += len(piece)
        self._body += piece if self._encoding in {"", "identity"} else self._inflated(piece)
        # The compressed size counts too: an endless stream can decompress to nothing.
        if max(len(self._body), self._taken) > self._limit:
            raise too_large(self._address, self._limit)

    def beginning(self) -> bytes:
        """Give what was taken so far, no more of it than the limit."""
        return bytes(self._body[: self._limit])

    def finish(self) -> bytes:
        """Give the whole body.

        Raises:
            FetchError: `encoding-refused`: the compressed stream ends early.
        """
        if self._inflater is not None and not self._inflater.eof:
            raise undecodable(self._address, "the compressed page breaks off before its end")
        return bytes(self._body)

    def _inflated(self, piece: bytes) -> bytes:
        if self._inflater is None:
            self._inflater = zlib.decompressobj(self._window(piece[:1]))
        inflater = self._inflater
        is_over = inflater.eof
        try:
            # One byte more than allowed is enough to know; the rest stays compressed.
            body = inflater.decompress(piece, self._limit + 1 - len(self._body))
        except zlib.error as error:
            raise undecodable(self._address, f"it is not in {self._encoding}") from error
        if is_over or inflater.unused_data:
            raise undecodable(self._address, "something follows the end of the compressed page")
        return body

    def _window(self, first: bytes) -> int:
        if self._encoding == "gzip":
            return GZIP
        # RFC 9110 (section 8.4.1.2) means zlib by "deflate", but servers also send bare DEFLATE.
        # A zlib header has 8 in its low half-byte. A bare stream that begins so would be a stored
        # block with padding that is not zero, which no compressor writes.
        return ZLIB if first and first[0] & 0x0F == 8 else RAW


def only_encoding(
    address: str, content_encodings: Sequence[str], transfer_encodings: Sequence[str]
) -> str:
    """Give the one content encoding of an answer, "" for none.

    Raises:
        FetchError: `encoding-refused`: there are several, or the transfer is compressed.
    """
    names = [name for value in content_encodings for name in value.split(",")]
    if len(names) > 1:
        raise undecodable(address, "it is compressed more than once")
    if any(value.strip().lower() != "chunked" for value in transfer_encodings):
        raise undecodable(address, "it comes in an unusual transfer encoding")
    return names[0] if names else ""
