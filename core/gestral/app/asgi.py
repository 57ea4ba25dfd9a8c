"""The web application as a server starts it: `granian --factory gestral.app.asgi:create`."""

import gc
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar import Litestar

__all__ = ("create",)


def create() -> "Litestar":
    """Build the application from the environment.

    Raises:
        ConfigurationError: A setting is missing or wrong.
        PluginError: A critical plugin is broken.
    """
    from gestral.observe import logs, traces

    logs.configure(os.environ)
    traces.start("gestral-web")
    from gestral.app.build import application, load, platform_from
    from gestral.settings import Settings, read_settings

    settings = read_settings(Settings, os.environ)
    registry = load(os.environ, off=settings.plugins_off)
    made = application(platform_from(settings, registry))
    # What is loaded by now stays: the collector need not go through it again and again.
    gc.collect()
    gc.freeze()
    return made
