"""`gestral jobs`: what is to be done, what became of it, and trying again."""

import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec

from gestral.app.services import Platform
from gestral.capabilities import JOBS, JobState
from gestral.cli.platform import run
from gestral.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from gestral.jobs.model import JobRow

__all__ = ("jobs",)

COLUMNS = ("id", "name", "queue", "state", "attempt", "created_at", "code", "reason")

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
job_ids = click.argument("ids", nargs=-1, type=click.UUID, metavar="ID...")


@click.group("jobs", help="See what is to be done and what became of it; try again, cancel.")
def jobs() -> None:
    """The group itself."""


@jobs.command("list")
@click.option("--state", type=click.Choice(get_args(JobState)), help="failed: the dead letters.")
@click.option("--queue", help="Of one queue.")
@click.option("--name", help="Of one kind, such as video.make.")
@click.option("--organisation", type=click.UUID, help="Of one organisation.")
@click.option("--after", type=click.UUID, help="Those older than this job: the next page.")
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True)
@as_json
def list_command(limit: int, as_json: bool, **filters: Any) -> None:
    """List jobs, the newest first."""

    async def find(platform: Platform) -> "tuple[list[JobRow], str | None]":
        from sqlalchemy import select

        from gestral.jobs.model import JobRow
        from gestral.paging import PageRequest, Paging, Position

        after = filters["after"] and Position(None, filters["after"])
        page = PageRequest(Paging(JobRow.id), "-id", limit, after=after)
        query = page.narrow(select(JobRow))
        columns = {
            "state": JobRow.state,
            "queue": JobRow.queue,
            "name": JobRow.name,
            "organisation": JobRow.organisation_id,
        }
        for name, column in columns.items():
            if filters[name] is not None:
                query = query.where(column == filters[name])
        async with platform.across_organisations() as session:
            return page.cut(await session.scalars(query))

    found, more = run(find)
    rows = [_described(row) for row in found]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*COLUMNS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            *(str(row[name])[:19] if name == "created_at" else str(row[name]) for name in COLUMNS)
        )
    Console().print(table)
    if more:
        click.echo(f"There are more: --after {rows[-1]['id']}")


@jobs.command("show")
@click.argument("job_id", type=click.UUID, metavar="ID")
@as_json
def show_command(job_id: uuid.UUID, as_json: bool) -> None:
    """Show all that is known of a job; its arguments may be personal data."""

    async def find(platform: Platform) -> "JobRow":
        async with platform.across_organisations() as session:
            return await _row(session, job_id)

    row = _described(run(find))
    if as_json:
        click.echo(json.dumps(row))
        return
    for name, value in row.items():
        click.echo(f"{name:<16} {json.dumps(value) if name == 'arguments' else value}")


@jobs.command("retry")
@job_ids
@click.option("--all-failed", is_flag=True, help="All that failed and are of the kind --name.")
@click.option("--name", help="With --all-failed: of which kind, such as video.make.")
def retry_command(ids: tuple[uuid.UUID, ...], all_failed: bool, name: str | None) -> None:
    """Have jobs that failed or were cancelled be done anew, with all their attempts."""
    if all_failed != bool(name) or all_failed == bool(ids):
        raise click.UsageError("Name jobs, or --all-failed with --name.")

    async def failed(platform: Platform) -> Sequence[uuid.UUID]:
        from sqlalchemy import select

        from gestral.jobs.model import JobRow

        query = select(JobRow.id).where(JobRow.state == "failed", JobRow.name == name)
        async with platform.across_organisations() as session:
            return (await session.scalars(query.order_by(JobRow.id))).all()

    async def retry(platform: Platform) -> list[str]:
        chosen = await failed(platform) if all_failed else ids
        call = platform.get(JOBS).retry
        return [await _each(platform, call, one, "will be done anew") for one in chosen]

    _report(run(retry))


@jobs.command("cancel")
@job_ids
def cancel_command(ids: tuple[uuid.UUID, ...]) -> None:
    """Cancel jobs: what runs is stopped within moments, what is finished stays so."""
    if not ids:
        raise click.UsageError("Name at least one job.")

    async def cancel(platform: Platform) -> list[str]:
        async def unless_finished(session: "AsyncSession", job_id: uuid.UUID) -> None:
            row = await _row(session, job_id)
            if row.state in {"done", "failed", "cancelled"}:
                raise ConflictError(f"The job {job_id} is {row.state}: it cannot be cancelled.")
            await platform.get(JOBS).cancel(session, job_id)

        return [await _each(platform, unless_finished, one, "is cancelled") for one in ids]

    _report(run(cancel))


async def _each(
    platform: Platform,
    call: "Callable[[AsyncSession, uuid.UUID], Awaitable[None]]",
    job_id: uuid.UUID,
    done: str,
) -> str:
    """Do something to one job in a transaction of its own, so that one refusal stops no other."""
    try:
        async with platform.across_organisations() as session:
            await call(session, job_id)
    except (ConflictError, NotFoundError) as error:
        click.echo(f"gestral: {error}", err=True)
        return ""
    return f"{job_id} {done}."


def _report(lines: Sequence[str]) -> None:
    for line in lines:
        if line:
            click.echo(line)
    if not lines:
        click.echo("There is no such job.")
    if not all(lines):
        click.get_current_context().exit(2)


async def _row(session: "AsyncSession", job_id: uuid.UUID) -> "JobRow":
    from gestral.jobs.model import JobRow

    row = await session.get(JobRow, job_id)
    if row is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return row


def _described(row: "JobRow") -> dict[str, Any]:
    described = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    plain: dict[str, Any] = msgspec.to_builtins(described)
    return plain
