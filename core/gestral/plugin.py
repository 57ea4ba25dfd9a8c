"""The contract: everything that a plugin can give to Gestral, on one page.

A plugin is data: one frozen `Plugin` behind an entry point of the group `gestral.plugins`. Core
reads it and does the wiring, so that a plugin can be listed, checked, switched off or refused
without running it.

    # my_plugin/__init__.py
    plugin = Plugin(name="greeter", api=">=1,<2", summary="Says hello", routes=routes)

    # pyproject.toml
    [project.entry-points."gestral.plugins"]
    greeter = "my_plugin:plugin"

The entry point's name, `Plugin.name`, the database schema, the prefix of addresses
(`/api/v1/greeter/`) and that of settings (`GESTRAL_GREETER_`) are all the same word.

Keep the module that holds the value light: what is given as a callable or a path is imported or
read only when it is needed. Plugins run with the platform's full rights; the loader isolates
faults, it is no sandbox.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    LiteralString,
    Protocol,
    TypeVar,
    runtime_checkable,
)

import msgspec

from gestral.events import Event

if TYPE_CHECKING:
    import click
    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = (
    "API_PREFIX",
    "CONTRACT_VERSION",
    "CRITICAL_GROUP",
    "ENTRY_POINT_GROUP",
    "Capability",
    "HealthCheck",
    "Job",
    "JobContext",
    "Listener",
    "Metric",
    "Panel",
    "Permission",
    "Plugin",
    "Provision",
    "Role",
    "Services",
    "Slot",
    "Tables",
)

CONTRACT_VERSION = "1.0"
"""The version of this page. A change that breaks a plugin raises the first number."""

ENTRY_POINT_GROUP = "gestral.plugins"

CRITICAL_GROUP = "gestral.plugins.critical"
"""Where a distribution names its critical plugins once more."""

API_PREFIX = "/api/v1"
"""What the addresses of all plugins' routes begin with. A change that breaks clients makes a `v2`
beside it, so that a client moves when it is ready."""

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
A = TypeVar("A", bound=msgspec.Struct)
E = TypeVar("E", bound=Event)

Role = Literal["owner", "admin", "editor", "viewer"]
"""The roles of an organisation's members, the mightiest first; each has the rights of the next."""

Slot = Literal["page", "sign-in", "settings"]
"""Where the browser application mounts a panel: in the navigation as a page of its own, in place
of everything while nobody is signed in, or as a section of the settings page."""


@dataclass(frozen=True)
class Capability(Generic[T]):
    """A typed token for something that one plugin offers and others use.

    `MAILER = Capability[Mailer]("mailer", 1)`: the protocol is the type argument, so that
    `services.get(MAILER)` is known to be a `Mailer`. A change that breaks users of the protocol
    raises the version, which makes it another capability.

    With `many=True` several plugins may provide it, and `services.all` gives what each of them
    does: voices, transports, whatever a user chooses among.
    """

    name: str
    version: int = 1
    many: bool = False

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@runtime_checkable
class Services(Protocol):
    """What a running platform hands to handlers, jobs, factories, commands and checks."""

    def get(self, capability: Capability[T]) -> T:
        """Return what provides `capability`, made at its first use.

        Raises:
            PluginError: Nobody provides it, or its factory failed.
        """
        ...

    def find(self, capability: Capability[T]) -> T | None:
        """Return what provides `capability`, or None when nobody does.

        Raises:
            PluginError: Its factory failed, or many may provide it.
        """
        ...

    def all(self, capability: Capability[T]) -> Mapping[str, T]:
        """Return what every plugin provides under `capability`, by the plugin's name.

        A plugin whose factory fails is left out; the log and `/health/ready` tell of it.
        """
        ...

    def settings(self, kind: type[S]) -> S:
        """Return the settings of a plugin, by the type that it declared.

        Core's own, such as the public address, are of the type `gestral.settings.Settings`.

        Raises:
            PluginError: No loaded plugin declares this type.
        """
        ...

    def cache(self, plugin: str) -> Path:
        """Return a plugin's folder on the local disk for what can be made again.

        It may be emptied at any time, and another process may see another folder.
        """
        ...

    def transaction(
        self, organisation_id: uuid.UUID | None = None
    ) -> "AbstractAsyncContextManager[AsyncSession]":
        """Open a database transaction: committed at the end, rolled back by an exception.

        It sees and writes the rows of one organisation: that for which the request or the job is
        done. Where there is none, it sees no rows that belong to an organisation.

        Args:
            organisation_id: Another one, for work that is done for several in turn.
        """
        ...

    def across_organisations(self) -> "AbstractAsyncContextManager[AsyncSession]":
        """Open a transaction that sees the rows of all organisations.

        For what belongs to none of them, such as signing in and upkeep; never for what a visitor
        asked for.
        """
        ...

    async def rows(
        self,
        row: type[S],
        sql: LiteralString,
        parameters: tuple[Any, ...] | dict[str, Any] = (),
        *,
        across_organisations: bool = False,
    ) -> list[S]:
        """Read rows straight into structs: one query, one round trip, no ORM.

        For reads that are made often, such as lists. It sees what `transaction` would see and is
        committed, so not what the request's own transaction has written so far.

        Args:
            row: What each row becomes; its fields are the query's columns, by name, of the types
                that psycopg gives them.
            sql: The query, with `%s` or `%(name)s` where the parameters go.
            parameters: What is bound to them; never part of the text.
            across_organisations: Whether it sees the rows of all, see there.

        Raises:
            ServiceError: The database did not answer.
            psycopg.Error: The query is wrong, or would write.
        """
        ...


