"""`gestral email`: what an operator does about mail by hand."""

from pathlib import Path

import click

from gestral.plugin import Services

__all__ = ("email",)


@click.group()
def email() -> None:
    """Look at templates, try the way out, and see who gets no mail."""


@email.command("preview")
@click.argument("templates", nargs=-1, metavar="[PLUGIN/TEMPLATE]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("mail-preview"),
    show_default=True,
    help="The folder to write to.",
)
@click.option("--language", default="", help="Such as `de`; where a template lacks it, English.")
def preview_templates(templates: tuple[str, ...], output: Path, language: str) -> None:
    """Write mail templates as pages, filled in with their examples; all of them by default."""
    from gestral.cli.platform import run_alone

    async def write(services: Services) -> Path:
        from gestral_email.preview import write_previews

        return write_previews(services, output, templates, language)

    click.echo(f"Open {run_alone(write)}")


@email.command("test")
@click.argument("address")
def test_transport(address: str) -> None:
    """Send a test mail to an address at once, and say what became of it."""
    from gestral.cli.platform import run

    async def send(services: Services) -> str:
        from gestral_email.preview import send_test

        return await send_test(services, address)

    click.echo(run(send))


@email.command("suppressed")
def list_suppressed() -> None:
    """List the addresses that get no mail any more, the latest first."""
    from gestral.cli.platform import run

    async def rows(services: Services) -> list[str]:
        from sqlalchemy import select

        from gestral_email.models import Suppression

        async with services.across_organisations() as session:
            found = await session.scalars(select(Suppression).order_by(Suppression.id.desc()))
            return [
                f"{one.address}\t{one.created_at:%Y-%m-%d}\t{one.reason}\t{one.detail}"
                for one in found
            ]

    for row in run(rows):
        click.echo(row)


@email.command("lift")
@click.argument("address")
def lift_suppression(address: str) -> None:
    """Send mail to an address again."""
    from gestral.cli.platform import run

    async def do(services: Services) -> None:
        from gestral.errors import NotFoundError
        from gestral_email.suppression import lift

        async with services.across_organisations() as session:
            if not await lift(session, address):
                raise NotFoundError(f"{address} gets mail: there is nothing to lift.")

    run(do)
    click.echo(f"{address} gets mail again.")
