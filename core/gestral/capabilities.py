"""What plugins offer each other: a protocol and its token, side by side.

| Token          | Protocol      | Provided by |
|----------------|---------------|-------------|
| `CATALOGUE`    | `Catalogue`   | core |
| `CLOCK`        | `Clock`       | core |
| `JOBS`         | `Jobs`        | core |
| `OBJECT_STORE` | `ObjectStore` | core |
| `FETCHER`      | `Fetcher`     | core |
| `CURRENT_USER` | `CurrentUser` | a plugin that knows people |
| `MEMBERS`      | `Members`     | a plugin that knows organisations |
| `MAILER`       | `Mailer`      | a plugin that sends mail |
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeVar

import msgspec

from gestral.events import Event
from gestral.plugin import Capability, Job, Role

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from sqlalchemy.ext.asyncio import AsyncSession

    from gestral.http import Response
    from gestral.storage import ObjectStore

__all__ = (
    "CATALOGUE",
    "CLOCK",
    "CURRENT_USER",
    "FETCHER",
    "JOBS",
    "MAILER",
    "MEMBERS",
    "OBJECT_STORE",
    "Catalogue",
    "Clock",
    "CurrentUser",
    "Fetcher",
    "Identity",
    "JobState",
    "JobView",
    "Jobs",
    "Mailer",
    "Member",
    "Members",
)

A = TypeVar("A", bound=msgspec.Struct)

JobState = Literal["waiting", "queued", "running", "done", "failed", "cancelled"]
"""`waiting` in the outbox, `queued` for a worker, `running`; the other three are final."""


class Catalogue(Protocol):
    """What the loaded plugins declare, taken together."""

    def granted(self, role: Role) -> frozenset[str]:
        """Return the names of the permissions that a role has, over all loaded plugins."""
        ...

    def mail_templates(self) -> Mapping[str, Path]:
        """Return the folder of mail templates of each loaded plugin that has one, by name."""
        ...


class Clock(Protocol):
    """The time, so that tests can turn it."""

    def now(self) -> dt.datetime:
        """Return the present moment, in UTC, with its zone."""
        ...


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """What can be told of a job.

    Attributes:
        id: The outbox row's.
        name: `<plugin>.<job>`.
        state: See `JobState`.
        stage: What it is doing, in plain words; empty before it starts.
        done: Steps of the stage that are done.
        total: Steps that the stage has, 0 when that is not known.
        reason: Why it failed, for people; else empty.
        code: The stable code of that reason; else empty.
        attempt: How often it was started.
    """

    id: uuid.UUID
    name: str
    state: JobState
    stage: str = ""
    done: int = 0
    total: int = 0
    reason: str = ""
    code: str = ""
    attempt: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {"done", "failed", "cancelled"}


class Jobs(Protocol):
    """Work for later, and what became of it."""

    async def enqueue(
        self,
        session: "AsyncSession",
        job: Job[A],
        arguments: A,
        *,
        key: str = "",
        organisation_id: uuid.UUID | None = None,
        delay: float = 0.0,
    ) -> uuid.UUID:
        """Ask for a job in the caller's transaction, and return its id.

        Args:
            session: The transaction that gives the reason for the job.
            job: One that a loaded plugin declares.
            arguments: Of the type that the job declares.
            key: While a job of this name and key is unfinished, no second one is made: its id is
                returned instead.
            organisation_id: On whose behalf.
            delay: Seconds to wait at least.

        Raises:
            PluginError: No loaded plugin declares this job.
        """
        ...

    async def enqueue_many(
        self,
        session: "AsyncSession",
        job: Job[A],
        arguments: Sequence[A],
        *,
        organisation_id: uuid.UUID | None = None,
        delay: float = 0.0,
    ) -> tuple[uuid.UUID, ...]:
        """Ask for a job for each of the arguments, with one statement; return the ids.

        It costs a small part of as many calls of `enqueue`. None has a key.

        Args:
            session: The transaction that gives the reason for the jobs.
            job: One that a loaded plugin declares.
            arguments: Of the type that the job declares, one for each job.
            organisation_id: On whose behalf.
            delay: Seconds to wait at least.

        Raises:
            PluginError: No loaded plugin declares this job.
        """
        ...

    async def publish(self, session: "AsyncSession", event: Event) -> None:
        """Tell all listeners of an event, after the caller's transaction is committed."""
        ...

    async def cancel(self, session: "AsyncSession", job_id: uuid.UUID) -> None:
        """Have a job not started, or stopped within moments. A finished one stays so."""
        ...

    async def retry(self, session: "AsyncSession", job_id: uuid.UUID) -> None:
        """Have a job that failed or was cancelled be done anew, with all its attempts.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: It is not finished, was done, or another of its key is unfinished.
        """
        ...

    async def view(self, job_id: uuid.UUID) -> JobView:
        """Return how a job stands.

        Raises:
            NotFoundError: There is no such job.
        """
        ...

    async def views(
        self, job_ids: Iterable[uuid.UUID], *, session: "AsyncSession | None" = None
    ) -> dict[uuid.UUID, JobView]:
        """Return how several jobs stand, by id; unknown ids are left out.

        Args:
            job_ids: Their ids.
            session: A transaction that sees what it asked for itself; one of its own by default.
        """
        ...

    async def unfinished(self) -> tuple[JobView, ...]:
        """Return all jobs that are not finished, the oldest first."""
        ...

    def watch(self, job_id: uuid.UUID) -> AsyncIterator[JobView]:
        """Yield how a job stands, now and at every change, ending with the final state.

        Raises:
            NotFoundError: There is no such job.
        """
        ...


