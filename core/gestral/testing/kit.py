"""A platform for one test."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gestral.app.build import application, load
from gestral.app.registry import Candidate
from gestral.app.services import Platform
from gestral.capabilities import CLOCK, CURRENT_USER, JOBS, MAILER, MEMBERS, Identity, Member
from gestral.db.engine import Database
from gestral.jobs.dispatcher import Dispatcher
from gestral.jobs.ledger import Ticket
from gestral.jobs.outbox import Outbox
from gestral.jobs.runner import Runner
from gestral.jobs.work import all_work
from gestral.plugin import Capability, Plugin, Provision, Services
from gestral.settings import Settings

if TYPE_CHECKING:
    import httpx
    from litestar import Litestar
    from litestar.connection import ASGIConnection
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("CapturedMail", "Kit", "TurnedClock", "standing_in")

HEADER = "X-Kit-User"


class TurnedClock:
    """A clock that stands until it is turned. Implements `gestral.capabilities.Clock`."""

    def __init__(self) -> None:
        # Just after the hour, so that small turns cross the due times of no usual schedule.
        self._now = dt.datetime.now(dt.UTC).replace(minute=0, second=30, microsecond=0)

    def now(self) -> dt.datetime:
        """Return the moment at which it stands."""
        return self._now

    def turn(self, **step: float) -> None:
        """Go on by `datetime.timedelta(**step)`: `clock.turn(days=2)`."""
        self._now += dt.timedelta(**step)


@dataclass(frozen=True)
class CapturedMail:
    """A mail that would have been sent."""

    template: str
    to: str
    context: Mapping[str, Any]
    key: str


class _People:
    """Knows the kit's users. Implements `CurrentUser` and `Members`."""

    def __init__(self) -> None:
        self.users: dict[str, Identity] = {}

    async def identify(self, connection: "ASGIConnection[Any, Any, Any, Any]") -> Identity | None:
        return self.users.get(connection.headers.get(HEADER, ""))

    def security_schemes(self) -> dict[str, dict[str, str]]:
        return {"kit": {"type": "apiKey", "in": "header", "name": HEADER}}

    async def members(
        self, session: "AsyncSession", organisation_id: uuid.UUID
    ) -> tuple[Member, ...]:
        del session
        return tuple(
            Member(user_id=user.user_id, name=user.name, email=user.email, role="owner")
            for user in self.users.values()
            if user.organisation_id == organisation_id
        )

    async def demo_organisation(self, session: "AsyncSession") -> uuid.UUID | None:
        del session
        return next((user.organisation_id for user in self.users.values()), None)


class _Mailbox:
    """Keeps what would have been sent. Implements `Mailer`."""

    def __init__(self) -> None:
        self.mail: dict[str, CapturedMail] = {}

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
        del session, language
        self.mail.setdefault(key, CapturedMail(template, to, context, key))


def _giver(made: object) -> Callable[[Services], object]:
    return lambda _services: made


def standing_in(plugins: Sequence[Plugin]) -> list[Plugin]:
    """Return the plugins, and one that provides people and mail where none of them does."""
    provided = {provision.capability for plugin in plugins for provision in plugin.provides}
    people, mailbox = _People(), _Mailbox()
    offers: list[tuple[Capability[Any], object]] = [
        (CURRENT_USER, people),
        (MEMBERS, people),
        (MAILER, mailbox),
    ]
    missing = tuple(
        Provision(capability=capability, factory=_giver(made))
        for capability, made in offers
        if capability not in provided
    )
    kit = Plugin(
        name="kit", api=">=1,<2", summary="Stands in for people and mail in tests", provides=missing
    )
    return [*plugins, kit] if missing else [*plugins]


def _same(plugin: Plugin) -> Plugin:
    return plugin


