"""The running platform: what handlers, jobs and commands are handed as `Services`."""

import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar, cast

import msgspec

from gestral.app.registry import Registry
from gestral.db.tenancy import ACROSS, organisation
from gestral.errors import GestralError, PluginError, ServiceError
from gestral.observe.masking import keep_secret, secrets_of
from gestral.plugin import Capability, Plugin
from gestral.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from gestral.db.engine import Database

__all__ = ("Platform",)

log = logging.getLogger(__name__)

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


class Platform:
    """Loaded plugins over a database, a queue and a store. Implements `gestral.plugin.Services`.

    Args:
        registry: The plugins, core's own included.
        settings: Core's settings.
        database: The application's connections.
        replaced: Capabilities that are made otherwise, for tests.

    Attributes:
        unmade: Plugins and capabilities whose factory failed when last asked, with the kind of the
            error.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        database: "Database",
        *,
        replaced: "dict[Capability[Any], object] | None" = None,
    ) -> None:
        self.registry = registry
        self.core_settings = settings
        self.database = database
        self._made: dict[Capability[Any], object] = dict(replaced or {})
        self._gathered: dict[Capability[Any], dict[str, object]] = {}
        self.unmade: dict[tuple[str, Capability[Any]], str] = {}
        self._closers: list[Callable[[], Any]] = []
        self._settings: dict[type[msgspec.Struct], msgspec.Struct] = {Settings: settings}
        self._settings |= {
            type(entry.settings): entry.settings
            for entry in registry.loaded
            if entry.settings is not None
        }
        for known in self._settings.values():
            keep_secret(*secrets_of(known))

    def get(self, capability: Capability[T]) -> T:
        """See `Services.get`."""
        found = self.find(capability)
        if found is None:
            raise PluginError(
                f"Nobody provides {capability}.",
                hint="Install or switch on a plugin that does; `gestral plugins` lists them.",
            )
        return found

    def find(self, capability: Capability[T]) -> T | None:
        """See `Services.find`."""
        made = self._made.get(capability)
        if made is None:
            if capability.many:
                raise PluginError(
                    f"Several plugins may provide {capability}.", hint="Ask with `services.all`."
                )
            providers = self.registry.providers.get(capability)
            if providers is None:
                return None
            made = self._made[capability] = self._make(providers[0], capability)
        return cast("T", made)

    def all(self, capability: Capability[T]) -> Mapping[str, T]:
        """See `Services.all`."""
        made = self._gathered.setdefault(capability, {})
        for plugin in self.registry.providers.get(capability, ()):
            if plugin.name not in made:
                with suppress(GestralError):  # `_make` has told of it
                    made[plugin.name] = self._make(plugin, capability)
        return cast("Mapping[str, T]", {**made})

    def _make(self, plugin: Plugin, capability: Capability[Any]) -> object:
        provision = next(p for p in plugin.provides if p.capability == capability)
        try:
            made = _something(provision.factory(self))
        except Exception as error:
            self.unmade[plugin.name, capability] = type(error).__name__
            log.exception("the plugin %s failed to make %s", plugin.name, capability)
            if isinstance(error, GestralError):
                raise
            raise PluginError(
                f"The plugin {plugin.name!r} failed to make {capability}: {error}",
                hint="Mend it, or switch it off by GESTRAL_PLUGINS_OFF.",
            ) from error
        self.unmade.pop((plugin.name, capability), None)
        close = provision.close
        if close is not None:
            self._closers.append(lambda: close(made))
        return made

    def replace(
        self,
        capability: Capability[T],
        made: T,
        *,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Use something else for a capability from now on; for tests."""
        self._made[capability] = made
        if close is not None:
            self._closers.append(close)

    def settings(self, kind: type[S]) -> S:
        """See `Services.settings`."""
        try:
            return cast("S", self._settings[kind])
        except KeyError:
            raise PluginError(f"No loaded plugin declares the settings {kind.__name__}.") from None

    def cache(self, plugin: str) -> Path:
        """See `Services.cache`."""
        folder = self.core_settings.data / "cache" / plugin
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @asynccontextmanager
    async def transaction(
        self, organisation_id: uuid.UUID | None = None
    ) -> "AsyncIterator[AsyncSession]":
        """See `Services.transaction`."""
        scope = organisation_id or organisation.get()
        async with self.database.session(scope) as session, session.begin():
            yield session

    @asynccontextmanager
    async def across_organisations(self) -> "AsyncIterator[AsyncSession]":
        """See `Services.across_organisations`."""
        async with self.database.session(ACROSS) as session, session.begin():
            yield session

    async def rows(
        self,
        row: type[S],
        sql: LiteralString,
        parameters: tuple[Any, ...] | dict[str, Any] = (),
        *,
        across_organisations: bool = False,
    ) -> list[S]:
        """See `Services.rows`."""
        from psycopg import OperationalError

        scope = ACROSS if across_organisations else organisation.get()
        try:
            return await self.database.readers.read(scope, row, sql, parameters)
        except OperationalError as error:
            raise ServiceError("The database did not answer.", hint="Try again.") from error

    async def aclose(self) -> None:
        """Close what was made, the last first, then the database."""
        while self._closers:
            await self._closers.pop()()
        await self.database.aclose()


def _something(made: object) -> object:
    if made is None:
        raise TypeError("its factory returned nothing")
    return made
