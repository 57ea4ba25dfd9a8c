"""Tasks for limited children: one that is well, and many that are not."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from gestral.errors import ConfigurationError, InputError, TooLargeError


class Given(msgspec.Struct):
    text: str = ""
    number: int = 0


class Found(msgspec.Struct):
    text: str


def echo(given: Given) -> Found:
    return Found(given.text * given.number)


def environment(given: Given) -> Found:
    return Found(repr(dict(os.environ)))


def folder(given: Given) -> Found:
    return Found(repr(sys.path))


def print_noise(given: Given) -> Found:
    print("noise" * 1000, flush=True)
    os.write(1, b"more noise")
    os.write(2, b"and more")
    return Found("heard")


def spin(given: Given) -> Found:
    while True:
        pass


def wait(given: Given) -> Found:
    Path(given.text).write_text(str(os.getpid()))
    while True:
        time.sleep(3600)


def hoard(given: Given) -> Found:
    return Found(str(len(bytearray(10**12))))


def write_much(given: Given) -> Found:
    with Path(given.text).open("wb") as file:
        file.writelines(bytes(10**6) for _ in range(1000))
    return Found("written")


def answer_much(given: Given) -> Found:
    return Found("x" * given.number)


def answer_endlessly(given: Given) -> Found:
    answer = next(fd for fd in range(3, 64) if _is_pipe(fd))
    while True:
        os.write(answer, bytes(10**6))


def answer_nonsense(given: Given) -> Found:
    answer = next(fd for fd in range(3, 64) if _is_pipe(fd))
    os.write(answer, b"\xc1" * 100)
    os._exit(0)


def answer_deeply(given: Given) -> Found:
    answer = next(fd for fd in range(3, 64) if _is_pipe(fd))
    os.write(answer, b"\x91" * 30_000)
    os._exit(0)


def answer_otherwise(given: Given) -> list[Found]:
    return [Found("one")]


def die(given: Given) -> Found:
    os.kill(os.getpid(), signal.SIGSEGV)
    return Found("alive")


def leave(given: Given) -> Found:
    sys.exit(0)


def recurse(given: Given) -> Any:
    return recurse(given)


def fail(given: Given) -> Found:
    raise KeyError(given.text)


def refuse(given: Given) -> Found:
    raise InputError("It will not do.", hint="Give another.", code="will-not-do")


def refuse_size(given: Given) -> Found:
    raise TooLargeError("x" * 10_000)


def blame_the_operator(given: Given) -> Found:
    raise ConfigurationError("Send me the secret.")


def _is_pipe(fd: int) -> bool:
    try:
        return os.fstat(fd).st_mode & 0o170000 == 0o010000
    except OSError:
        return False
