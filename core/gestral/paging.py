"""Lists in pages: a cursor, a bounded size, and no order but those that a route names.

    GREETINGS = Paging(Greeting.id, {"text": Greeting.text})

    @get("/greetings", permission="greeter:read", dependencies=GREETINGS.dependencies)
    async def list_greetings(page: NamedDependency[PageRequest], ...) -> Page[GreetingView]:
        query = select(Greeting).where(Greeting.organisation_id == identity.organisation_id)
        rows, cursor = page.cut(await session.scalars(page.narrow(query)))
        return Page(items=tuple(view(row) for row in rows), next=cursor)

A page begins after the last row of the one before it, known by the value that it was sorted by and
by its key (keyset paging): what is inserted or deleted meanwhile neither repeats nor hides another
row, and the last page costs no more than the first. See ADR 0019.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar, TypeVarTuple

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from sqlalchemy import ColumnElement, Select, and_, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from gestral.db.tenancy import organisation
from gestral.errors import InputError
from gestral.plugin import Services
from gestral.settings import Settings

__all__ = ("LARGEST_PAGE", "PAGE_SIZE", "Page", "PageRequest", "Paging", "Position")

PAGE_SIZE = 30
"""How many items a page has when nobody says otherwise."""

LARGEST_PAGE = 100
"""How many items a client may ask for; a larger number is refused, not made smaller."""

SEAL_BYTES = 16
"""Half of an HMAC-SHA256, as RFC 2104, section 5, allows."""

T = TypeVar("T")
R = TypeVar("R")
Columns = TypeVarTuple("Columns")
Column = InstrumentedAttribute[Any]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list.

    Attributes:
        items: In the order that was asked for.
        next: The cursor of the page after this one, or None when this is the last.
    """

    items: tuple[T, ...]
    next: str | None = None


class Position(NamedTuple):
    """A row's place in a list.

    Attributes:
        value: What the list is sorted by; None too where that is the key.
        key: Decides among equal values.
    """

    value: Any
    key: Any


class Paging:
    """In which orders a list may be read: an allow-list that belongs to its route.

    An order is the name of a column, with a minus for the greatest first. NULL is the greatest, as
    in PostgreSQL.

    Args:
        key: A column that is unique and never NULL, such as the id. Unless `sorts` says more, the
            list is sorted by it, the greatest (and of ids the newest) first, and in no other way.
        sorts: Columns that clients may sort by, in both directions, by the names that they write.
            Short ones: the value stands in the cursor.
        default: The order when a client names none; `-id` unless given.
    """

    def __init__(
        self, key: Column, sorts: Mapping[str, Column] | None = None, *, default: str = ""
    ) -> None:
        self.key = key
        self.columns = {key.key: key, **(sorts or {})}
        self.default = default or f"-{key.key}"
        self.orders: tuple[str, ...] = (self.default,)
        if sorts:
            self.orders = tuple(f"{sign}{name}" for name in self.columns for sign in ("", "-"))
        if self.default.removeprefix("-") not in self.columns:
            raise ValueError(f"{self.default!r} is none of {', '.join(self.columns)}.")

    @property
    def dependencies(self) -> dict[str, Provide]:
        """What gives a route its parameter `page`, and its query `cursor`, `limit` and `sort`."""

        async def page(
            request: Request[Any, Any, Any],
            services: NamedDependency[Services],
            cursor: Annotated[str, QueryParameter(description="`next` of the page before.")] = "",
            limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
            sort: str = self.default,
        ) -> PageRequest:
            # A cursor is good where it was given: for this list, order and organisation.
            place = f"cursor\0{request.scope['path'].rstrip('/')}\0{organisation.get()}\0{sort}"
            secret = services.settings(Settings).secret.encode()
            found = PageRequest(
                self, sort, limit, secret=hmac.digest(secret, place.encode(), "sha256")
            )
            if cursor:
                found.after = found.position(cursor)
            return found

        page.__annotations__["sort"] = Annotated[Literal[self.orders], QueryParameter()]
        return {"page": Provide(page)}


