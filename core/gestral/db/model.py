"""The base of every table: a UUIDv7 key, two moments, and the plugin's own schema."""

import uuid

from advanced_alchemy.base import CommonTableAttributes
from advanced_alchemy.mixins import AuditColumns
from sqlalchemy import MetaData
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

__all__ = ("Record", "schema_metadata")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints are a function of the model, so that migrations can speak of them."""


class Record(CommonTableAttributes, AuditColumns):
    """Mixed into a plugin's `DeclarativeBase`: `id`, `created_at` and `updated_at` for every table.

    Ids are UUIDv7, made by the application: they rise with time, so that rows made together lie
    together and a list can be paged by its key. advanced-alchemy's own key mixin is not used, for
    it adds a sentinel column to every table.
    """

    id: Mapped[uuid.UUID] = mapped_column(default=uuid7, primary_key=True, sort_order=-100)


def schema_metadata(plugin: str) -> MetaData:
    """Return the `MetaData` of a plugin's tables: they live in the schema of its name."""
    return MetaData(schema=plugin, naming_convention=NAMING)
