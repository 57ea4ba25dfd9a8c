"""Loading: every way in which a plugin can be broken has its own reason, and harms nobody else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.app.registry import Candidate, Registry, resolve
from gestral.errors import PluginError
from gestral.plugin import Capability, Job, JobContext, Panel, Permission, Plugin, Provision

SOUND = Plugin(name="sound", api=">=1,<2", summary="Does no harm")
A = Capability[object]("a")
B = Capability[object]("b")
MANY = Capability[object]("many", many=True)


class NoArguments(msgspec.Struct):
    pass


class PortSettings(msgspec.Struct):
    port: int = 1


async def do_nothing(context: JobContext, arguments: NoArguments) -> None: ...


def fail_to_import() -> Plugin:
    raise ImportError("No module named 'nowhere'")


def candidate(plugin: Plugin) -> Candidate:
    return Candidate(name=plugin.name, load=lambda: plugin)


def providing(name: str, capability: Capability[Any], **more: Any) -> Plugin:
    offer = Provision(capability=capability, factory=lambda services: object())
    return Plugin(name=name, api=">=1,<2", summary="", provides=(offer,), **more)


def state(registry: Registry, name: str) -> tuple[str, str]:
    return next((e.state, e.reason) for e in registry.entries if e.name == name)


BROKEN: dict[str, tuple[Callable[[], object], str]] = {
    "import": (fail_to_import, "Importing it failed: ImportError"),
    "no plugin": (lambda: "a string", "not a gestral.plugin.Plugin"),
    "another name": (lambda: SOUND, "use one name"),
    "contract version": (lambda: replace(SOUND, name="broken", api=">=2"), "made for contract >=2"),
    "version specifier": (lambda: replace(SOUND, name="broken", api="one"), "no version specifier"),
    "foreign permission": (
        lambda: replace(
            SOUND,
            name="broken",
            permissions=(Permission(name="other:do", summary="", role="viewer"),),
        ),
        "must begin with 'broken:'",
    ),
    "no timeout": (
        lambda: replace(
            SOUND,
            name="broken",
            jobs=(Job(name="job", arguments=NoArguments, run=do_nothing, timeout=0),),
        ),
        "needs a timeout",
    ),
    "job twice": (
        lambda: replace(
            SOUND,
            name="broken",
            jobs=(Job(name="job", arguments=NoArguments, run=do_nothing, timeout=1),) * 2,
        ),
        "declares the job 'job' twice",
    ),
    "panel missing": (
        lambda: replace(
            SOUND,
            name="broken",
            panels=(Panel(name="p", title="", slot="page", module=Path("nowhere.js")),),
        ),
        "not there: nowhere.js",
    ),
    "bad setting": (
        lambda: replace(SOUND, name="broken", settings=PortSettings),
        "GESTRAL_BROKEN_PORT is 'many'",
    ),
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_plugin_is_marked_with_the_reason_and_the_others_run(way: str) -> None:
    load, reason = BROKEN[way]
    registry = resolve(
        [Candidate(name="broken", load=load), candidate(SOUND)], {"GESTRAL_BROKEN_PORT": "many"}
    )
    assert state(registry, "broken")[0] == "failed"
    assert reason in state(registry, "broken")[1]
    assert state(registry, "sound") == ("loaded", "")


def test_what_depends_on_a_broken_plugin_is_skipped_and_says_what_is_missing() -> None:
    needy = Plugin(name="needy", api=">=1,<2", summary="", requires=(A,))
    registry = resolve([Candidate(name="giver", load=fail_to_import), candidate(needy)], {})
    assert state(registry, "needy")[0] == "skipped"
    assert "nobody provides a@1" in state(registry, "needy")[1]


def test_a_plugin_refused_later_takes_along_what_hangs_on_it() -> None:
    needy = Plugin(name="needy", api=">=1,<2", summary="", requires=(A,))
    registry = resolve([candidate(providing("giver", A)), candidate(needy), candidate(SOUND)], {})
    assert {entry.state for entry in registry.entries} == {"loaded"}
    registry = registry.refuse("giver", "Its routes are broken.")
    assert state(registry, "giver") == ("failed", "Its routes are broken.")
    assert state(registry, "needy")[0] == "skipped"
    assert state(registry, "sound")[0] == "loaded"


def test_a_plugin_can_be_switched_off() -> None:
    registry = resolve([candidate(SOUND)], {}, off=["sound"])
    assert state(registry, "sound") == ("disabled", "Switched off by GESTRAL_PLUGINS_OFF.")


def test_two_providers_of_one_capability_are_told_apart() -> None:
    registry = resolve([candidate(providing("one", A)), candidate(providing("two", A))], {})
    assert state(registry, "one")[0] == "loaded"
    assert "already provided by 'one'" in state(registry, "two")[1]


def test_a_capability_of_many_may_have_several_providers_and_needs_one() -> None:
    needy = Plugin(name="needy", api=">=1,<2", summary="", requires=(MANY,))
    offers = [candidate(providing("one", MANY)), candidate(providing("two", MANY))]
    registry = resolve([candidate(needy), *offers], {})
    assert {entry.state for entry in registry.entries} == {"loaded"}
    assert [plugin.name for plugin in registry.providers[MANY]] == ["one", "two"]
    assert state(resolve([candidate(needy)], {}), "needy")[0] == "skipped"


def test_two_plugins_of_one_name_do_not_replace_each_other() -> None:
    second = Candidate(name="sound", load=lambda: SOUND, distribution="other-sound")
    registry = resolve([candidate(SOUND), second], {})
    assert state(registry, "sound")[0] == "loaded"
    assert state(registry, "sound (other-sound)")[0] == "failed"


def test_a_critical_plugin_that_is_broken_stops_the_start() -> None:
    broken = replace(SOUND, critical=True, api=">=9")
    with pytest.raises(PluginError, match="'sound' is critical and failed"):
        resolve([candidate(broken)], {}).require_critical()


def test_a_circle_of_requirements_is_skipped_whole() -> None:
    one, two = providing("one", A, requires=(B,)), providing("two", B, requires=(A,))
    registry = resolve([candidate(one), candidate(two), candidate(SOUND)], {})
    assert state(registry, "one")[0] == state(registry, "two")[0] == "skipped"
    assert state(registry, "sound")[0] == "loaded"


@given(st.permutations(range(8)))
def test_whatever_the_order_found_providers_come_first(order: list[int]) -> None:
    tokens = [Capability[object](f"token{number}") for number in range(8)]
    plugins = [
        providing(f"p{number}", tokens[number], requires=tuple(tokens[:number][-2:]))
        for number in range(8)
    ]
    registry = resolve([candidate(plugins[number]) for number in order], {})
    assert [plugin.name for plugin in registry.plugins] == [f"p{n}" for n in range(8)]
