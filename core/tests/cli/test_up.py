"""`gestral up` looks after its processes."""

import threading
from pathlib import Path

import pytest
from rich.console import Console

from gestral.cli.up import _looked_after, _Process
from gestral.errors import ServiceError
from gestral.testing.kit import kit_settings


def test_a_process_is_looked_after_from_its_start_and_given_up_when_it_keeps_dying(
    tmp_path: Path,
) -> None:
    """Whatever else is done meanwhile: here nothing but waiting."""
    settings = kit_settings(tmp_path, "", "")
    console = Console(record=True, quiet=True)
    stop = threading.Event()
    with (
        pytest.raises(ServiceError, match="The nonsense process keeps dying"),
        _Process("nonsense", settings) as process,
        _looked_after([process], console, stop),
    ):
        assert stop.wait(120), "it is given up"
