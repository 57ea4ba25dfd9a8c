"""`/api/v1/{{ cookiecutter.name }}/notes`."""

import uuid
from typing import Annotated

import msgspec
from gestral.capabilities import Identity
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from {{ cookiecutter.package }}.models import LONGEST, Note

__all__ = ("NewNote", "NoteView", "handlers")

PAGE_SIZE = 50


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]


class NoteView(msgspec.Struct, frozen=True):
    """A note as people see it."""

    id: uuid.UUID
    text: str


@post(
    "/notes",
    permission="{{ cookiecutter.name }}:write",
    summary="Leave a note",
)
async def leave_note(
    data: JSONBody[NewNote],
    session: NamedDependency[AsyncSession],
    identity: NamedDependency[Identity],
) -> NoteView:
    """Keep a note in the request's transaction."""
    note = Note(
        organisation_id=identity.organisation_id,
        user_id=identity.user_id,
        text=data.text,
    )
    session.add(note)
    await session.flush()
    return NoteView(note.id, note.text)


@get(
    "/notes",
    permission="{{ cookiecutter.name }}:read",
    summary="List notes, the newest first",
)
async def list_notes(
    session: NamedDependency[AsyncSession],
    identity: NamedDependency[Identity],
    before: FromQuery[uuid.UUID | None] = None,
) -> list[NoteView]:
    """Return a page of the organisation's notes: those before the one that is named."""
    query = select(Note).where(Note.organisation_id == identity.organisation_id)
    if before is not None:
        query = query.where(Note.id < before)
    rows = await session.scalars(query.order_by(Note.id.desc()).limit(PAGE_SIZE))
    return [NoteView(row.id, row.text) for row in rows]


handlers = [leave_note, list_notes]
