"""What every plugin must hold."""

from gestral.testing.conformance import *  # noqa: F403
