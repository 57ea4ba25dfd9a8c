"""Reads rows straight into structs, in one pipeline, under row-level security."""

from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

import msgspec

from gestral.db.tenancy import Scope, begin

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ("read_rows",)

R = TypeVar("R", bound=msgspec.Struct)


async def read_rows(
    engine: "AsyncEngine",
    scope: Scope,
    row: type[R],
    sql: LiteralString,
    parameters: "tuple[Any, ...] | dict[str, Any]" = (),
) -> list[R]:
    """Run one query in a read-only transaction that sees the rows of a scope alone.

    Args:
        engine: The pool.
        scope: Whose rows: one organisation's, nobody's, or those of all.
        row: What each row becomes; its fields are the query's columns, by name.
        sql: The query, with `%s` or `%(name)s` where the parameters go.
        parameters: What is bound to them; never part of the text.

    Raises:
        psycopg.Error: The query is wrong, or the database is away.
    """
    from psycopg.rows import class_row

    async with engine.connect() as pooled:
        connection: Any = (await pooled.get_raw_connection()).driver_connection
        # What the scope sets ends with the transaction, which the pool rolls back in any case.
        async with connection.pipeline(), connection.cursor(binary=True) as cursor:
            await connection.execute("SET TRANSACTION READ ONLY")
            await connection.execute(*begin(scope))
            cursor.row_factory = class_row(row)
            await cursor.execute(sql, parameters)
            found: list[R] = await cursor.fetchall()
    return found
