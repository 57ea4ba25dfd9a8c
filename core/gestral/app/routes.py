"""Core's own addresses below `/api/v1/core/`: what the browser's shell asks first."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency

from gestral import __version__
from gestral.app.services import Platform
from gestral.capabilities import Identity
from gestral.plugin import Panel, Plugin, Slot

__all__ = ("PanelView", "Shell", "handlers")


class PanelView(msgspec.Struct, frozen=True, kw_only=True):
    """A panel as the browser mounts it.

    Attributes:
        plugin: Whose it is.
        name: Its name there; the page's path is `/<plugin>/<name>`.
        title: What the navigation shows.
        slot: Where it is mounted.
        module: Where the ES module is.
        element: The custom element that the module defines.
    """

    plugin: Annotated[str, msgspec.Meta(examples=["video"])]
    name: Annotated[str, msgspec.Meta(examples=["videos"])]
    title: Annotated[str, msgspec.Meta(examples=["Videos"])]
    slot: Slot
    module: Annotated[str, msgspec.Meta(examples=["/panels/video/videos.js"])]
    element: Annotated[str, msgspec.Meta(examples=["gestral-greeter-greetings"])]


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """What the shell needs to draw itself for a visitor.

    Attributes:
        version: Gestral's.
        identity: Who is signed in; null for a stranger.
        panels: Those that the visitor may see.
    """

    version: Annotated[str, msgspec.Meta(examples=[__version__])]
    identity: Identity | None
    panels: tuple[PanelView, ...]


@get("/shell", public=True, summary="Who is here, and which panels they see")
async def shell(
    platform: NamedDependency[Platform], visitor: NamedDependency[Identity | None]
) -> Shell:
    """Return who is signed in and the panels to mount for them."""
    panels = tuple(
        _view(plugin, panel)
        for plugin in platform.registry.plugins
        for panel in plugin.panels
        if _shown(panel, visitor)
    )
    return Shell(version=__version__, identity=visitor, panels=panels)


def _shown(panel: Panel, visitor: Identity | None) -> bool:
    if visitor is None:
        return panel.slot == "sign-in"
    return panel.slot != "sign-in" and (
        not panel.permission or panel.permission in visitor.permissions
    )


def _view(plugin: Plugin, panel: Panel) -> PanelView:
    return PanelView(
        plugin=plugin.name,
        name=panel.name,
        title=panel.title,
        slot=panel.slot,
        module=f"/panels/{plugin.name}/{panel.module.name}",
        element=f"gestral-{plugin.name.replace('_', '-')}-{panel.name}",
    )


handlers = [shell]
