"""Puts the template of `gestral plugins new` into the distributions: it lies beside the plugins."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Template(BuildHookInterface):  # type: ignore[type-arg]
    """Includes `plugins/_template` as `gestral/_template`.

    A source distribution has it there already; an editable install reads it where it lies.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folder to what is built."""
        template = Path(self.root).parent / "plugins" / "_template"
        if template.is_dir() and version != "editable":
            build_data["force_include"][str(template)] = "gestral/_template"
