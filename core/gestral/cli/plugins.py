"""`gestral plugins`: what is installed and what became of it, a new one, and the end of one."""

import os
from pathlib import Path

import click

from gestral.app.registry import Registry, discover, resolve, switched_off

__all__ = ("plugins", "registry")


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
    columns = ("plugin", "state", "version", "import", "routes", "what")
    table = Table(*columns, box=None, pad_edge=False)
    for entry in found.entries:
        what = entry.reason or entry.advice or (entry.plugin.summary if entry.plugin else "")
        costs = (f"{cost * 1000:.0f} ms" for cost in (entry.cost, entry.routes_cost))
        table.add_row(entry.name, entry.state, entry.version or "-", *costs, what)
    Console().print(table)
    if strict and any(entry.state in {"failed", "skipped"} for entry in found.entries):
        click.get_current_context().exit(1)
