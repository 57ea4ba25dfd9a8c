"""A connection that breaks at the worst moment: after the server did it, before it could say so."""

import socket
import threading
from types import TracebackType
from typing import Self

__all__ = ("AnswerCutter",)


class AnswerCutter:
    """A TCP proxy that carries one request to the server, and keeps its answer to itself.

    Args:
        port: The server's, on the loopback interface.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.swallowed = b""
        """The answer that the client never saw."""
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self._thread.join(30)

    def _carry(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._server), 30) as server:
            sending = threading.Thread(target=self._forward, args=(client, server), daemon=True)
            sending.start()
            # The whole answer was sent, so the transaction behind it was committed.
            while chunk := server.recv(65536):
                self.swallowed += chunk
            client.shutdown(socket.SHUT_RDWR)
            sending.join(30)

    @staticmethod
    def _forward(client: socket.socket, server: socket.socket) -> None:
        while chunk := client.recv(65536):
            server.sendall(chunk)
