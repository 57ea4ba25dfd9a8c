"""No handler takes or returns a column that nobody named: what does is found by its signature."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import pytest
from advanced_alchemy.extensions.litestar import SQLAlchemyDTO
from litestar import Litestar, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import ServerSentEvent
from toy import plugin as toy

from gestral.jobs.model import JobRow
from gestral.paging import Page
from gestral.plugin import Plugin
from gestral.testing.handlers import faults, handlers_below
from gestral.testing.kit import Kit


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [toy]


class View(msgspec.Struct):
    id: uuid.UUID
    names: tuple[str, ...] = ()
    within: "View | None" = None


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    number: int


class AskedLoosely(msgspec.Struct):
    number: int


class Nested(msgspec.Struct, forbid_unknown_fields=True):
    inner: tuple[AskedLoosely, ...]


class Anything(msgspec.Struct):
    details: dict[str, Any]


class Account(msgspec.Struct):
    name: str
    password_hash: str


class Told(msgspec.Struct):
    token: Annotated[str, msgspec.Meta(extra={"shown": "Once, to who made it."})]


@get("/")
async def view() -> View: ...


@get("/")
async def page() -> Page[View]: ...


@get("/")
async def answer() -> Response[View]: ...


@get("/")
async def stream() -> ServerSentEvent: ...


@get("/", bounded="There are four roles.")
async def few() -> list[str]: ...


@get("/")
async def told() -> Told: ...


@post("/")
async def nothing(data: JSONBody[Asked]) -> None: ...


@get("/")
async def mapping() -> dict[str, str]: ...


@get("/")
async def anything() -> Any: ...


@get("/")
async def inner() -> Page[Anything]: ...


@get("/")
async def untyped() -> Response[Any]: ...


@get("/")
async def model() -> JobRow: ...


@get("/", return_dto=SQLAlchemyDTO[JobRow])
async def transferred() -> JobRow: ...


@get("/")
async def endless() -> tuple[View, ...]: ...


@get("/")
async def secret() -> Account: ...


@post("/")
async def loose(data: JSONBody[AskedLoosely]) -> None: ...


@post("/")
async def loose_within(data: JSONBody[Nested]) -> None: ...


@post("/")
async def raw(data: JSONBody[dict[str, Any]]) -> None: ...


def found_in(handler: HTTPRouteHandler) -> list[str]:
    app = Litestar(route_handlers=[handler], openapi_config=None, logging_config=None)
    ((_, known),) = handlers_below(app, "/")
    return faults(known)


@pytest.mark.parametrize("handler", [view, page, answer, stream, few, told, nothing], ids=str)
def test_a_handler_of_named_fields_has_no_faults(handler: HTTPRouteHandler) -> None:
    assert found_in(handler) == []


@pytest.mark.parametrize(
    ("handler", "fault"),
    [
        (mapping, "returns the body as Dict, whose fields have no names"),
        (anything, "returns the body as Any, whose fields have no names"),
        (inner, "returns the field details as Dict"),
        (untyped, "returns the body as Any"),
        (model, "DTO|returns the body as JobRow, which is no struct"),
        (transferred, "uses a DTO"),
        (endless, "a list without an end"),
        (secret, "the field password_hash, whose name is that of a secret"),
        (loose, "takes the body as AskedLoosely, without forbid_unknown_fields"),
        (loose_within, "takes the field inner as AskedLoosely, without forbid_unknown_fields"),
        (raw, "takes the body as Dict"),
    ],
    ids=str,
)
def test_what_has_no_name_is_found(handler: HTTPRouteHandler, fault: str) -> None:
    (found,) = found_in(handler)
    assert any(part in found for part in fault.split("|")), found


async def test_cores_own_handlers_have_no_faults(gestral: Kit) -> None:
    known = list(handlers_below(gestral.app, "/api/v1/core/"))
    assert known
    assert [(path, faults(handler)) for path, handler in known if faults(handler)] == []
