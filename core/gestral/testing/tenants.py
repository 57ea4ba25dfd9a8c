"""Does any operation let one organisation reach another's? Tried with every id, in every place.

The OpenAPI document names the operations and where they take ids; the tables name the ids that
belong to an organisation. A stranger calls every operation with each of them, and once more with an
id that does not exist: the answers must be the same, and the rows must be as they were.
"""

import asyncio
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec
import psycopg
from psycopg import sql

from gestral.db.tenancy import organisation_column
from gestral.plugin import Plugin

if TYPE_CHECKING:
    import httpx
    from litestar import Litestar
    from sqlalchemy import Table

__all__ = ("Belongings", "Operation", "belongings", "operations", "trespasses")

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?")
REQUEST = re.compile(r',?"request_id":"[^"]*"')
LABEL = re.compile(r"(^|_)(id|key|slug|cursor)$")
"""Names of fields that hold an id, whatever their type says."""

CHANGING = frozenset({"date", "x-request-id", "traceparent", "server-timing"})
"""Headers that differ between any two answers."""

PATIENCE = 20.0
"""Seconds after which a call is given up: a stranger's call never has that much to do."""


class Belongings(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation has.

    Attributes:
        ids: All ids in its rows that stand in no other organisation's rows.
        rows: The rows themselves by table, as text, in order.
    """

    ids: tuple[str, ...]
    rows: dict[str, list[str]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the OpenAPI document.

    Attributes:
        method: Of HTTP, in capitals.
        path: With names in braces.
        places: Where it takes an id: (`path`, `query` or `body`, name).
        query: Values for the query's other parameters that must be there.
        body: Values for the body's fields, or None when it takes none.
        form: Whether the body is a form rather than JSON.
    """

    method: str
    path: str
    places: tuple[tuple[str, str], ...]
    query: dict[str, Any]
    body: dict[str, Any] | None
    form: bool


def belongings(owner_url: str, plugins: Sequence[Plugin], organisation_id: uuid.UUID) -> Belongings:
    """Read, as the owner of the tables, what an organisation has in the tables of these plugins."""
    rows: dict[str, list[str]] = {}
    others: set[str] = set()
    with psycopg.connect(owner_url) as connection:
        for table, column in _tables_of_organisations(plugins):
            name = sql.Identifier(str(table.schema), table.name)
            query = sql.SQL("SELECT {0} = %s, to_jsonb(t)::text FROM {1} t ORDER BY 2").format(
                sql.Identifier(column), name
            )
            for own, text in connection.execute(query, (organisation_id,)):
                if own:
                    rows.setdefault(table.fullname, []).append(text)
                else:
                    others.update(UUID.findall(text))
    found = {one for texts in rows.values() for text in texts for one in UUID.findall(text)}
    return Belongings(ids=tuple(sorted(found - others)), rows=rows)


def _tables_of_organisations(plugins: Sequence[Plugin]) -> "Iterator[tuple[Table, str]]":
    for plugin in plugins:
        for table in plugin.tables.metadata().tables.values() if plugin.tables else ():
            column = organisation_column(table)
            if column:
                yield table, column


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
    places: list[tuple[str, str]] = []
    query = {}
    for parameter in [*item.get("parameters", ()), *told.get("parameters", ())]:
        name, kind = parameter["name"], parameter["in"]
        schema = _resolved(document, parameter["schema"])
        # What stands in a path names a thing, be it an id, a number or a word.
        if kind == "path" or (kind == "query" and _takes_ids(name, schema)):
            places.append((kind, name))
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
            ("body", name)
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


def _takes_ids(name: str, schema: Mapping[str, Any]) -> bool:
    choices = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ()), schema.get("items", {})]
    return bool(LABEL.search(name)) or any(one.get("format") == "uuid" for one in choices)


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
        places = operation.places or (("", ""),)
        for kind, name in places:
            missing = await _answer(client, operation, kind, name, str(uuid.uuid4()))
            found += _shown(operation, missing, foreign)
            for one in foreign.ids if kind else ():
                answer = await _answer(client, operation, kind, name, one)
                found += _shown(operation, answer, foreign)
                if answer != missing:
                    found.append(
                        f"{operation.method} {operation.path}, {kind} {name}: "
                        f"{answer} for another's id, {missing} for none"
                    )
    return found


def _shown(operation: Operation, answer: tuple[Any, ...], foreign: Belongings) -> list[str]:
    text = str(answer)
    return [
        f"{operation.method} {operation.path} shows {one}, which is another organisation's"
        for one in foreign.ids
        if one in text
    ]


async def _answer(
    client: "httpx.AsyncClient", operation: Operation, kind: str, name: str, value: str
) -> tuple[Any, ...]:
    """Return status, headers and body, without what differs between any two answers."""

    def fill(found: re.Match[str]) -> str:
        # A path may name several things: all others do not exist.
        return value if (kind, name) == ("path", found[1]) else str(uuid.UUID(int=0))

    path = re.sub(r"{(\w+)[^}]*}", fill, operation.path)
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
    return REQUEST.sub("", MOMENT.sub("<moment>", text.replace(asked, "<asked>")))
