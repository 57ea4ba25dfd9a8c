"""All tests of this folder run on a platform with all plugins that ship together."""

from collections.abc import Sequence

import pytest

from gestral.plugin import Plugin
from gestral_auth import plugin as auth
from gestral_email import plugin as email
from gestral_video import plugin as video


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [auth, email, video]


@pytest.fixture
def gestral_environment() -> dict[str, str]:
    return {
        "GESTRAL_AUTH_ARGON2_MEMORY_KIB": "64",
        "GESTRAL_AUTH_ATTEMPTS_PER_ACCOUNT": "1000",
        "GESTRAL_AUTH_ATTEMPTS_PER_NETWORK": "10000",
    }
