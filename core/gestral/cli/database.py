"""`gestral db`: the tables of all plugins."""

import click

from gestral.cli.platform import confirm, installed, machine, owner_of
from gestral.db.migrate import differences, downgrade, status, upgrade
from gestral.errors import NotFoundError

__all__ = ("database",)


@click.group("db", help="Bring the database's tables up to date.")
def database() -> None:
    """The group itself."""


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring all tables to their newest form."""
    with machine() as settings:
        changed = upgrade(owner_of(settings), installed(settings).plugins)
    click.echo(f"Migrated {', '.join(changed)}." if changed else "Nothing to migrate.")


@database.command("status")
def status_command() -> None:
    """Show each plugin's revision; exit code 1 when one is behind."""
    with machine() as settings:
        found = status(owner_of(settings), installed(settings).plugins)
    for one in found:
        state = one.fault or ("up to date" if one.up_to_date else f"behind {one.newest}")
        click.echo(f"{one.plugin:<20} {one.current or 'none':<12} {state}")
    if not all(one.up_to_date for one in found):
        click.get_current_context().exit(1)


@database.command("downgrade")
@click.argument("plugin")
@click.argument("revision", default="-1")
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade_command(plugin: str, revision: str, yes: bool) -> None:
    """Take a plugin's tables back, to REVISION or by one; do so before installing an older one."""
    with machine() as settings:
        owner = owner_of(settings)
        chosen = [one for one in installed(settings).plugins if one.name == plugin and one.tables]
        if not chosen:
            raise NotFoundError(
                f"No loaded plugin {plugin!r} has tables.", hint="`gestral plugins` lists them."
            )
        confirm(f"This takes the tables of {plugin} back, and may delete rows.", plugin, yes=yes)
        click.echo(f"{plugin} is at {downgrade(owner, chosen[0], revision) or 'base'} now.")


@database.command("check")
def check_command() -> None:
    """Compare tables and models; exit code 1 when they differ."""
    with machine() as settings:
        registry = installed(settings)
        found = {
            plugin.name: differences(owner_of(settings), plugin)
            for plugin in registry.plugins
            if plugin.tables is not None
        }
    for name, lines in found.items():
        click.echo(f"{name:<20} {'in step' if not lines else 'differs'}")
        for line in lines:
            click.echo(f"    {line}")
    if any(found.values()):
        click.get_current_context().exit(1)
