"""A plugin whose every effect is written down, so that what is lost or done twice can be seen.

It is found through an entry point in a folder on the path, and runs in real processes.
"""

import asyncio
import os
import signal
import uuid
from pathlib import Path
from typing import Any

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.capabilities import CURRENT_USER, JOBS, Identity
from gestral.plugin import Job, JobContext, Permission, Plugin, Provision, Services

JOURNAL = Path(os.environ["GESTRAL_CHAOS_JOURNAL"])
ORGANISATION, PERSON = uuid.UUID(int=1), uuid.UUID(int=2)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        request: Names the request.
        seconds: How long the work takes.
        poison: Whether it kills its worker.
        natural: Whether the request is known by its number, so that a second one makes no job.
        steps: Into how many steps the work is cut, each with its result kept; 0 for work
            that only takes its time, and reports even when nobody wants to hear.
    """

    request: int
    seconds: float = 0.0
    poison: bool = False
    natural: bool = True
    steps: int = 1


def note(line: str) -> None:
    """Append to the journal, in one write that a kill cannot tear apart."""
    handle = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


async def work(context: JobContext, arguments: Step) -> None:
    """Take a while, or kill the worker; each step has one effect, under a key of its own."""
    note(f"start {arguments.request} {context.attempt}")
    if arguments.poison:
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        if not arguments.steps:
            await asyncio.sleep(arguments.seconds)
        for step in range(arguments.steps):
            if await kept(context, arguments, step):
                continue
            note(f"step {arguments.request} {step}")
            await asyncio.sleep(arguments.seconds / arguments.steps)
            await keep(context, arguments, step)
    except asyncio.CancelledError:
        note(f"stopped {arguments.request} {context.attempt}")
        raise
    note(f"end {arguments.request} {context.attempt}")


async def kept(context: JobContext, arguments: Step, step: int) -> bool:
    """Whether a step was done before."""
    async with context.services.transaction() as session:
        query = text("SELECT 1 FROM chaos.effect WHERE request = :request AND step = :step")
        return bool(await session.scalar(query, {"request": arguments.request, "step": step}))


async def keep(context: JobContext, arguments: Step, step: int) -> None:
    """Write a step's effect, unless it is there."""
    async with context.services.transaction() as session:
        effect = "INSERT INTO chaos.effect VALUES (:request, :step) ON CONFLICT DO NOTHING"
        await session.execute(text(effect), {"request": arguments.request, "step": step})


WORK = Job(name="work", arguments=Step, run=work, timeout=60, attempts=50)
POISON = Job(name="poison", arguments=Step, run=work, timeout=60, attempts=2)


class Somebody:
    """Everybody is the same person."""

    async def identify(self, connection: Any) -> Identity:
        """See `CurrentUser.identify`."""
        del connection
        return Identity(
            user_id=PERSON,
            organisation_id=ORGANISATION,
            name="Somebody",
            email="somebody@example.com",
            permissions=frozenset({"chaos:ask"}),
        )

    def security_schemes(self) -> dict[str, dict[str, str]]:
        """See `CurrentUser.security_schemes`."""
        return {}


@post("/", permission="chaos:ask")
async def ask(
    data: JSONBody[Step],
    services: NamedDependency[Services],
    session: NamedDependency[AsyncSession],
) -> dict[str, str]:
    """Ask for a step."""
    job = POISON if data.poison else WORK
    key = str(data.request) if data.natural else ""
    job_id = await services.get(JOBS).enqueue(session, job, data, key=key)
    return {"id": str(job_id)}


@post("/{job_id:uuid}/cancel", permission="chaos:ask")
async def cancel(
    job_id: uuid.UUID,
    services: NamedDependency[Services],
    session: NamedDependency[AsyncSession],
) -> None:
    """Cancel a step."""
    await services.get(JOBS).cancel(session, job_id)


def routes() -> list[Any]:
    return [ask, cancel]


plugin = Plugin(
    name="chaos",
    api=">=1,<2",
    summary="Writes every effect down",
    provides=(Provision(capability=CURRENT_USER, factory=lambda _services: Somebody()),),
    routes=routes,
    jobs=(WORK, POISON),
    permissions=(Permission(name="chaos:ask", summary="Ask", role="editor"),),
)
