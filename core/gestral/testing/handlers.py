"""What a plugin's handlers take and return: structs whose every field is named, and no more."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from msgspec import inspect

from gestral.observe.masking import is_secret_name

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.typing import FieldDefinition

__all__ = ("faults", "handlers_below")

ENDLESS = (inspect.ListType, inspect.VarTupleType, inspect.SetType, inspect.FrozenSetType)
WITHOUT_NAMES = (inspect.AnyType, inspect.DictType, inspect.FrozenDictType, inspect.RawType)
SHOWN = "shown"


def handlers_below(app: "Litestar", prefix: str) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Yield the handlers of HTTP whose path begins so, with their paths."""
    for route in app.routes:
        if route.path.startswith(prefix):
            for handler in getattr(route, "route_handlers", ()):
                if isinstance(handler, HTTPRouteHandler) and "OPTIONS" not in handler.http_methods:
                    yield route.path, handler


def faults(handler: HTTPRouteHandler) -> list[str]:
    """Return what a handler takes or returns without a name, and what it should not show."""
    if handler.resolve_data_dto() or handler.resolve_return_dto():
        return ["it uses a DTO, which takes and returns the columns of a model that nobody named"]
    found = []
    taken = handler.parsed_data_field
    if taken is not None:
        found += [f"it takes {fault}" for fault in _unnamed(taken.annotation, taken=True)]
    returned = _content(handler.parsed_return_field)
    if returned is not None:
        found += [f"it returns {fault}" for fault in _unnamed(returned, taken=False)]
        if (
            "GET" in handler.http_methods
            and isinstance(inspect.type_info(returned), ENDLESS)
            and not handler.opt.get("bounded")
        ):
            found.append(
                "it returns a list without an end: return a `gestral.paging.Page`, or say why "
                "there are never many with `bounded='...'`"
            )
    return found


def _content(returned: "FieldDefinition") -> Any:
    """Return the type of an answer's body, or None for one that a handler writes itself."""
    if returned.is_subclass_of(Response):
        # A stream, a file or a redirect has no data object; `Response` alone could be anything.
        written_itself = returned.origin is None and returned.annotation is not Response
        return None if written_itself else (*returned.args, Any)[0]
    return returned.annotation


def _unnamed(annotation: Any, *, taken: bool) -> Iterator[str]:
    yield from _faults(inspect.type_info(annotation), "the body", set(), taken=taken)


def _faults(kind: inspect.Type, where: str, seen: set[Any], *, taken: bool) -> Iterator[str]:
    extra: Mapping[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        extra, kind = {**extra, **(kind.extra or {})}, kind.type
    if isinstance(kind, WITHOUT_NAMES):
        yield f"{where} as {type(kind).__name__.removesuffix('Type')}, whose fields have no names"
    elif isinstance(kind, inspect.CustomType):
        if not (taken and kind.cls is UploadFile):
            yield f"{where} as {kind.cls.__name__}, which is no struct"
    elif isinstance(kind, inspect.StructType):
        if kind.cls in seen:
            return
        seen.add(kind.cls)
        if taken and not kind.forbid_unknown_fields:
            yield f"{where} as {kind.cls.__name__}, without forbid_unknown_fields=True"
        for field in kind.fields:
            yield from _secret(field, taken=taken)
            yield from _faults(field.type, f"the field {field.name}", seen, taken=taken)
    for inner in _inner(kind):
        yield from _faults(inner, where, seen, taken=taken)


def _secret(field: inspect.Field, *, taken: bool) -> Iterator[str]:
    kind = field.type
    reason = (kind.extra or {}).get(SHOWN) if isinstance(kind, inspect.Metadata) else None
    if not taken and is_secret_name(field.encode_name.removesuffix("_hash")) and not reason:
        yield (
            f"the field {field.encode_name}, whose name is that of a secret; say why it is shown "
            "with msgspec.Meta(extra={'shown': '...'})"
        )


def _inner(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(kind, inspect.UnionType):
        return kind.types
    if isinstance(kind, inspect.TupleType):
        return kind.item_types
    return (kind.item_type,) if isinstance(kind, (inspect.CollectionType, *ENDLESS)) else ()
