"""A plugin whose routes are slow, strict or endless, for the tests of limits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, MultipartBody
from litestar.response import ServerSentEvent
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.capabilities import JOBS
from gestral.errors import ConflictError, RateLimitedError
from gestral.plugin import Job, JobContext, Plugin, Services


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said.

    Attributes:
        text: In few words.
        loud: Whether to shout.
    """

    text: Annotated[str, msgspec.Meta(max_length=40, examples=["hello"])]
    loud: bool = False


class Upload(msgspec.Struct, frozen=True):
    """A file with a name of its own."""

    file: UploadFile
    title: str = ""


class Nothing(msgspec.Struct, frozen=True):
    """Nothing is to be said."""


async def rest(context: JobContext, arguments: Nothing) -> None:
    del context, arguments


REST = Job(name="rest", arguments=Nothing, run=rest, timeout=5)


@post("/notes", public=True, summary="Say something", errors=(ConflictError, RateLimitedError))
async def say(data: JSONBody[Note]) -> Note:
    if data.text == "again":
        raise RateLimitedError("You said that.", retry_after=7)
    return data


@post("/files", public=True, summary="Give a file")
async def give(data: MultipartBody[Upload]) -> dict[str, str]:
    return {"title": data.title, "name": data.file.filename}


@get("/numbers", public=True, summary="Ask the database to keep a number")
async def count(session: NamedDependency[AsyncSession], number: FromQuery[int]) -> dict[str, int]:
    kept = await session.scalar(text("SELECT CAST(:number AS int8)"), {"number": number})
    return {"kept": kept or 0}


@post("/endless", public=True, deadline=0.1, summary="Begin something and never end it")
async def hang(services: NamedDependency[Services], session: NamedDependency[AsyncSession]) -> None:
    await services.get(JOBS).enqueue(session, REST, Nothing())
    await asyncio.Event().wait()


@get(
    "/stream",
    public=True,
    deadline=0.1,
    summary="Listen for longer than an answer may take to begin",
    media_type="text/event-stream",
)
async def stream() -> ServerSentEvent:
    async def events() -> AsyncIterator[str]:
        yield "first"
        await asyncio.sleep(0.3)
        yield "last"

    return ServerSentEvent(events())


plugin = Plugin(
    name="edge",
    api=">=1,<2",
    summary="Slow, strict and endless",
    routes=lambda: [say, give, count, hang, stream],
    jobs=(REST,),
)
