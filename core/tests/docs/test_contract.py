"""The page about the contract is complete: what it does not name fails here."""

import json
import logging
import re
from dataclasses import fields
from typing import get_args

import pytest
from reading import DOCS

from gestral import capabilities, errors, events, plugin
from gestral.app.core_plugin import core_plugin
from gestral.capabilities import JobState
from gestral.jobs.dispatcher import QUEUED_LEASE
from gestral.jobs.runner import BACK_OFF, LEASE
from gestral.jobs.tally import Ending
from gestral.limited import Limits
from gestral.observe import metrics
from gestral.observe.context import FIELDS
from gestral.observe.logs import JsonFormatter
from gestral.settings import Settings
from gestral.testing.kit import Kit

CONTRACT = (DOCS / "plugins.md").read_text(encoding="utf-8")
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")

VALUES = (
    *(plugin.Plugin, plugin.Capability, plugin.Provision, plugin.Job, plugin.Listener),
    *(plugin.Tables, plugin.Permission, plugin.Panel, plugin.HealthCheck, plugin.Metric),
)
LINE = json.loads(JsonFormatter().format(logging.makeLogRecord({})))
PROTOCOLS = (plugin.Services, plugin.JobContext)
TOKENS = {
    name: value
    for name, value in vars(capabilities).items()
    if isinstance(value, plugin.Capability)
}
OFFERED = (
    *(capabilities.Catalogue, capabilities.Clock, capabilities.Jobs, capabilities.Fetcher),
    *(capabilities.CurrentUser, capabilities.Members, capabilities.Mailer),
)
EVENTS = [getattr(events, name) for name in events.__all__]


def section(heading: str) -> str:
    """Return what stands below a heading, up to the next of its rank or above."""
    match = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,3}} |\Z)", CONTRACT, re.DOTALL | re.MULTILINE
    )
    assert match, f"plugins.md has no section {heading}"
    return match[2]


def members(protocol: type) -> list[str]:
    return [name for name in vars(protocol) if not name.startswith("_")]


@pytest.mark.parametrize("value", VALUES, ids=lambda one: one.__name__)
def test_every_field_of_the_contract_has_a_row(value: type) -> None:
    text = section(f"`{value.__name__}`")
    assert [f.name for f in fields(value) if f"\n| `{f.name}` | " not in text] == []


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda one: one.__name__)
def test_every_member_of_what_plugins_are_handed_has_a_row(protocol: type) -> None:
    text = section(f"`{protocol.__name__}`")
    missing = [name for name in members(protocol) if not re.search(rf"\n\| `{name}[`(]", text)]
    assert missing == []


@pytest.mark.parametrize("name", plugin.__all__)
def test_every_public_name_of_the_contract_is_named(name: str) -> None:
    assert re.search(rf"\b{name}\b", CONTRACT)


@pytest.mark.parametrize("name", capabilities.__all__)
def test_every_public_name_of_the_capabilities_is_named(name: str) -> None:
    assert f"`{name}`" in CONTRACT


@pytest.mark.parametrize("name", TOKENS)
def test_every_capability_says_who_provides_it(name: str) -> None:
    provided = TOKENS[name] in {provision.capability for provision in core_plugin.provides}
    (row,) = re.findall(rf"^\| `{name}` \|.*", section("Capabilities"), re.MULTILINE)
    assert ("| core |" in row) is provided


@pytest.mark.parametrize("protocol", OFFERED, ids=lambda one: one.__name__)
def test_every_method_of_a_capability_is_named(protocol: type) -> None:
    text = section("Capabilities")
    assert [name for name in members(protocol) if not re.search(rf"`{name}[`(]", text)] == []


@pytest.mark.parametrize("field", Limits.__struct_fields__)
def test_every_limit_of_a_child_has_a_row(field: str) -> None:
    assert f"\n| `{field}` | " in section("Foreign content")


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: one.__name__)
def test_every_event_is_described_with_its_fields(event: type[events.Event]) -> None:
    text = section("Events")
    if event is events.Event:
        assert "`Event`" in text
        return
    listed = ", ".join(f"`{name}`" for name in event.__struct_fields__)
    assert f"| `{event.__name__}` | {listed} |" in text


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_described_with_its_status_and_exit_code(name: str) -> None:
    kind = getattr(errors, name)
    assert f"| `{name}` | {kind.status} | {kind.exit_code} |" in section("Errors")


@pytest.mark.parametrize("slot", get_args(plugin.Slot))
def test_every_slot_has_a_row(slot: str) -> None:
    assert f"| `{slot}` |" in section("Panels")


@pytest.mark.parametrize("name", [*get_args(plugin.Role), *get_args(JobState)])
def test_every_role_and_state_of_a_job_is_named(name: str) -> None:
    assert f"`{name}`" in CONTRACT


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_every_setting_of_core_has_a_row_for_operators(field: str) -> None:
    assert f"\n| `GESTRAL_{field.upper()}` |" in OPERATING


@pytest.mark.parametrize("check", core_plugin.health, ids=lambda one: one.name)
def test_every_check_of_core_has_a_row(check: plugin.HealthCheck) -> None:
    assert f"| `core.{check.name}` |" in OPERATING


@pytest.mark.parametrize("metric", core_plugin.metrics, ids=lambda one: one.name)
def test_every_gauge_of_core_has_a_row(metric: plugin.Metric) -> None:
    assert f"| `gestral_core_{metric.name}` |" in OPERATING


@pytest.mark.parametrize("name", metrics.CORE)
def test_every_other_metric_of_core_has_a_row(name: str) -> None:
    assert f"\n| `{name}` | " in OPERATING


@pytest.mark.parametrize("ending", get_args(Ending))
def test_every_way_in_which_an_attempt_ends_is_explained(ending: str) -> None:
    (row,) = re.findall(r"^\| `gestral_jobs_finished_total` .*", OPERATING, re.MULTILINE)
    assert f"`{ending}`" in row


@pytest.mark.parametrize("field", [*LINE, *FIELDS])
def test_every_field_of_a_log_line_is_described(field: str) -> None:
    assert f"`{field}`" in OPERATING


@pytest.mark.parametrize(
    "name", [name for name in members(Kit) if name != "aclose"] + ["app", "clock", "platform"]
)
def test_every_member_of_the_kit_has_a_row(name: str) -> None:
    assert re.search(rf"\n\| `{name}[`(]", section("Testing"))


def test_the_numbers_of_jobs_are_those_of_the_code() -> None:
    text = " ".join(section("Jobs and listeners").split())
    first, *more, last = (f"{seconds:.0f}" for seconds in BACK_OFF)
    lease = LEASE.total_seconds()
    assert (
        f"Before the second attempt {first} seconds pass, then {', '.join(more)} and {last};"
        in text
    )
    assert f"a lease of {lease:.0f} seconds and renews it every {lease / 3:.0f}" in text
    assert f"within {QUEUED_LEASE.total_seconds():.0f} seconds is sent again" in text
    defaults = {field.name: field.default for field in fields(plugin.Job)}
    assert f"it is tried at most; {defaults['attempts']} |" in section("`Job`")
    defaults = {field.name: field.default for field in fields(plugin.Listener)}
    assert f"one attempt may take; {defaults['timeout']:.0f} |" in section("`Listener`")
    assert f"it is tried at most; {defaults['attempts']} |" in section("`Listener`")
