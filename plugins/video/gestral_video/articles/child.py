"""The child process of `sandbox`: limits itself, reads one request, answers, and is gone."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from gestral.errors import GestralError

from . import sandbox

__all__ = ("TASKS",)


def _extract(arguments: bytes) -> msgspec.Struct:
    from .extract import extract, extract_whole

    given = msgspec.msgpack.decode(arguments, type=sandbox.ExtractArguments)
    read = extract_whole if given.whole else extract
    return read(given.page, given.address, charset=given.charset)


def _prepare(arguments: bytes) -> msgspec.Struct:
    from .pictures import prepare

    given = msgspec.msgpack.decode(arguments, type=sandbox.PrepareArguments)
    return prepare(given.data, given.address, Path(given.folder))


def _feed(arguments: bytes) -> msgspec.Struct:
    from gestral_video.blogs.feed import FeedArguments, parse_feed

    given = msgspec.msgpack.decode(arguments, type=FeedArguments)
    return parse_feed(given.data, given.address)


TASKS: Final[dict[str, Callable[[bytes], msgspec.Struct]]] = {
    "extract": _extract,
    "feed": _feed,
    "prepare": _prepare,
}
"""What a child can do, by name: nothing else can be asked of it."""


def _limit(limits: sandbox.Limits) -> None:
    """Take on the limits that the system knows (macOS refuses some, Windows has none)."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _main() -> None:
    # Only the answer may go to the real output: libraries print, and print into the void.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=sandbox.Request)
    _limit(request.limits)
    outcome: sandbox.Success | sandbox.Failure
    try:
        outcome = sandbox.Success(msgspec.msgpack.encode(TASKS[request.task](request.arguments)))
    except GestralError as error:
        outcome = sandbox.Failure(type(error).__name__, error.message, error.hint, error.code)
    with answer:
        answer.write(msgspec.msgpack.encode(outcome))


if __name__ == "__main__":
    _main()
