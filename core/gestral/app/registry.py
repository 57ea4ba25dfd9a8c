"""Finding plugins, checking what they declare, and ordering them by what they require.

Nothing of a plugin is run here: its value is read. What does not match the contract is marked
`failed` with the reason and the mend, what depends on it is `skipped`, and the rest goes on.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from gestral.errors import ConfigurationError, GestralError, PluginError
from gestral.plugin import (
    CONTRACT_VERSION,
    CRITICAL_GROUP,
    ENTRY_POINT_GROUP,
    Capability,
    Plugin,
)
from gestral.settings import PREFIX, read_settings

__all__ = (
    "Candidate",
    "Entry",
    "Registry",
    "State",
    "discover",
    "name_problem",
    "resolve",
    "switched_off",
)

State = Literal["loaded", "failed", "skipped", "disabled"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}\Z")
SCHEMAS = {"core", "public", "information_schema"}
ADDRESSES = {"api", "assets", "files", "health", "metrics", "panels", "settings"}
RESERVED = frozenset(SCHEMAS | ADDRESSES)
CORE = "core"

PATIENCE = 10.0
"""Seconds after which a plugin whose value is still being imported is given up."""

SLOW = 0.5
"""Seconds of importing a value above which a plugin is told to be slow."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A plugin that was found: how to get its value, and where it comes from.

    `critical` is what the distribution says in `CRITICAL_GROUP`: it holds without the value.
    """

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""
    critical: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A plugin and what became of it.

    Attributes:
        name: The entry point's.
        state: `loaded`, `failed` (with `reason`), `skipped` (what it requires is not there) or
            `disabled` (by the operator).
        reason: Why it is not loaded and what to do; empty when it is.
        distribution: The installed package that brought it.
        version: That package's.
        plugin: Its value, where that could be had.
        settings: Its settings, where it declares some.
        cost: Seconds that importing its value took.
        routes_cost: Seconds that building its routes took; 0 until an application is built.
        critical: Without it the platform does not start.
    """

    name: str
    state: State
    reason: str = ""
    distribution: str = ""
    version: str = ""
    plugin: Plugin | None = None
    settings: msgspec.Struct | None = None
    cost: float = 0.0
    routes_cost: float = 0.0
    critical: bool = False

    @property
    def advice(self) -> str:
        """What to do about a plugin that is loaded, but slowly; else empty."""
        if self.state != "loaded" or self.cost <= SLOW:
            return ""
        return (
            "Slow to import, which delays every command: move heavy imports into the functions "
            "that use them; `python -X importtime` shows which they are."
        )


@dataclass(frozen=True)
class Registry:
    """All plugins, those that are loaded first, each after those whose capabilities it requires."""

    entries: tuple[Entry, ...]
    failures: Mapping[str, str] = field(default_factory=dict)

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The loaded plugins, in the order of what they require."""
        return tuple(entry.plugin for entry in self.loaded if entry.plugin is not None)

    @property
    def loaded(self) -> tuple[Entry, ...]:
        """The entries that are loaded."""
        return tuple(entry for entry in self.entries if entry.state == "loaded")

    @cached_property
    def providers(self) -> Mapping[Capability[Any], tuple[Plugin, ...]]:
        """Who provides each capability: one plugin, unless many may."""
        found: dict[Capability[Any], tuple[Plugin, ...]] = {}
        for plugin in self.plugins:
            for provision in plugin.provides:
                known = found.get(provision.capability, ())
                found[provision.capability] = (*known, plugin)
        return found

    def refuse(self, name: str, reason: str) -> "Registry":
        """Return the registry without a plugin that turned out broken, and what hangs on it."""
        failures = {**self.failures, name: reason}
        return Registry(_order([*self.entries], failures), failures)

    def measured(self, name: str, seconds: float) -> "Registry":
        """Return the registry with what building a plugin's routes took."""
        entries = (
            replace(entry, routes_cost=seconds) if entry.name == name else entry
            for entry in self.entries
        )
        return replace(self, entries=tuple(entries))

    def require_critical(self) -> None:
        """Stop the start when a critical plugin is not there.

        Raises:
            PluginError: Naming the plugin and the reason.
        """
        for entry in self.entries:
            if entry.critical and entry.state in {"failed", "skipped"}:
                raise PluginError(
                    f"The plugin {entry.name!r} is critical and {entry.state}: {entry.reason}"
                )


