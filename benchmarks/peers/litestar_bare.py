"""Litestar with a pool of psycopg and nothing else; of all frameworks' peers the fastest."""

import datetime as dt
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Litestar, Request, get
from litestar.exceptions import NotAuthorizedException
from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from shape import COOKIE, LIST, SESSION, Row, files, unsigned

set_json_loads(msgspec.json.decode)

pool = AsyncConnectionPool(
    os.environ["BENCH_DATABASE_URL"],
    min_size=5,
    max_size=10,
    kwargs={"autocommit": True},  # no BEGIN and no COMMIT around a single query
    open=False,
)


class Hello(msgspec.Struct):
    """A small answer."""

    hello: str
    number: int


class Files(msgspec.Struct):
    """Addresses of a video's files."""

    mp4: str
    poster: str
    webvtt: str
    srt: str
    descriptions: str
    chapter_track: str
    transcript: str
    mp4_download: str


class Chapter(msgspec.Struct):
    """A part of a video."""

    title: str
    start: float


class Source(msgspec.Struct):
    """Something shown that came from elsewhere."""

    kind: str
    address: str
    credit: str = ""
    licence: str = ""


class Video(msgspec.Struct):
    """A video of the list."""

    id: uuid.UUID
    title: str
    address: str
    state: str
    stage: str
    done: int
    total: int
    reason: str
    mode: str
    captions: str
    format: str
    language: str
    created_at: dt.datetime
    duration: float | None
    width: int | None
    height: int | None
    size: int | None
    files: Files | None
    chapters: tuple[Chapter, ...]
    sources: tuple[Source, ...]


class Page(msgspec.Struct):
    """The list."""

    items: list[Video]
    next: str | None


def view(row: Row, *, signed: bool) -> Video:
    """Return what is told of a row."""
    details = row.details
    found = files(row.folder, row.title) if signed else unsigned(row.folder)
    return Video(
        id=row.id,
        title=row.title,
        address=row.address,
        state="ready" if row.ready_at else "working",
        stage="",
        done=0,
        total=0,
        reason="",
        mode=row.mode,
        captions=row.captions,
        format=row.format,
        language=row.language,
        created_at=row.created_at,
        duration=details.get("duration"),
        width=details.get("width"),
        height=details.get("height"),
        size=details.get("size"),
        files=Files(**found) if row.ready_at else None,
        chapters=msgspec.convert(details.get("chapters", ()), tuple[Chapter, ...]),
        sources=msgspec.convert(details.get("sources", ()), tuple[Source, ...]),
    )


async def page(
    connection: AsyncConnection[Any], organisation: uuid.UUID, *, signed: bool = True
) -> Page:
    """Read a page."""
    async with connection.cursor(row_factory=class_row(Row)) as cursor:
        await cursor.execute(LIST, (organisation,))
        rows = await cursor.fetchall()
        return Page(items=[view(row, signed=signed) for row in rows], next=None)


@get("/hello")
async def hello() -> Hello:
    """Answer with little."""
    return Hello(hello="world", number=1)


@get("/videos")
async def videos(organisation: uuid.UUID, signed: bool = True) -> Page:
    """List an organisation's videos to anybody."""
    async with pool.connection() as connection:
        return await page(connection, organisation, signed=signed)


@get("/mine")
async def mine(request: Request[Any, Any, Any]) -> Page:
    """List the videos of the visitor's organisation."""
    token = request.cookies.get(COOKIE, "")
    async with pool.connection() as connection:
        async with connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(SESSION, (token.encode(),))
            found = await cursor.fetchone()
        if found is None:
            raise NotAuthorizedException
        return await page(connection, found[0])


@asynccontextmanager
async def lifespan(_app: Litestar) -> AsyncIterator[None]:
    """Have the pool open while the application is."""
    async with pool:
        yield


app = Litestar([hello, videos, mine], lifespan=[lifespan], openapi_config=None)
