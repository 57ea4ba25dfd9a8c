"""The OpenAPI document: what Litestar knows of the routes, and what core knows of all of them.

Litestar reads parameters, bodies and answers off the handlers. Added here is what no handler says
for itself: who may ask, which errors core answers with, the header `Idempotency-Key`, names of the
operations, and examples. A handler adds its own errors by `errors=(ConflictError, ...)`.
"""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Schema
from litestar.typing import FieldDefinition

from gestral.app.access import SAFE
from gestral.app.deadline import SlowBodyError
from gestral.app.intake import MalformedError, MediaTypeError, body_type
from gestral.app.problems import MEDIA_TYPE, TITLES
from gestral.app.unit import KEY, KEY_LENGTH, REPLAYED
from gestral.capabilities import CURRENT_USER
from gestral.errors import (
    ConflictError,
    ForbiddenError,
    GestralError,
    InputError,
    NotFoundError,
    ServiceError,
    TooLargeError,
    UnauthenticatedError,
)

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar._openapi.schema_generation import SchemaCreator

    from gestral.app.services import Platform

__all__ = ("ApiDocument", "Structs", "complete", "example")

Document = dict[str, Any]

ABOUT = """\
Every error is a problem document (RFC 9457) with a stable `code`; an answer of 400 or more has
changed nothing.

**Signing in.** A browser session is a cookie that signing in sets. Requests that change
something are refused with `cross-site` when a browser says, by `Sec-Fetch-Site` or `Origin`, that
another site's page has sent them; a program that sends neither header needs no further token.

**Sending again.** Who is signed in may send an `Idempotency-Key` with what changes something. The
answer is kept for a day; the same request with the same key gets it again, with
`Idempotent-Replayed: true`, and nothing is done twice.

**Asking about a request.** `X-Request-Id` of every answer is the id under which the log knows the
request.
"""

PROBLEM: Document = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The code as an address."},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer", "description": "That of HTTP."},
        "code": {"type": "string", "description": "What happened, for programs; it is stable."},
        "detail": {"type": "string", "description": "What happened and where, for people."},
        "hint": {"type": "string", "description": "What to do about it."},
        "errors": {
            "type": "array",
            "description": "Which values will not do.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string", "description": "Under which the log knows the request."},
    },
}

EVENT: Document = {
    "type": "object",
    "description": "One server-sent event; any number of them follow each other.",
    "required": ["data"],
    "properties": {
        "event": {"type": "string", "description": "Of which kind it is."},
        "data": {"type": "string", "description": "Mostly JSON."},
    },
}

RETRY_AFTER = {
    "description": "Seconds after which trying again may help.",
    "schema": {"type": "integer", "minimum": 1},
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names what shall be done, so that sending it again does not do it twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": f"^{KEY}$"},
    "example": "6f1c7c1e-3f0a-4a4b-9a53-6f0d3f9be0a1",
}

EXAMPLES: Mapping[str, Any] = {
    "uuid": "0199d2a4-7c31-7b52-9d3e-5a1f0c2b4e6d",
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "email": "ada@example.org",
    "binary": "(the file)",
}
"""By format, where a field names none of its own."""

METHODS = ("get", "post", "put", "patch", "delete")

