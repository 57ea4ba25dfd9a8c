"""A hostile web server on loopback, and a fetcher that may reach it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_network

import pytest

from gestral.http import Fetcher, Limits, NetworkPolicy

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

LOOPBACK = NetworkPolicy(allow_networks=(ip_network("127.0.0.1/32"),))
QUICK = Limits(deadline=20, backoff=0.001, interval=0, max_bytes=100_000)


NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HostileServer:
    """Answers each path with whatever bytes a test has set, and remembers the requests.

    It has no robots.txt unless a test sets one; who asks for that one in vain is not remembered.
    """

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.reached: list[str] = []
        self.behaviours: dict[str, Behaviour] = {}
        self.address = ""
        self.port = 0

    def on(self, path: str, *pieces: bytes) -> str:
        """Answer a path with these bytes, and return its address."""

        async def write(writer: asyncio.StreamWriter) -> None:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()

        return self.does(path, write)

    def page(self, path: str, body: bytes, *headers: str, status: str = "200 OK") -> str:
        """Answer a path with a well-formed page, and return its address."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        return self.on(path, "\r\n".join([*lines, "", ""]).encode(), body)

    def does(self, path: str, behaviour: Behaviour) -> str:
        """Have a function answer a path, and return its address."""
        self.behaviours[path] = behaviour
        return f"{self.address}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.reached.append(writer.get_extra_info("sockname")[0])
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ")[1].decode()
            if path == "/robots.txt" and path not in self.behaviours:
                writer.write(NO_ROBOTS)
            else:
                self.requests.append(request)
                await self.behaviours[path](writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the fetcher has gone, as it should
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()


@pytest.fixture
async def hostile() -> AsyncIterator[HostileServer]:
    hostile = HostileServer()
    running: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(hostile.serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    hostile.port = server.sockets[0].getsockname()[1]
    other = await asyncio.start_server(accept, "127.0.0.2", hostile.port)
    hostile.address = f"http://127.0.0.1:{hostile.port}"
    yield hostile
    server.close()
    other.close()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(policy=LOOPBACK, limits=QUICK) as fetcher:
        yield fetcher
