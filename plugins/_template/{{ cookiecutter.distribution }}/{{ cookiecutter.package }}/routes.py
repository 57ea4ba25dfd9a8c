"""`/api/v1/{{ cookiecutter.name }}/notes`."""

import uuid
from typing import Annotated

import msgspec
from gestral.capabilities import Identity
from gestral.paging import Page, PageRequest, Paging
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from {{ cookiecutter.package }}.models import LONGEST, Note

__all__ = ("NewNote", "NoteView", "handlers")

NOTES = Paging(Note.id)


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
    dependencies=NOTES.dependencies,
    summary="List notes, the newest first",
)
async def list_notes(
    page: NamedDependency[PageRequest],
    session: NamedDependency[AsyncSession],
    identity: NamedDependency[Identity],
) -> Page[NoteView]:
    """Return a page of the organisation's notes."""
    query = select(Note).where(Note.organisation_id == identity.organisation_id)
    rows, cursor = page.cut(await session.scalars(page.narrow(query)))
    return Page(items=tuple(NoteView(row.id, row.text) for row in rows), next=cursor)


handlers = [leave_note, list_notes]
