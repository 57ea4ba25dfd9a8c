"""Foreign bytes are read in a child process with limits: no page may hang or exhaust its host.

HTML, feed and picture parsers have all been seen to take minutes or gigabytes for some kilobytes of
hostile input, and timeouts within a process cannot stop C code. The child has seconds of CPU, a cap
on memory, on files and on the size of what it writes, a deadline on the clock, and an environment
without the settings and secrets of its parent. It isolates mistakes and waste; it is no defence
against code execution, for which the container around the worker is there.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from gestral import errors
from gestral.errors import InputError

from .article import Article, Picture

__all__ = ("Limits", "extract_safely", "prepare_safely", "run_limited")


_T = TypeVar("_T")


class Limits(msgspec.Struct, frozen=True):
    """What one child may use.

    Attributes:
        cpu: Seconds of CPU.
        clock: Seconds until it is killed, also when it only waits.
        memory: Bytes of address space; numpy and its kin reserve more than they use.
        output: Bytes of the largest file that it may write.
    """

    cpu: int = 20
    clock: float = 45.0
    memory: int = 2_000_000_000
    output: int = 100_000_000


PAGE_LIMITS: Final = Limits()
PICTURE_LIMITS: Final = Limits(cpu=15, clock=30.0)


class Request(msgspec.Struct):
    """What the child reads: the name of a task, its arguments in MessagePack, and its limits."""

    task: str
    arguments: bytes
    limits: Limits


class Failure(msgspec.Struct, tag=True):
    """An error that the task named, as its parent raises it again."""

    kind: str
    message: str
    hint: str
    code: str


class Success(msgspec.Struct, tag=True):
    """What the task returned, in MessagePack."""

    value: bytes


class ExtractArguments(msgspec.Struct):
    """Arguments of the task `extract`; `whole` says that no page surrounds the article."""

    page: bytes
    address: str
    charset: str | None = None
    whole: bool = False


class PrepareArguments(msgspec.Struct):
    """Arguments of the task `prepare`."""

    data: bytes
    address: str
    folder: str


async def extract_safely(
    page: bytes, address: str, *, charset: str | None = None, whole: bool = False
) -> Article:
    """`extract.extract` (or `extract_whole`) in a child process with limits.

    Raises:
        InputError: What the extraction raises, and `unreadable-page` when it dies or overruns.
    """
    arguments = ExtractArguments(page, address, charset, whole)
    return await run_limited(
        "extract",
        arguments,
        Article,
        overrun=InputError(
            f"The page {address} could not be read within the limits of time and memory.",
            hint="Give a simpler page, or the post as a Markdown file.",
            code="unreadable-page",
        ),
    )


async def prepare_safely(data: bytes, address: str, folder: Path) -> Picture:
    """`pictures.prepare` in a child process with limits.

    Raises:
        InputError: What the preparation raises, and `broken-picture` when it dies or overruns.
    """
    return await run_limited(
        "prepare",
        PrepareArguments(data, address, str(folder)),
        Picture,
        limits=PICTURE_LIMITS,
        overrun=InputError(
            f"The picture {address} could not be read within the limits of time and memory.",
            code="broken-picture",
        ),
    )


async def run_limited(
    task: str,
    arguments: msgspec.Struct,
    returns: type[_T],
    *,
    overrun: InputError,
    limits: Limits = PAGE_LIMITS,
) -> _T:
    """The result of one of the named tasks, run in a child process.

    Args:
        task: A key of `child.TASKS`.
        arguments: The struct that the task takes.
        returns: The type of what it returns.
        overrun: Raised when the child dies, overruns its limits or answers nonsense.
        limits: What the child may use.
    """
    request = msgspec.msgpack.encode(Request(task, msgspec.msgpack.encode(arguments), limits))
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "gestral_video.articles.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
        close_fds=True,
    )
    try:
        async with asyncio.timeout(limits.clock):
            answer, _ = await child.communicate(request)
    except TimeoutError:
        raise overrun from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return _result(answer, returns, overrun)


def _result(answer: bytes, returns: type[_T], overrun: InputError) -> _T:
    try:
        outcome = msgspec.msgpack.decode(answer, type=Success | Failure)
        if isinstance(outcome, Success):
            return msgspec.msgpack.decode(outcome.value, type=returns)
    except msgspec.MsgspecError:
        raise overrun from None
    kind = getattr(errors, outcome.kind, InputError)
    raise kind(outcome.message, hint=outcome.hint, code=outcome.code)


def _environment() -> dict[str, str]:
    """What a Python process needs, and nothing that a parser should know."""
    kept = {
        name: os.environ[name] for name in ("LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ
    }
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**kept, "PYTHONUTF8": "1", **dict.fromkeys(threads, "1")}