_ATTRIBUTES = re.compile(r"^Attributes:\n(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)


class Structs(StructSchemaPlugin):
    """Takes from a struct what Litestar leaves: its docstring, and that it is strict."""

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        """See Litestar's `OpenAPISchemaPlugin`."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        kind: type[msgspec.Struct] = field_definition.type_
        if kind.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        text = inspect.getdoc(kind) or ""
        schema.description = text.partition("\nAttributes:")[0].strip() or None
        told = _told(kind)
        for name, found in (schema.properties or {}).items():
            if isinstance(found, Schema) and found.description is None:
                found.description = told.get(name)
        return schema


def _told(kind: type) -> dict[str, str]:
    """Return what docstrings say of a struct's fields, those that it inherits included."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if section := _ATTRIBUTES.search(inspect.cleandoc(base.__doc__ or "")):
            found |= {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(section[1])}
    return found


class ApiDocument(JsonRenderPlugin):
    """Serves the completed document, which is made when it is first asked for."""

    _rendered = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """See Litestar's `OpenAPIRenderPlugin`."""
        if not self._rendered:
            self._rendered = self.render_json(request, complete(openapi_schema, request.app))
        return self._rendered


def complete(document: Document, app: "Litestar") -> Document:
    """Return Litestar's document with what core knows of every route."""
    platform: Platform = app.state.platform
    document["info"]["description"] = ABOUT
    document["tags"] = [
        {"name": plugin.name, "description": plugin.summary}
        for plugin in platform.registry.plugins
        if plugin.routes is not None
    ]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    people = platform.find(CURRENT_USER)
    components["securitySchemes"] = dict(people.security_schemes()) if people else {}
    names = list(components["securitySchemes"])
    operations = list(_operations(document, app))
    for handler, method, operation in operations:
        _describe(handler, method, operation, names)
        _add_examples(operation, schemas)
    _name(operations)
    return document


def _operations(
    document: Document, app: "Litestar"
) -> Iterator[tuple[HTTPRouteHandler, str, Document]]:
    for route in app.routes:
        item = document["paths"].get(getattr(route, "path_format", ""), {})
        for handler in getattr(route, "route_handlers", ()):
            for method in map(str.lower, handler.http_methods):
                if method in METHODS and method in item:
                    yield handler, method, item[method]


def _name(operations: Iterable[tuple[HTTPRouteHandler, str, Document]]) -> None:
    """Name each operation `<plugin>_<handler>`; of namesakes, the later ones get a number."""
    seen: dict[str, int] = {}
    for handler, _, operation in operations:
        name = handler.operation_id or f"{operation['tags'][0]}_{handler.handler_name}"
        seen[str(name)] = number = seen.get(str(name), 0) + 1
        operation["operationId"] = str(name) if number == 1 else f"{name}_{number}"


def _describe(
    handler: HTTPRouteHandler, method: str, operation: Document, schemes: list[str]
) -> None:
    guarded = handler.opt.get("public") is not True
    unsafe = method.upper() not in SAFE
    operation["security"] = [{name: []} for name in schemes] if guarded else []
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    for status, response in responses.items():
        if status.startswith("2"):
            if status == "204":
                response.pop("content", None)
            response["description"] = _first_sentence(handler) or operation["summary"]
            for media, content in response.get("content", {}).items():
                if media == "text/event-stream":
                    content["schema"] = EVENT
            if guarded and unsafe:
                response.setdefault("headers", {})[REPLAYED] = {
                    "description": "Present when the answer was given before.",
                    "schema": {"type": "string", "const": "true"},
                }
    # Litestar's own guess at an error of validation, which no handler of ours answers with.
    responses.pop("400", None)
    for kind in sorted(_errors(handler, parameters, guarded, unsafe), key=lambda one: one.status):
        responses.setdefault(str(kind.status), _response(kind))
    if guarded and unsafe:
        parameters.append(IDEMPOTENCY_KEY)


def _errors(
    handler: HTTPRouteHandler, parameters: list[Document], guarded: bool, unsafe: bool
) -> Iterator[type[GestralError]]:
    """Yield the errors that a handler may answer with: its own, and those that core raises."""
    yield from handler.opt.get("errors", ())
    yield ServiceError
    if guarded:
        yield UnauthenticatedError
    if guarded or unsafe:
        yield ForbiddenError
    if guarded and unsafe:
        yield from (ConflictError, InputError)
    if any(one["in"] == "path" for one in parameters):
        yield NotFoundError
    if parameters:
        yield InputError
    if body_type(handler):
        yield from (MalformedError, SlowBodyError, TooLargeError, MediaTypeError, InputError)


def _response(kind: type[GestralError]) -> Document:
    title = TITLES.get(kind.status) or HTTPStatus(kind.status).phrase
    said = (kind.__doc__ or title).partition("\n")[0]
    problem = {
        "type": f"urn:gestral:problem:{kind.default_code}",
        "title": title,
        "status": kind.status,
        "code": kind.default_code,
        "detail": said,
    }
    response: Document = {
        "description": said,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem}
        },
    }
    if kind.status in {409, 429, 503}:
        response["headers"] = {"Retry-After": RETRY_AFTER}
    return response


def _first_sentence(handler: HTTPRouteHandler) -> str:
    return (inspect.getdoc(handler.fn) or "").partition("\n")[0]


def _add_examples(operation: Document, schemas: Mapping[str, Document]) -> None:
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            if "example" not in media and "examples" not in media:
                media["example"] = example(media["schema"], schemas)
    for parameter in operation["parameters"]:
        if "examples" not in parameter:
            parameter.setdefault("example", example(parameter["schema"], schemas))


def example(schema: Document, schemas: Mapping[str, Document]) -> Any:
    """Return a value that a schema takes, of the examples that it and its parts name."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if examples := schema.get("examples"):
        first = examples[0]
        return first["value"] if isinstance(first, dict) and "value" in first else first
    for key in ("example", "const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return example(schema[key][0], schemas)
    return _plain_example(schema, schemas)


def _plain_example(schema: Document, schemas: Mapping[str, Document]) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        parts = schema.get("properties", {})
        return {name: example(part, schemas) for name, part in parts.items()}
    if kind == "array":
        return [example(schema["items"], schemas)] if schema.get("items") else []
    if kind == "string":
        return EXAMPLES.get(schema.get("format", ""), "text")
    return {"integer": int(schema.get("minimum", 1)), "number": 1.5, "boolean": True}.get(str(kind))
