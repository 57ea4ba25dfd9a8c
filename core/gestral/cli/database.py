"""`gestral db`: the tables of all plugins."""

import click

from gestral.cli.platform import installed, machine
from gestral.db.migrate import differences, status, upgrade
from gestral.errors import ConfigurationError
from gestral.settings import Settings

__all__ = ("database",)


@click.group("db", help="Bring the database's tables up to date.")
def database() -> None:
    """The group itself."""


def _owner(settings: Settings) -> str:
    if not settings.database_owner_url:
        raise ConfigurationError(
            "GESTRAL_DATABASE_OWNER_URL is not set.",
            hint="Migrations run as the role that owns the tables: see db_scripts/bootstrap.sql.",
        )
    return settings.database_owner_url


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring all tables to their newest form."""
    with machine() as settings:
        changed = upgrade(_owner(settings), installed(settings).plugins)
    click.echo(f"Migrated {', '.join(changed)}." if changed else "Nothing to migrate.")


@database.command("status")
def status_command() -> None:
    """Show each plugin's revision; exit code 1 when one is behind."""
    with machine() as settings:
        found = status(_owner(settings), installed(settings).plugins)
    for one in found:
        state = "up to date" if one.up_to_date else f"behind {one.newest}"
        click.echo(f"{one.plugin:<20} {one.current or 'none':<12} {state}")
    if not all(one.up_to_date for one in found):
        click.get_current_context().exit(1)


@database.command("check")
def check_command() -> None:
    """Compare tables and models; exit code 1 when they differ."""
    with machine() as settings:
        registry = installed(settings)
        found = {
            plugin.name: differences(_owner(settings), plugin)
            for plugin in registry.plugins
            if plugin.tables is not None
        }
    for name, lines in found.items():
        click.echo(f"{name:<20} {'in step' if not lines else 'differs'}")
        for line in lines:
            click.echo(f"    {line}")
    if any(found.values()):
        click.get_current_context().exit(1)