class JobContext(Protocol):
    """What a running job knows of itself."""

    @property
    def id(self) -> uuid.UUID:
        """The id of the outbox row that asked for the job."""
        ...

    @property
    def attempt(self) -> int:
        """1 the first time. It is the fencing token: a late attempt's result is refused."""
        ...

    @property
    def organisation_id(self) -> uuid.UUID | None:
        """On whose behalf it runs."""
        ...

    @property
    def services(self) -> Services:
        """The platform."""
        ...

    async def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Tell how far the job is: `done` of `total` steps of a stage named in plain words.

        Raises:
            asyncio.CancelledError: The job was cancelled meanwhile.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class _Provision:
    """`Provision` without its type argument.

    `Plugin` lists these erased bases: an `Any` in its annotations would have type checkers infer
    `Any` for the argument, and a factory of the wrong type would go unseen.
    """

    capability: Capability[Any]
    factory: Callable[[Services], object]
    close: Callable[..., Awaitable[None]] | None = None


@dataclass(frozen=True, kw_only=True)
class _Job:
    """`Job` without its type argument; see `_Provision`."""

    name: str
    arguments: type[msgspec.Struct]
    run: Callable[..., Awaitable[None]]
    timeout: float
    attempts: int = 3
    cron: str = ""
    queue: str = "default"
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class _Listener:
    """`Listener` without its type argument; see `_Provision`."""

    event: type[Event]
    run: Callable[..., Awaitable[None]]
    timeout: float = 60.0
    attempts: int = 5


@dataclass(frozen=True, kw_only=True)
class Provision(_Provision, Generic[T]):
    """Something that the plugin offers to others.

    Attributes:
        capability: The token.
        factory: Makes it, once in each process, when it is first asked for.
        close: Called when the process ends, if it was made.
    """

    capability: Capability[T]
    factory: Callable[[Services], T]
    close: Callable[[T], Awaitable[None]] | None = None


