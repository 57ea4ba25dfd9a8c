"""The plugins that come with Gestral use all of the contract, and their pages tell what they do."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from importlib.metadata import entry_points
from typing import Any, get_args

import msgspec
import pytest
from reading import DOCS, ROOT

from gestral import capabilities, plugin
from gestral.cli.main import commands_of
from gestral.plugin import ENTRY_POINT_GROUP, Plugin, Slot

OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
FOLDERS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
SHIPPED: list[Plugin] = [
    point.load()
    for folder in FOLDERS
    for point in entry_points(group=ENTRY_POINT_GROUP, name=folder.name)
]
VALUES: dict[type, list[Any]] = {
    Plugin: [*SHIPPED],
    plugin.Tables: [one.tables for one in SHIPPED if one.tables],
    plugin.Provision: [each for one in SHIPPED for each in one.provides],
    plugin.Job: [each for one in SHIPPED for each in one.jobs],
    plugin.Listener: [each for one in SHIPPED for each in one.listeners],
    plugin.Permission: [each for one in SHIPPED for each in one.permissions],
    plugin.Panel: [each for one in SHIPPED for each in one.panels],
    plugin.HealthCheck: [each for one in SHIPPED for each in one.health],
    plugin.Metric: [each for one in SHIPPED for each in one.metrics],
}
FIELDS = [(kind, field) for kind in VALUES for field in fields(kind)]
TOKENS = {
    value: name
    for name, value in vars(capabilities).items()
    if isinstance(value, plugin.Capability)
}


def test_the_three_are_here() -> None:
    assert [one.name for one in SHIPPED] == ["auth", "email", "video"]


@pytest.mark.parametrize(
    ("kind", "field"), FIELDS, ids=lambda one: getattr(one, "__name__", None) or one.name
)
def test_every_field_of_the_contract_is_used_by_one_of_them(kind: type, field: Field[Any]) -> None:
    given = [getattr(value, field.name) for value in VALUES[kind]]
    assert [value for value in given if field.default is MISSING or value != field.default]


@pytest.mark.parametrize("slot", get_args(Slot))
def test_every_slot_is_used_by_one_of_them(slot: str) -> None:
    assert slot in {panel.slot for panel in VALUES[plugin.Panel]}


def calls() -> Iterator[ast.Call]:
    """Yield every call in the plugins' sources."""
    for folder in FOLDERS:
        for file in folder.glob("gestral_*/**/*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize(
    ("method", "argument"), [("enqueue", "key"), ("send", "key"), ("publish", ""), ("progress", "")]
)
def test_what_a_running_plugin_is_handed_is_used_by_one_of_them(method: str, argument: str) -> None:
    assert any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == method
        and argument in {"", *(one.arg for one in call.keywords)}
        for call in calls()
    )


def told(one: Plugin) -> Iterator[str]:
    """Yield what the page of a plugin must say, beside its settings and permissions."""
    yield from (
        f"`{TOKENS[each.capability]}`" for each in one.provides if each.capability in TOKENS
    )
    yield from (f"`{each.name}`" for each in one.jobs)
    yield from (f"`{each.event.__name__}`" for each in one.listeners)
    yield from (f"`{each.name}`" for each in one.metrics)
    yield from (f"gestral {name}" for name in commands_of(one))
    yield from (f"`/{one.name}/{each.name}`" for each in one.panels if each.slot == "page")
    if one.mail_templates is not None:
        yield from (f"`{one.name}/{each.name}`" for each in one.mail_templates.iterdir())


def shown(default: object) -> str:
    """Return a setting's default as an operator would write it, in code."""
    if isinstance(default, Sequence) and not isinstance(default, str):
        default = ",".join(map(str, default))
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{text}`" if text else ""


def rows(one: Plugin) -> Iterator[str]:
    """Yield the beginnings of the rows that the tables of a plugin's page must have."""
    for field in msgspec.structs.fields(one.settings) if one.settings else ():
        variable = f"GESTRAL_{one.name}_{field.name}".upper()
        yield f"\n| `{variable}` | {shown(field.default)} |"
    for permission in one.permissions:
        yield f"\n| `{permission.name}` | {permission.role} |"


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.name)
def test_the_page_of_a_plugin_tells_what_it_gives(one: Plugin) -> None:
    page = (ROOT / "plugins" / one.name / "README.md").read_text(encoding="utf-8")
    assert [text for text in (*told(one), *rows(one)) if text not in page] == []


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.name)
def test_the_page_for_operators_tells_what_to_watch(one: Plugin) -> None:
    watched = [f"`{one.name}.{check.name}`" for check in one.health]
    watched += [f"`gestral_{one.name}_{metric.name}`" for metric in one.metrics]
    assert [text for text in watched if f"| {text} |" not in OPERATING] == []
