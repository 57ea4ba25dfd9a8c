"""The `gestral` command: core's own commands and those that plugins bring.

A module of commands is imported when one of its commands is called, so that `gestral --help`
stays quick.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from gestral import __version__
from gestral.app.registry import Registry, discover, resolve, switched_off
from gestral.errors import GestralError
from gestral.observe.logs import configure
from gestral.plugin import Plugin

__all__ = ("commands_of", "main")

CORE_COMMANDS = {
    "db": ("gestral.cli.database:database", "Bring the database's tables up to date."),
    "demo": ("gestral.cli.demo:demo", "Fill in demonstration data."),
    "doctor": ("gestral.cli.doctor:doctor", "Say what is used, and what is wrong with it."),
    "jobs": ("gestral.cli.jobs:jobs", "See jobs and what became of them; try again, cancel."),
    "manifest": ("gestral.cli.manifest:manifest", "Print what all plugins declare, as JSON."),
    "plugins": (
        "gestral.cli.plugins:plugins",
        "List the plugins and their states; make or purge one.",
    ),
    "up": ("gestral.cli.up:up", "Start everything on this machine, and serve until Ctrl-C."),
    "web": ("gestral.cli.serve:web", "Run the web server."),
    "worker": ("gestral.cli.serve:worker", "Run a worker."),
}


class Commands(click.Group):
    """Core's commands by name, then those of the plugins."""

    _registry: Registry | None = None

    def registry(self) -> Registry:
        """Read the installed plugins, once."""
        if self._registry is None:
            self._registry = resolve(discover(), os.environ, off=switched_off(os.environ))
        return self._registry

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return sorted({*CORE_COMMANDS, *self._of_plugins()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported only now."""
        del ctx
        if cmd_name in CORE_COMMANDS:
            module, _, attribute = CORE_COMMANDS[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return self._of_plugins().get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List all commands without importing core's."""
        del ctx
        rows = {name: text for name, (_, text) in CORE_COMMANDS.items()}
        rows |= {name: one.get_short_help_str(80) for name, one in self._of_plugins().items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows.items()))

    def _of_plugins(self) -> dict[str, click.Command]:
        # A plugin's commands are there even when what it requires is not: `make` needs no mail.
        found: dict[str, click.Command] = {}
        for entry in self.registry().entries:
            if entry.plugin and entry.state in {"loaded", "skipped"}:
                found = commands_of(entry.plugin) | found
        return {name: one for name, one in found.items() if name not in CORE_COMMANDS}


def commands_of(plugin: Plugin) -> dict[str, click.Command]:
    """Make a plugin's commands; one that cannot must not take the others' commands away."""
    try:
        made = plugin.commands() if plugin.commands is not None else ()
        return {command.name: command for command in made if command.name}
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises is told
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        click.echo(
            f"gestral: The commands of the plugin {plugin.name!r} are left out: {what}", err=True
        )
        return {}


@click.command(
    cls=Commands,
    help="Gestral turns a blog into narrated, captioned videos.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="gestral %(version)s")
def cli() -> None:
    """The group itself; its help is given above."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: 0 when all went well, 2 for bad input, 1 for the rest."""
    try:
        configure(os.environ, usual="warning")
        code = cli.main(args=arguments, prog_name="gestral", standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        # One line: what, and what to do. Click's own form is three.
        hint = "" if "--help" in error.format_message() else " See `gestral --help`."
        click.echo(f"gestral: {error.format_message()}{hint}", err=True)
        sys.exit(2)
    except GestralError as error:
        click.echo(f"gestral: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("GESTRAL_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        click.echo(
            f"gestral: Something went wrong inside: {what}. GESTRAL_DEBUG=1 shows where.", err=True
        )
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
