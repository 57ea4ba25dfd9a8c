"""The plugin holds the contract."""

from gestral.testing.conformance import *  # noqa: F403