def switched_off(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names in `GESTRAL_PLUGINS_OFF`, for commands that need no other setting."""
    names = environment.get(f"{PREFIX}PLUGINS_OFF", "").split(",")
    return tuple(name.strip() for name in names if name.strip())


def discover() -> list[Candidate]:
    """Find the installed plugins by their entry points, in the order of their names."""
    found = entry_points(group=ENTRY_POINT_GROUP)
    critical = entry_points(group=CRITICAL_GROUP).names
    return [
        _candidate(point, point.name in critical)
        for point in sorted(found, key=lambda point: point.name)
    ]


def _candidate(point: EntryPoint, critical: bool) -> Candidate:
    return Candidate(
        name=point.name,
        load=point.load,
        distribution=point.dist.name if point.dist else "",
        version=point.dist.version if point.dist else "",
        critical=critical,
    )


def resolve(
    candidates: Iterable[Candidate],
    environment: Mapping[str, str],
    *,
    off: Sequence[str] = (),
) -> Registry:
    """Read every candidate, check it against the contract, and order what holds.

    Args:
        candidates: What was found, core's own value included.
        environment: Where plugins' settings are read from.
        off: Names of the plugins that the operator switched off.
    """
    entries: list[Entry] = []
    for candidate in candidates:
        if any(entry.name == candidate.name for entry in entries):
            reason = (
                f"Two distributions bring a plugin of this name; {candidate.distribution} lost: "
                "uninstall one of them."
            )
            entries.append(_failed(_renamed(candidate), reason))
            continue
        entries.append(_read(candidate, environment, off))
    return Registry(_order(entries, {}))


def name_problem(name: str) -> str:
    """Return why no plugin can have this name, and what to do; empty when one can."""
    if NAME.match(name) and name not in RESERVED and not name.startswith("pg_"):
        return ""
    return (
        f"{name!r} cannot be a plugin's name: use up to 31 lower-case letters, digits and "
        "underscores, a letter first, and no word that means something in addresses or to "
        "PostgreSQL."
    )


def _renamed(candidate: Candidate) -> Candidate:
    """Tell a second plugin of the same name apart from the first, by its distribution."""
    return replace(candidate, name=f"{candidate.name} ({candidate.distribution})")


def _failed(candidate: Candidate, reason: str, plugin: Plugin | None = None) -> Entry:
    return Entry(
        name=candidate.name,
        state="failed",
        reason=reason,
        distribution=candidate.distribution,
        version=candidate.version,
        plugin=plugin,
        critical=candidate.critical or bool(plugin and plugin.critical),
    )


def _read(candidate: Candidate, environment: Mapping[str, str], off: Sequence[str]) -> Entry:
    if candidate.name in off:
        return replace(_failed(candidate, "Switched off by GESTRAL_PLUGINS_OFF."), state="disabled")
    started = time.perf_counter()
    try:
        value = _value(candidate)
        cost = time.perf_counter() - started
        problem = _problem(candidate.name, value)
    except PluginError as error:
        return _failed(candidate, str(error))
    if problem:
        return _failed(candidate, problem, value)
    try:
        settings = _settings(value, environment)
    except GestralError as error:
        return _failed(candidate, str(error), value)
    return Entry(
        name=candidate.name,
        state="loaded",
        distribution=candidate.distribution,
        version=candidate.version,
        plugin=value,
        settings=settings,
        cost=cost,
        critical=candidate.critical or value.critical,
    )


def _value(candidate: Candidate) -> Plugin:
    """Import a plugin's value aside, so that one that hangs does not hang the start.

    A thread cannot be ended from without: one that hangs stays, and does not keep the process.
    """
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(candidate.load())
        except BaseException as error:  # noqa: BLE001 - told by who waits, be it SystemExit
            what = f"Importing it failed: {type(error).__name__}: {error}".rstrip(".")
            hint = "Install what it lacks, or a release of it that fits."
            outcome.append(PluginError(f"{what}.", hint=hint))

    thread = threading.Thread(target=run, daemon=True, name=f"import of {candidate.name}")
    thread.start()
    thread.join(PATIENCE)
    if not outcome:
        raise PluginError(
            f"It did not finish importing within {PATIENCE:g} seconds: "
            "nothing may wait or compute while its module is imported."
        )
    (value,) = outcome
    if isinstance(value, PluginError):
        raise value
    if not isinstance(value, Plugin):
        raise PluginError(
            f"Its entry point is a {type(value).__name__}, not a gestral.plugin.Plugin: "
            "name the value itself in pyproject.toml."
        )
    return value


def _settings(plugin: Plugin, environment: Mapping[str, str]) -> msgspec.Struct | None:
    if plugin.settings is None:
        return None
    try:
        prefix = f"{PREFIX}{plugin.name.upper()}_"
        return read_settings(plugin.settings, environment, prefix=prefix)
    except ConfigurationError:
        raise
    except Exception as error:
        raise PluginError(
            f"Reading its settings failed: {type(error).__name__}: {error}.",
            hint=f"Set {prefix}* to what it takes; its author has it raise ConfigurationError.",
        ) from error


def _problem(name: str, plugin: Plugin) -> str:
    """Return what breaks the contract, or nothing; raise when a field holds something else."""
    try:
        return next(_problems(name, plugin), "")
    except Exception as error:
        raise PluginError(
            f"A field of its value is not what the contract says: {error}.",
            hint="Give it the type that gestral.plugin names; a type checker finds it.",
        ) from error


def _problems(name: str, plugin: Plugin) -> Iterator[str]:
    """Yield what breaks the contract, most telling first."""
    if plugin.name != name:
        yield f"Its entry point is named {name!r} but its value {plugin.name!r}: use one name."
    if name != CORE and (problem := name_problem(plugin.name)):
        yield problem
    yield from _version_problems(plugin)
    yield from _duplicates(plugin)
    for permission in plugin.permissions:
        if not permission.name.startswith(f"{plugin.name}:"):
            yield f"The permission {permission.name!r} must begin with {plugin.name + ':'!r}."
    for job in plugin.jobs:
        if not job.timeout > 0 or job.attempts < 1:
            yield f"The job {job.name!r} needs a timeout above 0 seconds and at least one attempt."
        if not NAME.match(job.queue):
            yield (
                f"The queue {job.queue!r} of the job {job.name!r} cannot be a name: use lower-case "
                "letters, digits and underscores, a letter first."
            )
    for panel in plugin.panels:
        if not panel.module.is_file():
            yield (
                f"The panel {panel.name!r} names a module that is not there: {panel.module.name}. "
                "Pack it into the wheel."
            )
    migrations = plugin.tables.migrations if plugin.tables else None
    for folder in (plugin.mail_templates, migrations):
        if folder is not None and not folder.is_dir():
            yield f"A folder that it names is not there: {folder.name}. Pack it into the wheel."


def _version_problems(plugin: Plugin) -> Iterator[str]:
    try:
        if not SpecifierSet(plugin.api).contains(CONTRACT_VERSION):
            yield (
                f"It was made for contract {plugin.api}, but this is {CONTRACT_VERSION}: "
                "install a release of it that fits."
            )
    except InvalidSpecifier:
        yield f"Its api {plugin.api!r} is no version specifier: write it as '>=1,<2'."


def _duplicates(plugin: Plugin) -> Iterator[str]:
    named: dict[str, list[str]] = {
        "job": [job.name for job in plugin.jobs],
        "permission": [permission.name for permission in plugin.permissions],
        "panel": [panel.name for panel in plugin.panels],
        "capability": [str(provision.capability) for provision in plugin.provides],
        "listener": [
            f"{listener.run.__name__} of {listener.event.__name__}" for listener in plugin.listeners
        ],
    }
    for kind, names in named.items():
        for name in names:
            if names.count(name) > 1:
                yield f"It declares the {kind} {name!r} twice: give each a name of its own."
                break


def _order(entries: list[Entry], failures: Mapping[str, str]) -> tuple[Entry, ...]:
    """Order the sound plugins so that each comes after what it requires; skip what cannot.

    Kahn's algorithm over capabilities; what is left over when nothing more can be placed lacks a
    provider, or is part of a circle.
    """
    aside = [entry for entry in entries if entry.state in {"failed", "disabled"}]
    waiting = []
    for entry in entries:
        if entry.name in failures and entry.state != "failed":
            aside.append(replace(entry, state="failed", reason=failures[entry.name]))
        elif entry.state in {"loaded", "skipped"}:
            waiting.append(replace(entry, state="loaded", reason=""))
    placed: list[Entry] = []
    offered: dict[Capability[Any], str] = {}
    progress = True
    while progress:
        progress = False
        for entry in list(waiting):
            plugin = entry.plugin
            if plugin is None or not all(need in offered for need in plugin.requires):
                continue
            waiting.remove(entry)
            progress = True
            alone = (p.capability for p in plugin.provides if not p.capability.many)
            clash = next((capability for capability in alone if capability in offered), None)
            if clash is not None:
                reason = f"{clash} is already provided by {offered[clash]!r}: switch one off."
                aside.append(replace(entry, state="failed", reason=reason))
                continue
            placed.append(entry)
            offered.update((provision.capability, entry.name) for provision in plugin.provides)
    for entry in waiting:
        needs = entry.plugin.requires if entry.plugin else ()
        missing = ", ".join(str(need) for need in needs if need not in offered)
        reason = f"nobody provides {missing}: install or switch on a plugin that does"
        aside.append(replace(entry, state="skipped", reason=reason))
    return (*placed, *aside)
