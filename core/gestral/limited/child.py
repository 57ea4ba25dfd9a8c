"""The child process: limits itself, reads one request, answers, and is gone."""

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec

from gestral.errors import GestralError
from gestral.limited.messages import Failure, Limits, Request, Success

FILES = 64
"""Files that may be open at once."""

GRACE = 5.0
"""Seconds after which a child whose parent did not end it in time, having died, ends itself."""


def limit(limits: Limits) -> None:
    """Take on the limits that the system knows (macOS refuses some, Windows has none)."""
    try:
        import resource
    except ImportError:
        return
    signal.setitimer(signal.ITIMER_REAL, limits.clock + GRACE)
    for what, most in (
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def find(task: str) -> tuple[Callable[[Any], object], Any]:
    """Import a task, and return it with the type of its only argument.

    Raises:
        ModuleNotFoundError: There is no such module.
        AttributeError: The module has no such function.
        ValueError: The function does not take exactly one argument whose type it names.
    """
    module, _, name = task.partition(":")
    function = getattr(importlib.import_module(module), name)
    hints = get_type_hints(function)
    hints.pop("return", None)
    (kind,) = hints.values()
    return function, kind


def perform(request: Request) -> Success | Failure:
    """Do what is asked; an error that the task names is an answer, any other ends the child."""
    try:
        function, kind = find(request.task)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        return Failure("PluginError", f"There is no task {request.task}: {error}.", "", "")
    arguments = msgspec.msgpack.decode(request.arguments, type=kind)
    try:
        return Success(msgspec.msgpack.encode(function(arguments)))
    except GestralError as error:
        return Failure(type(error).__name__, error.message, error.hint, error.code)


def main() -> None:
    """Answer the request on the standard input."""
    # Only the answer may go to the real output: libraries print, and print into the void.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    limit(request.limits)
    sys.path[:] = request.path
    answer = msgspec.msgpack.encode(perform(request))
    with output:
        output.write(answer)
    os._exit(0)  # threads that a library has left behind do not matter any more


if __name__ == "__main__":
    main()
