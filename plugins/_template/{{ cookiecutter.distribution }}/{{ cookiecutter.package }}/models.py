"""The tables, in the schema `{{ cookiecutter.name }}`."""

import uuid

from gestral.db import Record, schema_metadata
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = ("LONGEST", "Base", "Note")

LONGEST = 1000
"""Characters of a note."""


class Base(DeclarativeBase):
    """The base of this plugin's tables."""

    metadata = schema_metadata("{{ cookiecutter.name }}")


class Note(Record, Base):
    """A note. `Record` brings `id` (a UUIDv7), `created_at` and `updated_at`."""

    __tablename__ = "note"

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(String(LONGEST))
