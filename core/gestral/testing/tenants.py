"""Does any operation let one organisation reach another's? Tried with every id, in every place.

The OpenAPI document names the operations and where they take ids; the tables name the ids that
belong to an organisation. A stranger calls every operation with each of them, and once more with an
id that does not exist: the answers must be the same, nothing of the organisation may stand in them,
and its rows must be as they were.
"""

import asyncio
import datetime as dt
import re
import secrets
import string
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import msgspec
import psycopg
from psycopg import errors, sql
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import IntegrityError

from gestral.db.engine import driver_url
from gestral.db.tenancy import SETTING, organisation_column
from gestral.plugin import Plugin

if TYPE_CHECKING:
    import httpx
    from litestar import Litestar
    from sqlalchemy import Column, Table

__all__ = (
    "Belongings",
    "Operation",
    "Place",
    "belongings",
    "fill",
    "open_to",
    "operations",
    "trespasses",
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?")
REQUEST = re.compile(r',?"request_id":"[^"]*"')
LABEL = re.compile(r"(^|_)(id|key|slug|cursor)$")
"""Names of fields that hold an id, whatever their type says."""

TELLING = 8
"""Characters from which on a text that one organisation alone has is taken for its own."""

CHANGING = frozenset({"date", "x-request-id", "traceparent", "server-timing"})
"""Headers that differ between any two answers."""

PATIENCE = 20.0
"""Seconds after which a call is given up: a stranger's call never has that much to do."""


class Belongings(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation has.

    Attributes:
        ids: All ids in its rows that stand in no other's rows.
        labels: What else names one of its things: slugs and keys. Add cursors, which no row holds.
        words: All longer texts in its rows that stand in no other's rows.
        rows: The rows themselves by table, as text, in order.
    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    words: tuple[str, ...]
    rows: dict[str, list[str]]


class Place(msgspec.Struct, frozen=True):
    """Where an operation takes an id: in its `path`, `query` or `body`, by name and type."""

    kind: str
    name: str
    uuid: bool


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the OpenAPI document.

    Attributes:
        method: Of HTTP, in capitals.
        path: With names in braces.
        places: Where it takes ids.
        query: Values for the query's other parameters that must be there.
        body: Values for the body's fields, or None when it takes none.
        form: Whether the body is a form rather than JSON.
    """

    method: str
    path: str
    places: tuple[Place, ...]
    query: dict[str, Any]
    body: dict[str, Any] | None
    form: bool


def belongings(owner_url: str, plugins: Sequence[Plugin], organisation_id: uuid.UUID) -> Belongings:
    """Read, as the owner of the tables, what an organisation has in the tables of these plugins."""
    rows: dict[str, list[str]] = {}
    own: dict[str, set[str]] = {}
    others: set[str] = set()
    with psycopg.connect(owner_url) as connection:
        for table in _tables(plugins):
            column = organisation_column(table)
            if not column:
                continue
            query = sql.SQL("SELECT {0} = %s, to_jsonb(t)::text FROM {1} t ORDER BY 2").format(
                sql.Identifier(column), sql.Identifier(str(table.schema), table.name)
            )
            for hers, text in connection.execute(query, (organisation_id,)):
                if hers:
                    rows.setdefault(table.fullname, []).append(text)
                for name, value in _texts(msgspec.json.decode(text)):
                    if hers:
                        own.setdefault(value, set()).add(name)
                    else:
                        others.add(value)
    alone = {value: names for value, names in own.items() if value not in others}
    return Belongings(
        ids=tuple(sorted(one for one in alone if UUID.fullmatch(one))),
        labels=tuple(
            sorted(
                one
                for one, names in alone.items()
                if not UUID.fullmatch(one) and any(map(LABEL.search, names))
            )
        ),
        words=tuple(
            sorted(one for one in alone if len(one) >= TELLING and not MOMENT.fullmatch(one))
        ),
        rows=rows,
    )


def _texts(value: Any, name: str = "") -> "Iterator[tuple[str, str]]":
    """Yield all texts in a row with the names that they stand under."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str) and value:
        yield name, value


def _tables(plugins: Sequence[Plugin]) -> "Iterator[Table]":
    """Yield the tables of plugins, those that others refer to first."""
    for plugin in plugins:
        if plugin.tables:
            yield from plugin.tables.metadata().sorted_tables


def open_to(
    connection: psycopg.Connection,
    table: "Table",
    column: str,
    hers: uuid.UUID,
    theirs: uuid.UUID,
) -> list[str]:
    """Return what plain SQL can do to a table that it should not; each organisation has rows there.

    Args:
        connection: Of the application's role.
        table: The table.
        column: Which says whose a row is.
        hers: For whom the transaction acts.
        theirs: Whom it must not reach.
    """
    name, owner = sql.Identifier(str(table.schema), table.name), sql.Identifier(column)
    found = []
    with connection.transaction(force_rollback=True):
        seen = connection.execute(sql.SQL("SELECT {} FROM {}").format(owner, name)).fetchall()
        if any(row[0] for row in seen):
            found.append("who acts for nobody sees rows")
        connection.execute(f"SELECT set_config('{SETTING}', %s, true)", (str(hers),))
        seen = connection.execute(sql.SQL("SELECT {} FROM {}").format(owner, name)).fetchall()
        if {row[0] for row in seen} != {hers}:
            found.append("who acts for one does not see the rows of that one alone")
        found += [
            f"{words.split()[0]} reaches the rows of another"
            for words in (
                "UPDATE {1} SET {0} = {0} WHERE {0} = %s",
                "DELETE FROM {1} WHERE {0} = %s",
            )
            if connection.execute(sql.SQL(words).format(owner, name), (theirs,)).rowcount
        ]
        try:
            with connection.transaction():
                give = sql.SQL("UPDATE {1} SET {0} = %s").format(owner, name)
                connection.execute(give, (uuid.uuid4(),))
            found.append("a row can be given to another")
        except errors.InsufficientPrivilege:
            pass
    return found


def fill(owner_url: str, plugins: Sequence[Plugin], organisation_id: uuid.UUID) -> None:
    """Put a made-up row of an organisation into every table of these plugins.

    A column that takes but some values names one: `mapped_column(info={"example": "viewer"})`.

    Raises:
        AssertionError: A table did not take its row.
    """
    made: dict[str, dict[str, object]] = {}
    engine = create_engine(driver_url(owner_url), poolclass=NullPool)
    with engine.begin() as connection:
        for table in _tables(plugins):
            row = {
                column.name: _made_up(column, made)
                for column in table.columns
                if column.computed is None and column.identity is None
            }
            if column_name := organisation_column(table):
                row[column_name] = organisation_id
            try:
                connection.execute(table.insert().values(row))
            except IntegrityError as error:
                raise AssertionError(
                    f"{table.fullname} takes no row that was made up: {error.orig}. "
                    "Name a value that it takes in the column's info under 'example'."
                ) from error
            made[table.fullname] = row


def _made_up(column: "Column[Any]", made: Mapping[str, dict[str, object]]) -> object:
    """Return a value that no other row has, as far as its type has that many."""
    if "example" in column.info:
        return column.info["example"]
    for key in column.foreign_keys:
        # A table that refers to itself has no other row yet.
        return made.get(key.column.table.fullname, {}).get(key.column.name)
    kind = column.type.python_type
    if issubclass(kind, str):
        return uuid.uuid4().hex[: getattr(column.type, "length", None) or 32]
    values: dict[type, Callable[[], object]] = {
        uuid.UUID: uuid.uuid4,
        bytes: lambda: uuid.uuid4().bytes,
        object: lambda: {"made_up": uuid.uuid4().hex},  # what JSON says of itself
        dt.datetime: lambda: dt.datetime.now(dt.UTC),
        dt.date: lambda: dt.datetime.now(dt.UTC).date(),
        dt.timedelta: lambda: dt.timedelta(seconds=1),
    }
    return values.get(kind, kind)()


def operations(app: "Litestar", prefix: str) -> list[Operation]:
    """Return the operations below a path, as the OpenAPI document tells of them."""
    document = app.openapi_schema.to_schema()
    return [
        _operation(document, method, path, item, told)
        for path, item in document["paths"].items()
        if path.startswith(prefix)
        for method, told in item.items()
        if method in {"get", "post", "put", "patch", "delete", "head"}
    ]


def _operation(
    document: Mapping[str, Any],
    method: str,
    path: str,
    item: Mapping[str, Any],
    told: Mapping[str, Any],
) -> Operation:
    places: list[Place] = []
    query = {}
    for parameter in [*item.get("parameters", ()), *told.get("parameters", ())]:
        name, kind = parameter["name"], parameter["in"]
        schema = _resolved(document, parameter["schema"])
        # What stands in a path names a thing, be it an id, a number or a word.
        if kind == "path" or (kind == "query" and _takes_ids(name, schema)):
            places.append(Place(kind, name, _is_uuid(schema)))
        if kind == "query" and parameter.get("required"):
            query[name] = _example(document, schema)
    body, form = None, False
    for media, content in told.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(document, content["schema"])
        form = media != "application/json"
        fields = schema.get("properties", {})
        body = {
            name: _example(document, field)
            for name, field in fields.items()
            if name in schema.get("required", ()) or _takes_ids(name, _resolved(document, field))
        }
        places += [
            Place("body", name, _is_uuid(_resolved(document, field)))
            for name, field in fields.items()
            if _takes_ids(name, _resolved(document, field))
        ]
    return Operation(
        method=method.upper(), path=path, places=tuple(places), query=query, body=body, form=form
    )


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _is_uuid(schema: Mapping[str, Any]) -> bool:
    choices = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ()), schema.get("items", {})]
    return any(one.get("format") == "uuid" for one in choices)


