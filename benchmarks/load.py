"""A client that asks as fast as it is answered: one thread, sockets that stay open, no library.

Reads one JSON object from standard input (`port`, `requests` as text, `connections`, `seconds`),
and writes one with the number of `answers` and the `seconds` that they took. The requests are sent
in turn; anything but a 200 ends it.
"""

import json
import selectors
import socket
import sys
import time
from itertools import cycle

END = b"\r\n\r\n"


class Connection:
    """Sends a request, reads its answer whole, sends the next."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._missing = -1
        self._read = b""

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self._read, self._missing = b"", -1
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what is there, and return whether the answer is whole."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise SystemExit("a server closed a connection")
        if self._missing >= 0:
            self._missing -= len(piece)
            return self._missing == 0
        self._read += piece
        head, end, body = self._read.partition(END)
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"a server answered {self._read[:500]!r}")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        self._missing = int(length) - len(body)
        return self._missing == 0


def main() -> None:
    """Ask for the given time."""
    given = json.load(sys.stdin)
    requests = cycle([one.encode() for one in given["requests"]])
    waiting = selectors.DefaultSelector()
    for _ in range(given["connections"]):
        connection = Connection(given["port"])
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(next(requests))
    answers = 0
    begun = now = time.perf_counter()
    until = begun + given["seconds"]
    while (now := time.perf_counter()) < until:
        for key, _ in waiting.select(until - now):
            if key.data.answered():
                answers += 1
                key.data.ask(next(requests))
    json.dump({"answers": answers, "seconds": now - begun}, sys.stdout)


if __name__ == "__main__":
    main()