class Kit:
    """A platform with the chosen plugins on a real database, for one test.

    Attributes:
        platform: The services, as handlers and jobs get them.
        app: The Litestar application.
        clock: Stands until the test turns it.
    """

    def __init__(
        self, plugins: Sequence[Plugin], settings: Settings, environment: Mapping[str, str]
    ) -> None:
        chosen = standing_in(plugins)
        candidates = [Candidate(name=one.name, load=partial(_same, one)) for one in chosen]
        registry = load(environment, candidates=candidates)
        self.clock = TurnedClock()
        self.platform = Platform(
            registry,
            settings,
            Database(settings.database_url, pool=2),
            replaced={CLOCK: self.clock},
        )
        self.app: Litestar = application(self.platform)
        self._clients: list[httpx.AsyncClient] = []

    def transaction(
        self, organisation_id: uuid.UUID | None = None
    ) -> "AbstractAsyncContextManager[AsyncSession]":
        """Open a database transaction that sees the rows of one organisation; see `Services`."""
        return self.platform.transaction(organisation_id)

    def across_organisations(self) -> "AbstractAsyncContextManager[AsyncSession]":
        """Open a database transaction that sees all rows, to look at what came of a test."""
        return self.platform.across_organisations()

    @property
    def knows_people(self) -> bool:
        """Whether the kit stands in for people: no chosen plugin knows them."""
        return isinstance(self.platform.get(CURRENT_USER), _People)

    def user(
        self, *permissions: str, organisation_id: uuid.UUID | None = None, name: str = "Ada"
    ) -> Identity:
        """Return a person with exactly these permissions, in an organisation of their own.

        Only where none of the chosen plugins knows people; else sign in as that plugin wants it.
        """
        people = self.platform.get(CURRENT_USER)
        assert isinstance(people, _People), "one of the plugins under test knows people itself"
        user = Identity(
            user_id=uuid.uuid4(),
            organisation_id=organisation_id or uuid.uuid4(),
            name=name,
            email=f"{name.lower()}@example.com",
            permissions=frozenset(permissions),
        )
        people.users[str(user.user_id)] = user
        return user

    def client(self, user: Identity | None = None) -> "httpx.AsyncClient":
        """Return a client of the application, on behalf of a user of the kit or of nobody."""
        import httpx

        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),  # type: ignore[arg-type]
            base_url="http://gestral.test",
            headers={HEADER: str(user.user_id)} if user else {},
        )
        self._clients.append(client)
        return client

    @property
    def mail(self) -> tuple[CapturedMail, ...]:
        """What would have been sent, in order; only where no chosen plugin sends mail itself."""
        mailbox = self.platform.get(MAILER)
        assert isinstance(mailbox, _Mailbox), "one of the plugins under test sends mail itself"
        return tuple(mailbox.mail.values())

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.platform, all_work(self.platform.registry.plugins), self._outbox)

    @cached_property
    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self.platform, self._runner.work, self._outbox)

    @property
    def _outbox(self) -> Outbox:
        outbox = self.platform.get(JOBS)
        assert isinstance(outbox, Outbox), "core provides it itself"
        return outbox

    async def run_jobs(self) -> int:
        """Run what was enqueued and is due, and what that enqueues, and return how many ran.

        Schedules fire when the clock was turned past a due time.
        """
        ran = 0

        async def run(tickets: Sequence[Ticket], _queue: str) -> None:
            nonlocal ran
            for ticket in tickets:
                ran += await self._runner.run(ticket.id)

        await self._dispatcher.once(run)
        await self._runner.tally.write(self.platform)
        return ran

    async def aclose(self) -> None:
        """Close clients and connections."""
        for client in self._clients:
            await client.aclose()
        await self.platform.aclose()


@asynccontextmanager
async def kit(
    plugins: Sequence[Plugin], settings: Settings, environment: Mapping[str, str]
) -> AsyncIterator[Kit]:
    """Give a kit and close it."""
    made = Kit(plugins, settings, environment)
    try:
        yield made
    finally:
        await made.aclose()


def kit_settings(folder: Path, database_url: str, owner_url: str) -> Settings:
    """Return settings of a platform whose files lie in the folder. Jobs run without a queue."""
    return Settings(
        data=folder,
        database_url=database_url,
        database_owner_url=owner_url,
        redis_url="",
        storage_url=(folder / "files").as_uri(),
        secret="a secret of the test kit, and of it alone",  # noqa: S106 - it guards nothing
        public_url="http://gestral.test",
    )