def _takes_ids(name: str, schema: Mapping[str, Any]) -> bool:
    return bool(LABEL.search(name)) or _is_uuid(schema)


def _example(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:  # noqa: PLR0911
    """Return the simplest value that a schema takes; one return for each kind of schema."""
    schema = _resolved(document, schema)
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum", "oneOf", "anyOf"):
        if schema.get(key):
            first = schema[key][0]
            return _example(document, first) if key in {"oneOf", "anyOf"} else first
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: _example(document, fields[name]) for name in schema.get("required", ())}
    if kind == "array":
        return []
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    return str(uuid.uuid4()) if schema.get("format") == "uuid" else "x" * schema.get("minLength", 8)


async def trespasses(
    client: "httpx.AsyncClient", told: Sequence[Operation], foreign: Belongings
) -> list[str]:
    """Call every operation with every foreign id in every place, and return what gave itself away.

    Args:
        client: Of somebody who does not belong to the organisation, or of nobody.
        told: The operations.
        foreign: What the organisation has.

    Returns:
        One line for each difference between the answer for a foreign id and that for an id that
        does not exist, and for each answer in which a foreign id stands that was not asked for.
    """
    found = []
    for operation in told:
        found += _shown(operation, await _answer(client, operation, None, ""), foreign)
        for place in operation.places:
            missing = await _answer(client, operation, place, str(uuid.uuid4()))
            for one in foreign.ids if place.uuid else (*foreign.ids, *foreign.labels):
                none = missing
                if not UUID.fullmatch(one):
                    none = await _answer(client, operation, place, _like(one))
                answer = await _answer(client, operation, place, one)
                found += _shown(operation, answer, foreign)
                if answer != none:
                    found.append(
                        f"{operation.method} {operation.path}, {place.kind} {place.name}: "
                        f"{answer} for another's id, {none} for none"
                    )
    return found