class Fetcher(Protocol):
    """The only way to foreign addresses. See `gestral.http.Fetcher` for what it refuses."""

    async def get(
        self,
        address: str,
        *,
        accept: tuple[str, ...] = (),
        max_bytes: int | None = None,
        deadline: float | None = None,
        if_none_match: str = "",
        if_modified_since: str = "",
        robots: bool = True,
    ) -> "Response":
        """Read an address.

        Args:
            address: `http:` or `https:`.
            accept: Media types that will do, such as `image/*`; empty for all.
            max_bytes: Limit of the body after decompression.
            deadline: Seconds for all of it, redirects and retries included.
            if_none_match: The `etag` of an earlier response: what is unchanged has no body.
            if_modified_since: The `last-modified` of an earlier response, likewise.
            robots: Whether robots.txt is honoured; false only for what belongs to a page that was
                read under its rules, such as its pictures.

        Raises:
            FetchError: With a stable code for each way in which it can fail.
        """
        ...


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request, for which organisation, and what they may do.

    Attributes:
        user_id: The person.
        organisation_id: The organisation that they act for at the moment.
        name: What to call them.
        email: Where to write to them.
        permissions: The names of their permissions in that organisation.
    """

    user_id: uuid.UUID
    organisation_id: uuid.UUID
    name: Annotated[str, msgspec.Meta(examples=["Ada Lovelace"])]
    email: Annotated[str, msgspec.Meta(examples=["ada@example.org"])]
    permissions: Annotated[frozenset[str], msgspec.Meta(examples=[["auth:account"]])]


class CurrentUser(Protocol):
    """Who makes a request."""

    async def identify(self, connection: "ASGIConnection[Any, Any, Any, Any]") -> Identity | None:
        """Return who makes the request, or None when nobody is signed in."""
        ...

    def security_schemes(self) -> Mapping[str, Mapping[str, Any]]:
        """Return how a request can say who makes it: OpenAPI's security schemes, by name.

        Each is enough by itself.
        """
        ...


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person in an organisation."""

    user_id: uuid.UUID
    name: str
    email: str
    role: Role


class Members(Protocol):
    """Who belongs to an organisation."""

    async def members(
        self, session: "AsyncSession", organisation_id: uuid.UUID
    ) -> tuple[Member, ...]:
        """Return the members, the mightiest first; empty for an unknown organisation."""
        ...

    async def demo_organisation(self, session: "AsyncSession") -> uuid.UUID | None:
        """Return the organisation that demonstration data belong to, or None without one."""
        ...


class Mailer(Protocol):
    """Sends mail."""

    async def send(
        self,
        session: "AsyncSession",
        template: str,
        to: str,
        context: Mapping[str, Any],
        *,
        key: str,
        language: str = "",
    ) -> None:
        """Have a mail sent once the caller's transaction is committed, at most once for each key.

        Nothing is sent to whoever has unsubscribed from this kind of mail.

        Args:
            session: The transaction that gives the reason for the mail.
            template: `<plugin>/<template>` of a plugin's `mail_templates`.
            to: One e-mail address.
            context: What the template needs: JSON values.
            key: Names the effect; a second call with the same key sends nothing.
            language: The recipient's, as a BCP 47 tag; where the template lacks it, English.

        Raises:
            InputError: The address cannot be one.
            PluginError: There is no such template.
        """
        ...


CATALOGUE = Capability[Catalogue]("catalogue")
CLOCK = Capability[Clock]("clock")
JOBS = Capability[Jobs]("jobs")
OBJECT_STORE: "Capability[ObjectStore]" = Capability("object_store")
FETCHER = Capability[Fetcher]("fetcher")
CURRENT_USER = Capability[CurrentUser]("current_user")
MEMBERS = Capability[Members]("members")
MAILER = Capability[Mailer]("mailer")
