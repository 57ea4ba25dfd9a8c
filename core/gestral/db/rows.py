"""Reads rows straight into structs, in one round trip, under row-level security."""

import asyncio
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

import msgspec

from gestral.db.tenancy import ACROSS, PLATFORM_ROLE, Scope, begin
from gestral.observe import traces

if TYPE_CHECKING:
    from psycopg import AsyncConnection

__all__ = ("Readers",)

R = TypeVar("R", bound=msgspec.Struct)

Parameters = tuple[Any, ...] | dict[str, Any]


class Readers:
    """Connections that only read, one query each at a time.

    They are not those of the ORM, whose way to a row costs several times what the row does, nor
    psycopg's pool, which waits longer and longer for a server that may be back at once.

    Those that read across organisations have that role for good, and are never used for anything
    else. On the others a query is told in the same round trip whose rows it sees, and what told it
    ends with the query.

    Args:
        url: Of PostgreSQL, in libpq's form.
        most: Queries at once; who wants another waits. So many connections of each kind are kept.
    """

    def __init__(self, url: str, *, most: int) -> None:
        self._url = url
        self._free = asyncio.Semaphore(most)
        self._idle: dict[bool, list[AsyncConnection[Any]]] = {False: [], True: []}
        self.used = 0

    @property
    def idle(self) -> int:
        """How many connections wait to be used."""
        return sum(map(len, self._idle.values()))

    async def read(
        self, scope: Scope, row: type[R], sql: LiteralString, parameters: Parameters = ()
    ) -> list[R]:
        """Run one query that sees the rows of a scope alone.

        Args:
            scope: Whose rows: one organisation's, nobody's, or those of all.
            row: What each row becomes; its fields are the query's columns, by name.
            sql: The query, with `%s` or `%(name)s` where the parameters go.
            parameters: What is bound to them; never part of the text.

        Raises:
            psycopg.Error: The query is wrong, or the database is away.
        """
        from psycopg import OperationalError

        idle = self._idle[scope == ACROSS]
        async with self._free:
            with traces.statement(sql):
                if idle:
                    connection = idle.pop()
                    try:
                        return await self._read(connection, scope, row, sql, parameters)
                    except OperationalError:
                        if not connection.closed:
                            raise
                    # It died while nobody looked, and so did the others: PostgreSQL was started
                    # anew. What only reads can be asked again.
                    await self.aclose()
                connection = await self._connect(scope)
                return await self._read(connection, scope, row, sql, parameters)

    async def _read(
        self,
        connection: "AsyncConnection[Any]",
        scope: Scope,
        row: type[R],
        sql: LiteralString,
        parameters: Parameters,
    ) -> list[R]:
        from psycopg.pq import TransactionStatus
        from psycopg.rows import class_row

        self.used += 1
        cursor = connection.cursor(binary=True, row_factory=class_row(row))
        try:
            if scope == ACROSS:
                await cursor.execute(sql, parameters)
            else:
                async with connection.pipeline():
                    await connection.execute(*begin(scope))
                    await cursor.execute(sql, parameters)
            return await cursor.fetchall()
        finally:
            self.used -= 1
            if connection.pgconn.transaction_status == TransactionStatus.IDLE:
                self._idle[scope == ACROSS].append(connection)
            else:
                await connection.close()

    async def _connect(self, scope: Scope) -> "AsyncConnection[Any]":
        from psycopg import AsyncConnection

        connection = await AsyncConnection.connect(
            self._url,
            autocommit=True,  # a pipeline is a transaction of its own
            prepare_threshold=0,  # what is asked here is asked again
        )
        try:
            await connection.execute(
                "SET default_transaction_read_only = on; SET timezone = 'UTC'", prepare=False
            )
            if scope == ACROSS:
                await connection.execute(f"SET ROLE {PLATFORM_ROLE}", prepare=False)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def aclose(self) -> None:
        """Close the connections that are not in use."""
        for connections in self._idle.values():
            while connections:
                await connections.pop().close()
