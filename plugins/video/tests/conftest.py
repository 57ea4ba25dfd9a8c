"""All tests of this folder run on a platform with this plugin alone."""

from collections.abc import Sequence

import pytest

from gestral.plugin import Plugin
from gestral_video import plugin


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [plugin]
