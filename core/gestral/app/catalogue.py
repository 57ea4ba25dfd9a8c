"""What the loaded plugins declare, taken together."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from gestral.app.registry import Registry
from gestral.plugin import Role

__all__ = ("LoadedCatalogue",)

ROLES: tuple[Role, ...] = get_args(Role)


class LoadedCatalogue:
    """Implements `gestral.capabilities.Catalogue`."""

    def __init__(self, registry: Registry) -> None:
        self._plugins = registry.plugins
        self._granted = {
            role: frozenset(
                permission.name
                for plugin in self._plugins
                for permission in plugin.permissions
                if ROLES.index(permission.role) >= rank
            )
            for rank, role in enumerate(ROLES)
        }

    def granted(self, role: Role) -> frozenset[str]:
        """See `Catalogue.granted`."""
        return self._granted[role]

    def mail_templates(self) -> Mapping[str, Path]:
        """See `Catalogue.mail_templates`."""
        return {
            plugin.name: plugin.mail_templates
            for plugin in self._plugins
            if plugin.mail_templates is not None
        }
