"""Core's own addresses below `/api/v1/core/`: what the browser's shell asks first."""

import msgspec
from litestar import get
from litestar.di import NamedDependency

from gestral import __version__
from gestral.app.services import Platform
from gestral.capabilities import Identity
from gestral.plugin import Panel, Plugin

__all__ = ("PanelView", "Shell", "handlers")


class PanelView(msgspec.Struct, frozen=True, kw_only=True):
    """A panel as the browser mounts it."""

    plugin: str
    name: str
    title: str
    slot: str
    module: str
    element: str


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """What the shell needs to draw itself for a visitor."""

    version: str
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