def _like(label: str) -> str:
    """Return a label of the same form that nobody has."""
    swapped = {"d": string.digits, "l": string.ascii_lowercase, "u": string.ascii_uppercase}

    def other(letter: str) -> str:
        kind = "d" if letter.isdigit() else "l" if letter.islower() else "u"
        return secrets.choice(swapped[kind]) if letter.isalnum() else letter

    return "".join(map(other, label))


def _shown(operation: Operation, answer: tuple[Any, ...], foreign: Belongings) -> list[str]:
    text = str(answer)
    return [
        f"{operation.method} {operation.path} shows {one}, which is another organisation's"
        for one in (*foreign.ids, *foreign.words)
        if one in text
    ]


async def _answer(
    client: "httpx.AsyncClient", operation: Operation, place: Place | None, value: str
) -> tuple[Any, ...]:
    """Return status, headers and body, without what differs between any two answers."""
    kind, name = (place.kind, place.name) if place else ("", "")

    def filled(found: re.Match[str]) -> str:
        # A path may name several things: all others do not exist.
        return (
            quote(value, safe="") if (kind, name) == ("path", found[1]) else str(uuid.UUID(int=0))
        )

    path = re.sub(r"{(\w+)[^}]*}", filled, operation.path)
    query = operation.query | ({name: value} if kind == "query" else {})
    body = operation.body
    if body is not None and kind == "body":
        body = body | {name: [value] if isinstance(body.get(name), list) else value}
    given = {"data" if operation.form else "json": body} if body is not None else {}
    async with asyncio.timeout(PATIENCE):
        answer = await client.request(operation.method, path, params=query, **cast("Any", given))
    headers = {
        key: _still(text, value)
        for key, text in answer.headers.items()
        if key not in CHANGING and not key.startswith("x-ratelimit")
    }
    return answer.status_code, headers, _still(answer.text, value)


def _still(text: str, asked: str) -> str:
    """Name what was asked for, and new ids and moments, alike in all answers."""
    return REQUEST.sub(
        "", MOMENT.sub("<moment>", text.replace(asked, "<asked>") if asked else text)
    )
