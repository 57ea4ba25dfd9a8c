"""One transaction for each request: committed before its answer leaves, or not at all.

A request may carry an `Idempotency-Key`. Its answer is then kept in the very transaction of what it
did, and who sends it again, because the connection broke for example, gets that answer and nothing
is done twice. See ADR 0014.
"""

import datetime as dt
import hashlib
import logging
import re
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.types import Message, Send
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gestral.app.access import platform_of, visitor
from gestral.app.problems import (
    MEDIA_TYPE,
    from_database,
    from_error,
    problem,
    send_problem,
)
from gestral.capabilities import CLOCK, Identity
from gestral.db.tenancy import organisation
from gestral.errors import ConflictError, GestralError, InputError
from gestral.jobs.model import RequestRow

if TYPE_CHECKING:
    from litestar.types import HTTPResponseStartEvent
    from sqlalchemy.ext.asyncio import AsyncSession

    from gestral.app.exchange import Exchange
    from gestral.app.services import Platform

__all__ = ("KEY", "KEY_LENGTH", "REPLAYED", "Unit", "answer_again", "unit_of")

KEY = r"[\x21-\x7e]+"
KEY_LENGTH = 255
"""Which characters an `Idempotency-Key` may have, and how many: a UUID fits."""

REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""

LEASE = dt.timedelta(seconds=60)
"""After which a request whose process is gone may be done anew by who sends it again."""

RETRY_AFTER = 2
"""Seconds after which a request is mostly answered, for who sent it twice."""

KEPT_HEADERS = ("content-type", "location")

KEPT_BYTES = 1024 * 1024
"""The largest answer that is kept. Of a larger one no more than this is ever held in memory."""

log = logging.getLogger(__name__)


