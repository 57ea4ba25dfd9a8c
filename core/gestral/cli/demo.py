"""`gestral demo`: the data that one tries the platform with."""

import click

from gestral.app.services import Platform
from gestral.cli.platform import run

__all__ = ("demo", "fill_in")


@click.command(help="Fill in demonstration data.")
def demo() -> None:
    """Have every plugin fill in what it has, and print what a person should know."""
    for line in run(fill_in):
        click.echo(line)


async def fill_in(platform: Platform) -> list[str]:
    """Call the plugins' `demo` in their order, and return the lines to print."""
    lines: list[str] = []
    for plugin in platform.registry.plugins:
        if plugin.demo is not None:
            lines += await plugin.demo(platform)
    return lines