class PageRequest:
    """Which part of a list is asked for.

    Args:
        paging: The orders of the list.
        order: One of them.
        limit: How many items the page has at most.
        after: The last row of the page before, or None at the beginning.
        secret: What cursors are sealed with.

    Attributes:
        name: The name of the column that the list is sorted by.
        descending: Whether the greatest come first.
    """

    def __init__(
        self,
        paging: Paging,
        order: str,
        limit: int,
        *,
        after: Position | None = None,
        secret: bytes = b"",
    ) -> None:
        self.limit = limit
        self.name = order.removeprefix("-")
        self.descending = order.startswith("-")
        self.after = after
        self._column, self._key = paging.columns[self.name], paging.key
        self._secret = secret

    @property
    def rows(self) -> int:
        """How many rows to read: one more than the page has, to know whether there is a next."""
        return self.limit + 1

    def narrow(self, query: Select[*Columns]) -> Select[*Columns]:
        """Return a query with the order, the beginning and the end of the page.

        It reads `rows` rows; give them to `cut`.
        """
        column, key = self._column, self._key
        if self.after is not None:
            query = query.where(_beyond(column, key, self.after, descending=self.descending))
        columns = [key] if column is key else [column, key]
        order = [one.desc() if self.descending else one.asc() for one in columns]
        return query.order_by(*order).limit(self.rows)

    def cut(self, rows: Iterable[R]) -> tuple[list[R], str | None]:
        """Return the rows of the page, and the cursor of the next one or None.

        Args:
            rows: As `narrow` or an equal query found them: objects that have the key and what the
                list is sorted by under the names of these columns.
        """
        found = list(rows)
        if len(found) <= self.limit:
            return found, None
        last = found[self.limit - 1]
        value = None if self._column is self._key else getattr(last, self._column.key)
        return found[: self.limit], self.cursor(Position(value, getattr(last, self._key.key)))

    def cursor(self, last: Position) -> str:
        """Return the cursor of the page that begins after a row."""
        packed = msgspec.msgpack.encode(last)
        return base64.urlsafe_b64encode(self._seal(packed) + packed).rstrip(b"=").decode()

    def position(self, cursor: str) -> Position:
        """Return the row that a cursor names.

        Raises:
            InputError: It is no cursor, or that of another list, order or organisation.
        """
        columns = (self._column, self._key)
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            seal, packed = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
            if hmac.compare_digest(seal, self._seal(packed)):
                values = zip(msgspec.msgpack.decode(packed), columns, strict=True)
                return Position(*(_typed(value, column) for value, column in values))
        except (ValueError, msgspec.DecodeError):
            pass  # no base64, or of a release in which a column was of another type
        raise InputError(
            "The cursor was not given for this list in this order.",
            hint="Begin with the first page, without a cursor.",
            code="cursor-invalid",
        )

    def _seal(self, packed: bytes) -> bytes:
        return hmac.digest(self._secret, packed, "sha256")[:SEAL_BYTES]


def _typed(value: Any, column: Column) -> Any:
    return None if value is None else msgspec.convert(value, column.type.python_type)


def _beyond(
    column: Column, key: Column, last: Position, *, descending: bool
) -> ColumnElement[bool]:
    """Return the condition of the rows after one, in the order of PostgreSQL: NULL is greatest."""
    among_equals: ColumnElement[bool] = key < last.key if descending else key > last.key
    if column is key:
        return among_equals
    if last.value is None:
        nulls = and_(column.is_(None), among_equals)
        return or_(nulls, column.is_not(None)) if descending else nulls
    here, there = tuple_(column, key), tuple_(*last, types=[column.type, key.type])
    if descending:
        return here < there
    return or_(here > there, column.is_(None)) if column.nullable else here > there