class Unit:
    """The transaction of one request, opened when something first asks for it."""

    __slots__ = ("_body", "_ended", "_over", "_platform", "_session", "_start", "kept")

    def __init__(self, platform: "Platform") -> None:
        self.kept: RequestRow | None = None
        self._platform = platform
        self._session: AsyncSession | None = None
        self._ended = False
        self._start: HTTPResponseStartEvent | None = None
        self._body = b""
        self._over = False

    def session(self) -> "AsyncSession":
        """Return the session; it takes a connection at its first statement."""
        if self._session is None:
            self._session = self._platform.database.session(organisation.get())
        return self._session

    async def send(self, message: Message, onward: Send) -> None:
        """Pass on a message of the answer: once all is committed, or undone where it is an error.

        An answer that is kept is held back until it is whole.
        """
        if self._over:
            return
        if message["type"] == "http.response.start":
            if message["status"] >= 400:
                await self.end()
            elif self.kept is not None:
                self._start = message
                return
            elif not await self._committed(message, onward):
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message["body"]
            if message["more_body"] and len(self._body) <= KEPT_BYTES:
                return
            start, self._start = self._start, None
            if not await self._committed(start, onward):
                return
            await onward(start)
            message["body"], self._body = self._body, b""
        await onward(message)

    async def _committed(self, start: "HTTPResponseStartEvent", onward: Send) -> bool:
        """Commit, or send what went wrong instead; return whether it was committed."""
        try:
            await self._commit(start, self._body)
        except (ConflictError, DBAPIError) as error:
            self._over = True
            await self.end()
            answer = from_error(error) if isinstance(error, GestralError) else from_database(error)
            await send_problem(onward, answer)
            return False
        return True

    async def _commit(self, start: "HTTPResponseStartEvent", body: bytes) -> None:
        """Commit what was done, and with it the answer where it shall be kept.

        Raises:
            ConflictError: The lease on the key ran out, and another process took over.
            DBAPIError: The database refused, or is not there.
        """
        if self.kept is not None:
            status = start["status"]
            headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
            if len(body) > KEPT_BYTES:
                status, headers, body = _too_large()
            written = await self.session().scalar(
                update(RequestRow)
                .where(RequestRow.id == self.kept.id, RequestRow.token == self.kept.token)
                .values(
                    status=status,
                    headers={name: headers[name] for name in KEPT_HEADERS if name in headers},
                    body=body,
                )
                .returning(RequestRow.id)
            )
            if written is None:
                raise ConflictError(
                    "This request took so long that another with its key was begun.",
                    hint="Send it again to see what became of that.",
                    code="idempotency-in-progress",
                    retry_after=RETRY_AFTER,
                )
        if self._session is not None:
            await self._session.commit()
        self._ended = True

    async def end(self) -> None:
        """Undo what was not committed, and let the key be used again."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self.kept is not None and not self._ended:
            kept, self.kept = self.kept, None
            try:
                await self._free(kept)
            except SQLAlchemyError:
                log.warning("a key could not be freed: its lease will end", exc_info=True)

    async def _free(self, kept: RequestRow) -> None:
        """Let a key be used again, unless its answer was committed and only we never heard."""
        async with self._platform.transaction(kept.organisation_id) as session:
            await session.execute(
                delete(RequestRow).where(
                    RequestRow.id == kept.id,
                    RequestRow.token == kept.token,
                    RequestRow.status.is_(None),
                )
            )


def _too_large() -> tuple[int, dict[str, str], bytes]:
    """Return what is kept in place of an answer that is too large: it was done, and only once."""
    answer = problem(
        409,
        "idempotency-answer-not-kept",
        "This was done, but its answer was too large to be kept.",
        hint="Look for what came of it.",
    )
    return 409, {"content-type": MEDIA_TYPE}, msgspec.json.encode(answer.content)


def unit_of(request: Request[Any, Any, Any]) -> Unit:
    """Return the transaction of a request; from now on it has one."""
    exchange: Exchange = request.scope["state"]["exchange"]
    if exchange.unit is None:
        exchange.unit = Unit(platform_of(request))
    return exchange.unit


async def answer_again(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """Answer what was answered before, or have the answer kept; before each handler.

    Raises:
        InputError: The key cannot be one, or belongs to another request.
        ConflictError: A request with this key is being answered.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if len(key) > KEY_LENGTH or not re.fullmatch(KEY, key):
        raise InputError(
            "The Idempotency-Key is empty, too long, or has characters that cannot be seen.",
            hint="Use up to 255 visible ASCII characters, a UUID for example.",
            code="idempotency-key-invalid",
        )
    identity = await visitor(request)
    if identity is None:
        return None
    address = request.scope["path"].encode() + b"?" + request.scope["query_string"]
    fingerprint = hashlib.sha256(
        b"\0".join((request.method.encode(), address, await request.body()))
    ).hexdigest()
    row, ours = await _begin(platform_of(request), identity, key, fingerprint)
    if ours:
        unit_of(request).kept = row
        return None
    if row.fingerprint != fingerprint:
        raise InputError(
            "This Idempotency-Key was sent with another request.",
            hint="Make a new key for each thing that shall be done.",
            code="idempotency-key-reused",
        )
    if row.status is None:
        raise ConflictError(
            "A request with this Idempotency-Key is being answered.",
            hint="Send it again in some seconds.",
            code="idempotency-in-progress",
            retry_after=RETRY_AFTER,
        )
    return Response(row.body, status_code=row.status, headers={**row.headers, REPLAYED: "true"})


async def _begin(
    platform: "Platform", identity: Identity, key: str, fingerprint: str
) -> tuple[RequestRow, bool]:
    """Return the row of a key, and whether it is ours: nobody had it, or who had it is dead."""
    now = platform.get(CLOCK).now()
    token = uuid.uuid4()
    async with platform.transaction(identity.organisation_id) as session:
        new = insert(RequestRow).values(
            organisation_id=identity.organisation_id,
            user_id=identity.user_id,
            key=key,
            fingerprint=fingerprint,
            token=token,
            lease_until=now + LEASE,
        )
        ours = await session.scalar(
            new.on_conflict_do_update(
                index_elements=["organisation_id", "user_id", "key"],
                set_={"token": token, "lease_until": now + LEASE},
                where=RequestRow.status.is_(None)
                & (RequestRow.lease_until < now)
                & (RequestRow.fingerprint == fingerprint),
            ).returning(RequestRow)
        )
        if ours is not None:
            return ours, True
        rows = await session.scalars(
            select(RequestRow).where(
                RequestRow.organisation_id == identity.organisation_id,
                RequestRow.user_id == identity.user_id,
                RequestRow.key == key,
            )
        )
        # Freed in the moment between the two: as if it were being answered.
        return rows.one_or_none() or RequestRow(fingerprint=fingerprint, status=None), False
