"""The API document: enough to generate a client from."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
import toy
import toy_edge
from jsonschema import Draft202012Validator
from litestar import Controller, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from gestral.app.document import example
from gestral.errors import RateLimitedError
from gestral.plugin import Permission, Plugin
from gestral.testing.kit import Kit


class Part(msgspec.Struct, frozen=True):
    """A part of a thing."""

    name: str


class Thing(Part, frozen=True, forbid_unknown_fields=True):
    """Something to be kept.

    Attributes:
        name: What it is called,
            in few words.
        parts: In their order.
    """

    parts: tuple[Part, ...] = ()


@post("/things", permission="things:keep", errors=(RateLimitedError,), summary="Keep a thing")
async def keep(data: JSONBody[Thing]) -> Thing:
    """Keep it. It is there at once."""
    return data


@delete("/things/{name:str}", permission="things:keep", summary="Drop a thing")
async def drop(name: FromPath[str]) -> None:
    """Drop it."""


@get("/things", public=True, summary="Find things")
async def find(wanted: FromQuery[str] = "") -> list[Thing]:
    """Find them."""
    return []


class More(Controller):
    """Has a handler of a name that there is already."""

    path = "/more"

    @get("/", public=True, summary="Find more")
    async def find(self) -> None:
        """Find more."""


things = Plugin(
    name="things",
    api=">=1,<2",
    summary="Keeps things",
    routes=lambda: [keep, drop, find, More],
    permissions=(Permission(name="things:keep", summary="Keep things", role="editor"),),
)


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return (things, toy.plugin, toy_edge.plugin)


@pytest.fixture
async def document(gestral: Kit) -> dict[str, Any]:
    answer = await gestral.client().get("/api/v1/schema/openapi.json")
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation


def of(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for _, one in operations(document) if one["operationId"] == name]
    return found


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert {"things_keep", "things_find", "things_find_2", "core_shell"} <= set(names)
    assert {"name": "things", "description": "Keeps things"} in document["tags"]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("things_find", "200 422 503"),
        ("things_keep", "201 400 401 403 408 409 413 415 422 429 503"),
        ("things_drop", "204 401 403 404 409 422 503"),
        ("edge_say", "201 400 403 408 409 413 415 422 429 503"),
        ("edge_hang", "201 403 503"),
        ("core_shell", "200 503"),
    ],
)
def test_an_operation_has_the_errors_that_can_happen_to_it(
    document: dict[str, Any], name: str, statuses: str
) -> None:
    operation = of(document, name)
    assert sorted(operation["responses"]) == statuses.split()
    for status, response in operation["responses"].items():
        if status >= "400":
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
        assert ("Retry-After" in response.get("headers", {})) is (status in {"409", "429", "503"})


def test_what_is_guarded_says_how_to_sign_in_and_how_to_send_again(
    document: dict[str, Any],
) -> None:
    assert "kit" in document["components"]["securitySchemes"]
    for name, guarded in (("things_keep", True), ("things_find", False), ("edge_say", False)):
        operation = of(document, name)
        assert operation["security"] == ([{"kit": []}] if guarded else [])
        keys = [one["name"] for one in operation["parameters"] if one["in"] == "header"]
        assert keys == (["Idempotency-Key"] if guarded else [])


def test_docstrings_are_said_of_operations_structs_and_fields(document: dict[str, Any]) -> None:
    assert of(document, "things_keep")["description"] == "Keep it. It is there at once."
    thing = document["components"]["schemas"]["Thing"]
    assert thing["description"] == "Something to be kept."
    assert thing["properties"]["name"]["description"] == "What it is called, in few words."
    assert thing["additionalProperties"] is False
    assert "additionalProperties" not in document["components"]["schemas"]["Part"]


def test_a_stream_is_one(document: dict[str, Any]) -> None:
    content = of(document, "edge_stream")["responses"]["200"]["content"]
    assert "data" in content["text/event-stream"]["schema"]["properties"]


def test_examples_are_put_together_from_those_of_fields(document: dict[str, Any]) -> None:
    body = of(document, "edge_say")["requestBody"]["content"]["application/json"]
    assert body["example"] == {"text": "hello", "loud": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "2026-01-31"),
        ({"type": ["integer", "null"], "minimum": 3}, 3),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["a"]),
        ({"type": "boolean", "default": False}, False),
        ({"$ref": "#/components/schemas/A"}, {"b": "c"}),
        ({}, None),
    ],
)
def test_an_example_is_one_of_what_the_schema_takes(schema: Any, expected: Any) -> None:
    schemas = {"A": {"type": "object", "properties": {"b": {"const": "c"}}}}
    assert example(schema, schemas) == expected


async def test_a_mistyped_field_is_named(gestral: Kit) -> None:
    client = gestral.client(gestral.user("things:keep"))
    answer = await client.post("/api/v1/things/things", json={"name": "a", "prats": []})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert "prats" in answer.json()["detail"]


def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    for where, operation in operations(document):
        parts = [operation.get("requestBody", {}), *operation["responses"].values()]
        pairs = [(one["schema"], one["example"]) for one in operation["parameters"]]
        pairs += [
            (media["schema"], media["example"])
            for part in parts
            for media in part.get("content", {}).values()
        ]
        for schema, value in pairs:
            whole = {**schema, "components": document["components"]}
            found = [error.message for error in Draft202012Validator(whole).iter_errors(value)]
            assert found == [], where
