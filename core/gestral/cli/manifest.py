"""`gestral manifest`: what all plugins declare, for programs such as those that deploy."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from gestral.app.registry import Entry
from gestral.cli.plugins import registry
from gestral.plugin import CONTRACT_VERSION, Capability, Plugin
from gestral.settings import PREFIX, Settings

__all__ = ("described", "manifest")


@click.command(help="Print what all plugins declare, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="The only form there is; for clarity.")
def manifest(as_json: bool) -> None:
    """Print the manifest."""
    del as_json
    entries = [described(entry) for entry in registry().entries]
    document = {
        "contract": CONTRACT_VERSION,
        "settings": _variables(Settings, PREFIX),
        "plugins": entries,
    }
    click.echo(json.dumps(document, indent=2))


def described(entry: Entry) -> dict[str, Any]:
    """Return what became of a plugin, and each field of its value in JSON's types."""
    found: dict[str, Any] = {
        "name": entry.name,
        "state": entry.state,
        "reason": entry.reason,
        "distribution": entry.distribution,
        "version": entry.version,
    }
    if entry.plugin is not None and entry.state != "failed":  # what failed may hold anything
        for field in fields(Plugin):
            tell = SPECIAL.get(field.name, lambda plugin, name=field.name: getattr(plugin, name))
            found[field.name] = _plain(tell(entry.plugin))
    return found | {"critical": entry.critical}


def _settings(plugin: Plugin) -> list[dict[str, Any]]:
    if plugin.settings is None:
        return []
    return _variables(plugin.settings, f"{PREFIX}{plugin.name.upper()}_")


def _variables(kind: type[msgspec.Struct], prefix: str) -> list[dict[str, Any]]:
    """Return the variables of a struct of settings; the default is null where there is none."""
    from gestral.observe.masking import secret_fields

    secret = secret_fields(kind)
    return [
        {
            "variable": prefix + field.name.upper(),
            "default": None
            if field.default is msgspec.NODEFAULT
            else msgspec.to_builtins(field.default, enc_hook=str),
            "secret": field.name in secret,
        }
        for field in msgspec.structs.fields(kind)
    ]


def _routes(plugin: Plugin) -> list[dict[str, str]]:
    from gestral.app.build import addresses

    return [
        {"method": method, "path": path, "permission": permission}
        for method, path, permission in addresses(plugin)
    ]


def _tables(plugin: Plugin) -> dict[str, Any] | None:
    if plugin.tables is None:
        return None
    files = sorted(plugin.tables.migrations.glob("[!_]*.py"))
    return {"schema": plugin.name, "migrations": [file.stem for file in files]}


def _mail_templates(plugin: Plugin) -> list[str]:
    folder = plugin.mail_templates
    found = folder.iterdir() if folder is not None else ()
    return sorted(f"{plugin.name}/{one.name}" for one in found if (one / "subject.txt").is_file())


def _commands(plugin: Plugin) -> list[str]:
    from gestral.cli.main import commands_of

    return sorted(commands_of(plugin))


SPECIAL: Mapping[str, Callable[[Plugin], Any]] = {
    "settings": _settings,
    "routes": _routes,
    "tables": _tables,
    "mail_templates": _mail_templates,
    "commands": _commands,
}
"""Fields of which more is to be told than what they hold."""


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one return for each kind of value
    """Return a value of the contract in JSON's types; code is told by its name."""
    if isinstance(value, Capability):
        return str(value)
    if isinstance(value, Path):
        return value.name
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, partial):
        return _plain(value.func)
    if callable(value):
        return f"{value.__module__}:{getattr(value, '__qualname__', type(value).__qualname__)}"
    return value
