"""The program is no installed package: its folder and that of its tests go on the path."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from stack_settings import settings  # noqa: E402 - after the path is set
from stand_in_engine import Graph, Mode, run  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """The SDK warns, while it is imported, about old names of its own.

    A deprecated name that the program itself uses shows in the engine's messages all the same.
    """
    config.addinivalue_line(
        "filterwarnings", r"ignore:\S+ has been deprecated in favor of:DeprecationWarning"
    )


@cache
def _graph(size: str, mode: Mode) -> Graph:
    return run(settings(size=size), mode=mode)


@pytest.fixture(scope="session")
def graph_of() -> Callable[[str, Mode], Graph]:
    """The graph of a size, each run once; not to be changed by a test."""
    return _graph
