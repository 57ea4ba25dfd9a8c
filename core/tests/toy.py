"""A plugin for core's own tests: it uses a little of everything."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.capabilities import JOBS, Identity
from gestral.errors import JobError, RetryableError
from gestral.events import OrganisationCreated
from gestral.plugin import Job, JobContext, Listener, Permission, Plugin, Services

THIRTEEN, SEVEN, EIGHT = 13, 7, 8
"""Numbers that fail for good, that fail twice, and that break."""


class Number(msgspec.Struct, frozen=True):
    number: int = 1


runs: list[tuple[int, int]] = []
"""The number and the attempt of every run; a test clears it first."""


async def count(context: JobContext, arguments: Number) -> None:
    runs.append((arguments.number, context.attempt))
    await context.progress("Counting", 1, 2)
    if arguments.number == THIRTEEN:
        raise JobError("Thirteen will not do.")
    if arguments.number == SEVEN and context.attempt < 3:
        raise RetryableError("Not yet.")
    if arguments.number == EIGHT:
        raise ValueError("a secret detail")


async def welcome(context: JobContext, event: OrganisationCreated) -> None:
    runs.append((len(event.name), context.attempt))


async def every_hour(context: JobContext, arguments: Number) -> None:
    runs.append((-arguments.number, context.attempt))


COUNT = Job(name="count", arguments=Number, run=count, timeout=5)
HOURLY = Job(name="hourly", arguments=Number, run=every_hour, timeout=5, cron="0 * * * *")


@post("/count/{number:int}", permission="toy:count")
async def ask(
    number: FromPath[int],
    services: NamedDependency[Services],
    session: NamedDependency[AsyncSession],
    identity: NamedDependency[Identity],
) -> dict[str, str]:
    organisation_id = identity.organisation_id
    job_id = await services.get(JOBS).enqueue(
        session, COUNT, Number(number), key=str(number), organisation_id=organisation_id
    )
    if number < 0:
        raise JobError("Below nothing: the transaction is rolled back.")
    return {"id": str(job_id)}


@get("/open", public=True)
async def greet(visitor: NamedDependency[Identity | None]) -> dict[str, str]:
    return {"hello": visitor.name if visitor else "stranger"}


@get("/broken", public=True)
async def break_down() -> None:
    raise ValueError("a secret detail")


def routes() -> list[object]:
    return [ask, greet, break_down]


plugin = Plugin(
    name="toy",
    api=">=1,<2",
    summary="Counts",
    routes=routes,  # type: ignore[arg-type]
    jobs=(COUNT, HOURLY),
    listeners=(Listener(event=OrganisationCreated, run=welcome),),
    permissions=(Permission(name="toy:count", summary="Count", role="editor"),),
)
