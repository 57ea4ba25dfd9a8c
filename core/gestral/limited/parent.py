"""Starting a child, talking with it, and believing nothing that it says."""

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar, cast
from weakref import WeakKeyDictionary

import msgspec

from gestral import errors
from gestral.errors import GestralError, InputError, PluginError
from gestral.limited.messages import Failure, Limits, Request, Success

if TYPE_CHECKING:
    import asyncio

__all__ = ("AT_ONCE", "run_limited")

T = TypeVar("T")

AT_ONCE: Final = max(4, 2 * (os.cpu_count() or 1))
"""Children of one process at a time; further ones wait, so that their memory does not add up. More
than there are processors, so that hostile ones slow the others down and do not keep them out."""

RAISED: Final[dict[str, type[GestralError]]] = {
    name: kind
    for name in errors.__all__
    if issubclass(kind := getattr(errors, name), InputError | PluginError)
}
"""The errors that a child may raise here: what was given is at fault, or the plugin that asked."""

KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows has no SIGKILL; there the other one cannot be refused either."""

LONGEST_TEXT: Final = 2_000
"""Characters of a message from a child."""

_gates: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]" = WeakKeyDictionary()


async def run_limited(
    task: str,
    arguments: msgspec.Struct,
    returns: type[T],
    *,
    overrun: InputError,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> T:
    """Run a function in a child process with limits, and return its result.

    Args:
        task: `module:function`, which the child imports. The function takes one struct, whose type
            it names, and returns one. Write it out: it must never come from outside.
        arguments: The struct that it takes.
        returns: The type of what it returns; an answer of another form is not believed.
        overrun: Raised when the child dies, overruns a limit or answers nonsense.
        limits: What the child may use.

    Raises:
        InputError: What the function raises, in the same class, or `overrun`.
        PluginError: There is no such function.
    """
    import asyncio

    request = Request(
        limits, [path for path in sys.path if path], task, msgspec.msgpack.encode(arguments)
    )
    gate = _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    async with gate:
        answer = await _ask(msgspec.msgpack.encode(request), limits)
    try:
        outcome = msgspec.msgpack.decode(answer, type=Success | Failure)
        if isinstance(outcome, Success):
            return msgspec.msgpack.decode(outcome.value, type=returns)
    except (msgspec.MsgspecError, RecursionError):
        raise overrun from None
    raise _error(outcome, overrun)


async def _ask(request: bytes, limits: Limits) -> bytes:
    """Return what a child answers before it ends, or is ended: maybe nothing, maybe nonsense."""
    import asyncio

    loop = asyncio.get_running_loop()
    ended, gone = loop.create_future(), loop.create_future()
    answer = bytearray()

    class Conversation(asyncio.SubprocessProtocol):
        def pipe_data_received(self, fd: int, data: bytes) -> None:
            answer.extend(data)
            if len(answer) > limits.answer and not ended.done():
                answer.clear()
                ended.set_result(None)

        def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
            if fd == 1 and not ended.done():
                ended.set_result(None)

        def process_exited(self) -> None:
            gone.set_result(None)

    transport, _ = await loop.subprocess_exec(
        Conversation,
        *(sys.executable, "-I", "-m", "gestral.limited.child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        given = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))
        given.write(request)
        given.write_eof()
        async with asyncio.timeout(limits.clock):
            await ended
    except TimeoutError:
        return b""
    finally:
        gone.add_done_callback(lambda _: transport.close())
        if not gone.done():
            # Not by the transport, which would reap the child that asyncio waits for to be reaped.
            with suppress(ProcessLookupError):
                os.kill(transport.get_pid(), KILL)
            await asyncio.shield(gone)
    return bytes(answer)


def _error(failure: Failure, overrun: InputError) -> GestralError:
    kind = RAISED.get(failure.kind)
    if kind is None:
        return overrun
    message, hint = failure.message[:LONGEST_TEXT], failure.hint[:LONGEST_TEXT]
    return kind(message, hint=hint, code=failure.code)


def _environment() -> dict[str, str]:
    """What a Python process needs, and nothing that a parser should know."""
    kept = {
        name: os.environ[name] for name in ("LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ
    }
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**kept, "PYTHONUTF8": "1", **dict.fromkeys(threads, "1")}
