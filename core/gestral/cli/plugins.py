"""`gestral plugins` and `gestral manifest`: what is installed, and what it declares."""

import json
import os
from pathlib import Path
from typing import Any

import click

from gestral.app.registry import Entry, Registry, discover, resolve, switched_off
from gestral.plugin import CONTRACT_VERSION, Plugin
from gestral.settings import PREFIX

__all__ = ("manifest", "plugins", "registry")


def registry() -> Registry:
    """Read everything, and probe routes, without any service."""
    from gestral.app.build import CORE, probe

    return probe(resolve([CORE, *discover()], os.environ, off=switched_off(os.environ)))


@click.group(
    invoke_without_command=True,
    help="List the plugins and what became of each; or make one, or purge what one left.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when a plugin failed or was skipped.")
@click.pass_context
def plugins(context: click.Context, strict: bool) -> None:
    """List the plugins, unless a command of the group is called."""
    if context.invoked_subcommand is None:
        _list(strict)


@plugins.command(help="Write a working plugin into a new folder, to begin from.")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where to make the new folder, instead of here.",
)
def new(name: str, folder: Path) -> None:
    """Render the template."""
    from gestral.cli.template import render

    made = render(name, folder)
    click.echo(f"Wrote {made.name}: its README.md says how to try it.")


@plugins.command(help="Delete for good what a plugin left: its tables, jobs and cache.")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(name: str, yes: bool) -> None:
    """Show what there is, ask, and delete it."""
    from gestral.cli.purge import purge_plugin

    purge_plugin(name, yes=yes)


def _list(strict: bool) -> None:
    """Print a table."""
    from rich.console import Console
    from rich.table import Table

    found = registry()
    table = Table("plugin", "state", "version", "import", "what", box=None, pad_edge=False)
    for entry in found.entries:
        what = entry.reason or entry.advice or (entry.plugin.summary if entry.plugin else "")
        cost = f"{entry.cost * 1000:.0f} ms"
        table.add_row(entry.name, entry.state, entry.version or "-", cost, what)
    Console().print(table)
    if strict and any(entry.state in {"failed", "skipped"} for entry in found.entries):
        click.get_current_context().exit(1)


@click.command(help="Print what all plugins declare, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="The only form there is; for clarity.")
def manifest(as_json: bool) -> None:
    """Print the manifest."""
    del as_json
    document = {
        "contract": CONTRACT_VERSION,
        "plugins": [_described(entry) for entry in registry().entries],
    }
    click.echo(json.dumps(document, indent=2))


def _described(entry: Entry) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": entry.name,
        "state": entry.state,
        "reason": entry.reason,
        "critical": entry.critical,
        "distribution": entry.distribution,
        "version": entry.version,
    }
    return described | (_declared(entry.plugin) if entry.plugin else {})


def _declared(plugin: Plugin) -> dict[str, Any]:
    settings = plugin.settings.__struct_fields__ if plugin.settings else ()
    prefix = f"{PREFIX}{plugin.name.upper()}_"
    return {
        "summary": plugin.summary,
        "api": plugin.api,
        "provides": [str(provision.capability) for provision in plugin.provides],
        "requires": [str(capability) for capability in plugin.requires],
        "optional": [str(capability) for capability in plugin.optional],
        "routes": plugin.routes is not None,
        "tables": plugin.tables is not None,
        "jobs": [
            {
                "name": job.name,
                "timeout": job.timeout,
                "attempts": job.attempts,
                "cron": job.cron,
                "queue": job.queue,
                "priority": job.priority,
            }
            for job in plugin.jobs
        ],
        "listens": [listener.event.__name__ for listener in plugin.listeners],
        "settings": [prefix + name.upper() for name in settings],
        "permissions": {one.name: one.role for one in plugin.permissions},
        "health": [check.name for check in plugin.health],
        "metrics": [metric.name for metric in plugin.metrics],
        "panels": [
            {"name": panel.name, "slot": panel.slot, "title": panel.title}
            for panel in plugin.panels
        ],
    }