@dataclass(frozen=True, kw_only=True)
class Job(_Job, Generic[A]):
    """Work to be done later, at least once: a second run must do no harm.

    Enqueue it with `Jobs.enqueue(session, JOB, Arguments(...))`, in the transaction that gives the
    reason for it. It ends as `done`, as `failed` with a reason, or as `cancelled`.

    Attributes:
        name: Unique within the plugin.
        arguments: The type of its arguments, a struct that is kept as JSON.
        run: Does it. A `JobError` ends it as failed; a `RetryableError` and every unexpected
            exception have it tried again, later each time.
        timeout: Seconds that one attempt may take.
        attempts: How often it is tried at most.
        cron: When it runs by itself (five fields, UTC), with arguments that are all defaults.
        queue: Jobs of one queue wait for each other, those of another do not: work of minutes has
            one of its own, so that work of moments need not wait behind it. Lower-case letters,
            digits and underscores.
        priority: Of those that wait in a queue for one organisation, the highest goes first.
    """

    name: str
    arguments: type[A]
    run: Callable[[JobContext, A], Awaitable[None]]
    timeout: float
    attempts: int = 3
    cron: str = ""
    queue: str = "default"
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class Listener(_Listener, Generic[E]):
    """What is done when something happened: one job for each event and listener.

    Attributes:
        event: The type of event.
        run: Does it, under the rules of `Job.run`.
        timeout: Seconds that one attempt may take.
        attempts: How often it is tried at most.
    """

    event: type[E]
    run: Callable[[JobContext, E], Awaitable[None]]
    timeout: float = 60.0
    attempts: int = 5


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The plugin's own tables, in the schema of its name.

    Attributes:
        metadata: Imports the models and returns their `MetaData`. No foreign key leaves the
            schema: keep the id, and listen for the deletion.
        migrations: The folder of Alembic revisions. The lineage and its version table are the
            plugin's alone.
    """

    metadata: "Callable[[], MetaData]"
    migrations: Path


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A right that routes ask for.

    Attributes:
        name: `<plugin>:<verb>`, such as `video:make`.
        summary: What it lets a person do, for those who grant it.
        role: The least role that has it.
    """

    name: str
    summary: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A page, or a part of one, in the browser application.

    Attributes:
        name: Unique within the plugin; the page's path is `/<plugin>/<name>`.
        title: What the navigation shows.
        slot: Where it is mounted.
        module: An ES module in the wheel that defines the custom element
            `gestral-<plugin>-<name>`. Before mounting, the shell sets the element's `host`.
        permission: Without this permission the panel is not shown; empty for everybody.
    """

    name: str
    title: str
    slot: Slot
    module: Path
    permission: str = ""


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """Raises an exception, best a `ServiceError`, when what it looks at is not well."""

    name: str
    check: Callable[[Services], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A gauge, read when the metrics are asked for, shown as `gestral_<plugin>_<name>`."""

    name: str
    summary: str
    read: Callable[[Services], Awaitable[float]]


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """All that a plugin gives.

    Attributes:
        name: Lower-case letters, digits and underscores, starting with a letter; the entry
            point's name.
        api: The contract versions it was made for, as a version specifier: `>=1,<2`.
        summary: One line for lists.
        critical: The platform refuses to start when this plugin fails. Its distribution names it
            in `CRITICAL_GROUP` too, which holds even when its value cannot be imported.
        provides: What it offers to other plugins.
        requires: What it cannot do without: it is skipped when nobody provides one of these.
        optional: What it uses when there.
        routes: Returns Litestar handlers, controllers or routers, mounted below `/api/v1/<name>/`.
            Each handler names a `permission="<plugin>:<verb>"` or says `public=True`.
        tables: Its part of the database.
        jobs: Work it can be asked to do.
        listeners: What it does when something happened.
        settings: A struct of defaults, read from `GESTRAL_<NAME>_<FIELD>`.
        permissions: The rights that its routes ask for.
        mail_templates: A folder of `<template>/subject.txt`, `body.txt` and `body.html`.
        commands: Returns commands for the `gestral` command line.
        health: What `/health/ready` looks at.
        metrics: What `/metrics` shows.
        panels: Its pages in the browser application.
        demo: Fills in data to try the platform with, again without harm, and returns the lines
            that a person should then be told.
    """

    name: str
    api: str
    summary: str
    critical: bool = False
    provides: tuple[_Provision, ...] = ()
    requires: tuple[Capability[Any], ...] = ()
    optional: tuple[Capability[Any], ...] = ()
    routes: "Callable[[], Sequence[ControllerRouterHandler]] | None" = None
    tables: Tables | None = None
    jobs: tuple[_Job, ...] = ()
    listeners: tuple[_Listener, ...] = ()
    settings: type[msgspec.Struct] | None = None
    permissions: tuple[Permission, ...] = ()
    mail_templates: Path | None = None
    commands: "Callable[[], Sequence[click.Command]] | None" = None
    health: tuple[HealthCheck, ...] = ()
    metrics: tuple[Metric, ...] = ()
    panels: tuple[Panel, ...] = ()
    demo: Callable[[Services], Awaitable[Sequence[str]]] | None = None
