"""The API document of all shipped plugins together is whole."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar.handlers import HTTPRouteHandler

from gestral.plugin import API_PREFIX
from gestral.testing.kit import Kit


@pytest.fixture
async def document(gestral: Kit) -> dict[str, Any]:
    answer = await gestral.client().get(f"{API_PREFIX}/schema/openapi.json")
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def handlers(gestral: Kit) -> Iterator[HTTPRouteHandler]:
    for route in gestral.app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.resolve_include_in_schema():
                yield handler


def test_every_operation_says_what_it_is_for(gestral: Kit) -> None:
    found = list(handlers(gestral))
    assert {"sign_in", "mailbox", "order"} <= {handler.handler_name for handler in found}
    for handler in found:
        assert handler.summary, handler
        assert handler.fn.__doc__, handler


def test_a_mistyped_field_of_any_body_is_refused(gestral: Kit) -> None:
    for handler in handlers(gestral):
        body = handler.parsed_fn_signature.parameters.get("data")
        if body is not None and issubclass(body.annotation, msgspec.Struct):
            assert body.annotation.__struct_config__.forbid_unknown_fields, handler


def test_every_field_has_a_description(document: dict[str, Any]) -> None:
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, told in schema.get("properties", {}).items()
        if "description" not in told and "$ref" not in told
    ]
    assert missing == []


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


def test_only_what_is_guarded_asks_for_a_session(document: dict[str, Any]) -> None:
    (scheme,) = document["components"]["securitySchemes"]
    asking = {where for where, operation in operations(document) if operation["security"]}
    assert scheme == "session"
    assert f"GET {API_PREFIX}/auth/me" in asking
    assert f"POST {API_PREFIX}/auth/sign-in" not in asking
