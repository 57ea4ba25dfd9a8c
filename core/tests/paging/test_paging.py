"""A list in pages is the list: nothing twice, nothing left out, and no order that was not named."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, LiteralString

import httpx
import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from psycopg import sql
from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gestral.paging import LARGEST_PAGE, PAGE_SIZE, Page, PageRequest, Paging
from gestral.plugin import Permission, Plugin
from gestral.testing.kit import Kit


class Base(DeclarativeBase):
    metadata = MetaData(schema="shelf")


class Book(Base):
    """A table with a column of each kind, of which some may be NULL."""

    __tablename__ = "book"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int | None]
    weight: Mapped[float | None]
    read_at: Mapped[dt.datetime | None]


class BookView(msgspec.Struct, frozen=True):
    id: uuid.UUID
    title: str
    pages: int | None


SORTS = {"title": Book.title, "pages": Book.pages, "weight": Book.weight, "read": Book.read_at}
BOOKS = Paging(Book.id, SORTS, default="-title")
SHELVES = Paging(Book.id)


@get("/books", permission="shelf:read", dependencies=BOOKS.dependencies)
async def list_books(
    session: NamedDependency[AsyncSession], page: NamedDependency[PageRequest]
) -> Page[BookView]:
    rows, cursor = page.cut(await session.scalars(page.narrow(select(Book))))
    return Page(items=tuple(BookView(row.id, row.title, row.pages) for row in rows), next=cursor)


@get("/shelves/{shelf:int}", permission="shelf:read", dependencies=SHELVES.dependencies)
async def list_shelf(
    shelf: FromPath[int],
    session: NamedDependency[AsyncSession],
    page: NamedDependency[PageRequest],
) -> Page[BookView]:
    """The same in plain SQL."""
    del shelf
    connection = await session.connection()
    found = await connection.exec_driver_sql(
        "SELECT id, title, pages FROM shelf.book WHERE %(key)s::uuid IS NULL OR id < %(key)s "
        "ORDER BY id DESC LIMIT %(rows)s",
        {"key": page.after and page.after.key, "rows": page.rows},
    )
    rows, cursor = page.cut(found)
    return Page(items=tuple(BookView(*row) for row in rows), next=cursor)


plugin = Plugin(
    name="shelf",
    api=">=1,<2",
    summary="Lists books",
    routes=lambda: [list_books, list_shelf],
    permissions=(Permission(name="shelf:read", summary="Read", role="viewer"),),
)


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [plugin]


@pytest.fixture
def owner(gestral: Kit) -> Iterator[psycopg.Connection]:
    """The owner of the table, which is there while the test is."""
    url = gestral.platform.core_settings.database_owner_url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA shelf;"
            "CREATE TABLE shelf.book (id uuid PRIMARY KEY, title text NOT NULL, pages int,"
            "    weight float8, read_at timestamptz);"
            "GRANT USAGE ON SCHEMA shelf TO gestral_app; GRANT SELECT ON shelf.book TO gestral_app"
        )
        yield connection
        connection.execute("DROP SCHEMA shelf CASCADE")


@pytest.fixture
async def client(gestral: Kit, owner: psycopg.Connection) -> httpx.AsyncClient:
    assert owner
    return gestral.client(gestral.user("shelf:read"))


Row = tuple[Any, ...]

# Few values, so that many are equal: ties are where paging goes wrong.
rows = st.lists(
    st.tuples(
        st.uuids(),
        st.sampled_from(["", "a", "B", "b", "é", "zebra", "a\U0001f600"]),
        st.none() | st.integers(0, 2),
        st.none() | st.sampled_from([0.1, -1.5, 1e300, float("inf"), float("nan")]),
        st.none() | st.sampled_from([dt.datetime(2026, 1, 1, 0, 0, 0, n, dt.UTC) for n in (0, 1)]),
    ),
    max_size=12,
    unique_by=lambda row: row[0],
)


def put(connection: psycopg.Connection, books: Sequence[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO shelf.book VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", books
        )


async def pages(
    client: httpx.AsyncClient, path: str = "/api/v1/shelf/books", **query: Any
) -> AsyncIterator[list[str]]:
    """Give the ids of each page, in turn."""
    cursor = ""
    while True:
        answer = await client.get(path, params={**query, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= query.get("limit", PAGE_SIZE)
        yield [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return


NO_NUL = st.characters(exclude_characters="\0", codec="utf-8")
CURSORS = st.text(NO_NUL, min_size=1, max_size=80) | st.binary(min_size=1).map(bytes.hex)

once = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@once
@given(books=rows, order=st.sampled_from(BOOKS.orders), limit=st.integers(1, 4))
async def test_all_pages_together_are_the_sorted_list(
    client: httpx.AsyncClient,
    owner: psycopg.Connection,
    books: list[Row],
    order: str,
    limit: int,
) -> None:
    owner.execute("TRUNCATE shelf.book")
    put(owner, books)
    name = order.removeprefix("-")
    way: LiteralString = "DESC" if order.startswith("-") else "ASC"
    whole = owner.execute(
        sql.SQL("SELECT id FROM shelf.book ORDER BY {0} {1}, id {1}").format(
            sql.Identifier(BOOKS.columns[name].key), sql.SQL(way)
        )
    )
    expected = [str(row[0]) for row in whole]
    found = [one async for page in pages(client, sort=order, limit=limit) for one in page]
    assert found == expected


@once
@given(
    books=rows,
    others=rows,
    turn=st.tuples(st.sampled_from(BOOKS.orders), st.integers(0, 3)),
)
async def test_what_is_put_in_or_taken_out_meanwhile_hides_and_repeats_no_other(
    client: httpx.AsyncClient,
    owner: psycopg.Connection,
    books: list[Row],
    others: list[Row],
    turn: tuple[str, int],
) -> None:
    owner.execute("TRUNCATE shelf.book")
    put(owner, books)
    order, at = turn
    found: list[str] = []
    gone = ""
    async for page in pages(client, sort=order, limit=2):
        found += page
        if len(found) // 2 == at:
            put(owner, others)
            if page:  # the very row that the next page begins after
                gone = page[-1]
                owner.execute("DELETE FROM shelf.book WHERE id = %s", (gone,))
    assert len(found) == len(set(found)), "a row came twice"
    assert {str(row[0]) for row in books} <= set(found) | {gone}, "a row never came"


async def test_plain_sql_is_paged_by_the_same_cursors(
    client: httpx.AsyncClient, owner: psycopg.Connection
) -> None:
    ids = [uuid.UUID(int=number) for number in range(7)]
    put(owner, [(one, "a", None, None, None) for one in ids])
    found = [page async for page in pages(client, "/api/v1/shelf/shelves/1", limit=3)]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [one for page in found for one in page] == [str(one) for one in reversed(ids)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": LARGEST_PAGE + 1}, "limit"),
        ({"limit": 10**9}, "limit"),
        ({"limit": 10**30}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "weight; DROP TABLE book"}, "sort"),
        ({"sort": "read_at"}, "sort"),
        ({"sort": "--title"}, "sort"),
    ],
)
async def test_a_size_or_an_order_that_was_not_allowed_is_refused_by_name(
    client: httpx.AsyncClient, query: dict[str, Any], field: str
) -> None:
    answer = await client.get("/api/v1/shelf/books", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert field in answer.json()["detail"]


async def first_cursor(client: httpx.AsyncClient, path: str, **query: Any) -> str:
    cursor: str = (await client.get(path, params={"limit": 1, **query})).json()["next"]
    return cursor


@once
@given(
    cursor=st.text(NO_NUL, min_size=1, max_size=80)
    | st.binary(min_size=1).map(lambda one: one.hex())
)
async def test_what_is_no_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/api/v1/shelf/books", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")


@once
@given(data=st.data())
async def test_a_cursor_that_was_changed_is_refused(
    client: httpx.AsyncClient, owner: psycopg.Connection, data: st.DataObject
) -> None:
    owner.execute("TRUNCATE shelf.book")
    put(owner, [(uuid.UUID(int=number), "a", None, None, None) for number in range(2)])
    cursor = await first_cursor(client, "/api/v1/shelf/books")
    place = data.draw(st.integers(0, len(cursor) - 2))  # the last character has bits to spare
    other = data.draw(st.sampled_from("abcXYZ019-_").filter(lambda one: one != cursor[place]))
    changed = cursor[:place] + other + cursor[place + 1 :]
    answer = await client.get("/api/v1/shelf/books", params={"cursor": changed})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")


async def test_a_cursor_is_good_for_its_list_order_and_organisation_alone(
    client: httpx.AsyncClient, owner: psycopg.Connection, gestral: Kit
) -> None:
    put(owner, [(uuid.UUID(int=number), "a", None, None, None) for number in range(3)])
    path, other = "/api/v1/shelf/shelves/1", "/api/v1/shelf/shelves/2"
    cursor = await first_cursor(client, path)
    assert (await client.get(path, params={"cursor": cursor})).status_code == 200
    stranger = gestral.client(gestral.user("shelf:read"))
    for who, where in ((client, other), (client, "/api/v1/shelf/books"), (stranger, path)):
        answer = await who.get(where, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid"), where
    by_title = await first_cursor(client, "/api/v1/shelf/books", sort="title")
    answer = await client.get("/api/v1/shelf/books", params={"cursor": by_title, "sort": "-title"})
    assert answer.json()["code"] == "cursor-invalid"


def test_a_default_order_must_be_one_of_the_list() -> None:
    with pytest.raises(ValueError, match="'text' is none of id"):
        Paging(Book.id, default="text")


async def test_the_openapi_document_names_orders_and_bounds(gestral: Kit) -> None:
    document = gestral.app.openapi_schema.to_schema()
    told = document["paths"]["/api/v1/shelf/books"]["get"]["parameters"]
    query = {one["name"]: one["schema"] for one in told}
    assert set(query) == {"cursor", "limit", "sort"}
    assert (query["limit"]["minimum"], query["limit"]["maximum"]) == (1, LARGEST_PAGE)
    assert sorted(query["sort"]["enum"]) == sorted(BOOKS.orders)
