"""A plugin whose public route asks for a job, for real processes."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.capabilities import JOBS
from gestral.plugin import Job, JobContext, Plugin, Services


class Nothing(msgspec.Struct, frozen=True):
    """Nothing is to be said."""


async def work(context: JobContext, arguments: Nothing) -> None:
    del arguments
    await context.progress("Working", 1, 1)


WORK = Job(name="work", arguments=Nothing, run=work, timeout=30)


@post("/ask", public=True)
async def ask(
    services: NamedDependency[Services], session: NamedDependency[AsyncSession]
) -> dict[str, str]:
    return {"id": str(await services.get(JOBS).enqueue(session, WORK, Nothing()))}


plugin = Plugin(
    name="traced",
    api=">=1,<2",
    summary="Is traced",
    routes=lambda: [ask],
    jobs=(WORK,),
)
