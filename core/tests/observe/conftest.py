"""A platform with the toy plugin, and its log to be read."""

import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import toy

from gestral.observe import masking
from gestral.observe.logs import ACCESS, ATTEMPTS, JsonFormatter
from gestral.plugin import Metric, Plugin, Services


async def seven(_services: Services) -> float:
    return 7


async def broken(_services: Services) -> float:
    raise ValueError("nothing to count")


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    metrics = (
        Metric(name="sevens", summary="Always seven", read=seven),
        Metric(name="broken", summary="Never there", read=broken),
    )
    return [replace(toy.plugin, metrics=metrics)]


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gives what was logged since, as it is written in JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("gestral", ACCESS, ATTEMPTS)]
    levels = [one.level for one in loggers]
    loggers[0].addHandler(handler)
    for one in loggers:
        one.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    loggers[0].removeHandler(handler)
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_known", set())
    monkeypatch.setattr(masking, "_any_known", None)
