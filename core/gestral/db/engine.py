"""Connections: psycopg 3 under SQLAlchemy, configured by advanced-alchemy."""

from functools import cached_property
from typing import TYPE_CHECKING

from advanced_alchemy.config import EngineConfig
from advanced_alchemy.config.asyncio import SQLAlchemyAsyncConfig

from gestral.db.rows import Readers
from gestral.db.tenancy import Scope, begin
from gestral.errors import ConfigurationError
from gestral.observe import traces

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

__all__ = ("Database", "driver_url")

SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")


def driver_url(url: str) -> str:
    """Return a PostgreSQL URL with the name of the driver that SQLAlchemy shall use.

    Raises:
        ConfigurationError: It is no URL of PostgreSQL.
    """
    for scheme in SCHEMES:
        if url.startswith(scheme):
            return f"postgresql+psycopg://{url.removeprefix(scheme)}"
    raise ConfigurationError(
        "The database's URL is not one of PostgreSQL.",
        hint="Write GESTRAL_DATABASE_URL as postgresql://user:password@host/database.",
    )


class Database:
    """The pool of one process.

    Args:
        url: Of PostgreSQL, in libpq's form.
        pool: Connections kept open; twice as many are allowed at a peak. Those that only read come
            on top: so many queries at once, see `Readers`.

    Attributes:
        readers: Those that only read.
    """

    def __init__(self, url: str, *, pool: int = 5) -> None:
        self.url = url
        self.readers = Readers(url, most=pool)
        self.config = SQLAlchemyAsyncConfig(
            connection_string=driver_url(url),
            engine_config=EngineConfig(
                pool_size=pool,
                max_overflow=pool,
                pool_pre_ping=True,
                hide_parameters=True,  # errors are logged, and parameters may be secrets
            ),
        )

    @cached_property
    def engine(self) -> "AsyncEngine":
        """The pool itself, opened at its first use."""
        engine = self.config.get_engine()
        if traces.is_on():
            traces.watch(engine.sync_engine)
        return engine

    def session(self, scope: Scope) -> "AsyncSession":
        """Return a session that keeps its objects readable after the commit.

        It takes a connection when it is first used, and each of its transactions sees the rows of
        the scope alone.
        """
        return self._sessions(info={"scope": scope})

    @cached_property
    def _sessions(self) -> "async_sessionmaker[AsyncSession]":
        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import async_sessionmaker
        from sqlalchemy.orm import Session

        class ScopedSession(Session):
            """A class of its own, so that the listener below hears of no other sessions."""

        @event.listens_for(ScopedSession, "after_begin")
        def open_eyes(session: Session, _transaction: object, connection: "Connection") -> None:
            connection.exec_driver_sql(*begin(session.info["scope"]))

        return async_sessionmaker(
            self.engine, expire_on_commit=False, sync_session_class=ScopedSession
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self.readers.aclose()
        await self.engine.dispose()
