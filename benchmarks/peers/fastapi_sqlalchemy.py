"""FastAPI with SQLAlchemy's asynchronous ORM; who is signed in is looked up for each request."""

import datetime as dt
import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Cookie, Depends, FastAPI, HTTPException
from pydantic import BaseModel
from shape import COOKIE, HELLO, ROWS, files
from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

engine = create_async_engine(
    os.environ["BENCH_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
    pool_size=10,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(openapi_url=None)


class Base(DeclarativeBase):
    """The base of the tables."""


class PostRow(Base):
    """A post, without what the list does not need."""

    __tablename__ = "post"
    __table_args__ = ({"schema": "video"},)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]


class VideoRow(Base):
    """A video."""

    __tablename__ = "video"
    __table_args__ = ({"schema": "video"},)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[uuid.UUID]
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PostRow.id))
    created_at: Mapped[dt.datetime]
    ready_at: Mapped[dt.datetime | None]
    folder: Mapped[str]
    choices: Mapped[dict[str, Any]] = mapped_column(JSONB)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    post: Mapped[PostRow] = relationship()


class SessionRow(Base):
    """Who is signed in."""

    __tablename__ = "session"
    __table_args__ = ({"schema": "auth"},)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    user_id: Mapped[uuid.UUID]
    organisation_id: Mapped[uuid.UUID]
    expires_at: Mapped[dt.datetime]


class MembershipRow(Base):
    """Who belongs where."""

    __tablename__ = "membership"
    __table_args__ = ({"schema": "auth"},)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID]
    organisation_id: Mapped[uuid.UUID]
    role: Mapped[str]


class Hello(BaseModel):
    """A small answer."""

    hello: str
    number: int


class Chapter(BaseModel):
    """A part of a video."""

    title: str
    start: float


class Source(BaseModel):
    """Something shown that came from elsewhere."""

    kind: str
    address: str
    credit: str = ""
    licence: str = ""


class Video(BaseModel):
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
    files: dict[str, str] | None
    chapters: list[Chapter]
    sources: list[Source]


class Page(BaseModel):
    """The list."""

    items: list[Video]
    next: str | None


async def opened() -> AsyncIterator[AsyncSession]:
    """Give a session of the database."""
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(opened)]


async def signed_in(
    session: Session, token: Annotated[str, Cookie(alias=COOKIE)] = ""
) -> uuid.UUID:
    """Return the visitor's organisation."""
    found: uuid.UUID | None = await session.scalar(
        select(SessionRow.organisation_id)
        .join(
            MembershipRow,
            (MembershipRow.user_id == SessionRow.user_id)
            & (MembershipRow.organisation_id == SessionRow.organisation_id),
        )
        .where(
            SessionRow.token_hash == hashlib.sha256(token.encode()).digest(),
            SessionRow.expires_at > dt.datetime.now(dt.UTC),
        )
    )
    if found is None:
        raise HTTPException(401)
    return found


def view(row: VideoRow) -> Video:
    """Return what is told of a row."""
    details = row.details
    return Video(
        id=row.id,
        title=row.post.title,
        address=row.post.address,
        state="ready" if row.ready_at else "working",
        stage="",
        done=0,
        total=0,
        reason="",
        **{name: row.choices[name] for name in ("mode", "captions", "format")},
        language=row.post.language,
        created_at=row.created_at,
        **{name: details.get(name) for name in ("duration", "width", "height", "size")},
        files=files(row.folder, row.post.title) if row.ready_at else None,
        chapters=details.get("chapters", []),
        sources=details.get("sources", []),
    )


@app.get("/hello")
async def hello() -> Hello:
    """Answer with little."""
    return Hello(**HELLO)  # type: ignore[arg-type]


@app.get("/mine")
async def mine(session: Session, organisation: Annotated[uuid.UUID, Depends(signed_in)]) -> Page:
    """List the videos of the visitor's organisation."""
    rows = await session.scalars(
        select(VideoRow)
        .options(joinedload(VideoRow.post, innerjoin=True))
        .where(VideoRow.organisation_id == organisation)
        .order_by(VideoRow.id.desc())
        .limit(ROWS)
    )
    return Page(items=[view(row) for row in rows], next=None)
