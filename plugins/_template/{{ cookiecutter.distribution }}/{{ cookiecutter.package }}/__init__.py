"""Notes of an organisation.

This module is read by every command: keep it light, and import in the functions what is heavy.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gestral.capabilities import CLOCK
from gestral.events import OrganisationDeleted, UserDeleted
from gestral.plugin import Listener, Panel, Permission, Plugin, Tables

from {{ cookiecutter.package }}.jobs import TIDY, forget_organisation, forget_user
from {{ cookiecutter.package }}.settings import Settings

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData

__all__ = ("plugin",)

HERE = Path(__file__).parent


def _metadata() -> "MetaData":
    from {{ cookiecutter.package }}.models import Base

    return Base.metadata


def _routes() -> "Sequence[ControllerRouterHandler]":
    from {{ cookiecutter.package }}.routes import handlers

    return handlers


plugin = Plugin(
    name="{{ cookiecutter.name }}",
    api=">=1,<2",
    summary="Notes of an organisation",
    requires=(CLOCK,),
    routes=_routes,
    tables=Tables(metadata=_metadata, migrations=HERE / "migrations"),
    jobs=(TIDY,),
    listeners=(
        Listener(event=UserDeleted, run=forget_user),
        Listener(event=OrganisationDeleted, run=forget_organisation),
    ),
    settings=Settings,
    permissions=(
        Permission(
            name="{{ cookiecutter.name }}:read",
            summary="Read notes",
            role="viewer",
        ),
        Permission(
            name="{{ cookiecutter.name }}:write",
            summary="Leave notes",
            role="editor",
        ),
    ),
    panels=(
        Panel(
            name="notes",
            title="{{ cookiecutter.title }}",
            slot="page",
            module=HERE / "panels" / "notes.js",
            permission="{{ cookiecutter.name }}:read",
        ),
    ),
)
