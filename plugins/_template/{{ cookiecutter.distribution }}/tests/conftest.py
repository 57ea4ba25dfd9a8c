"""All tests run on a platform with this plugin, on a real PostgreSQL."""

from collections.abc import Sequence

import pytest
from gestral.plugin import Plugin

from {{ cookiecutter.package }} import plugin


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [plugin]
