"""Finding plugins, checking what they declare, and ordering them by what they require.

Nothing of a plugin is run here: its value is read. What does not match the contract is marked
`failed` with the reason and the mend, what depends on it is `skipped`, and the rest goes on.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from gestral.errors import ConfigurationError, PluginError
from gestral.plugin import CONTRACT_VERSION, ENTRY_POINT_GROUP, Capability, Plugin
from gestral.settings import PREFIX, read_settings

__all__ = ("Candidate", "Entry", "Registry", "State", "discover", "resolve", "switched_off")

State = Literal["loaded", "failed", "skipped", "disabled"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}\Z")
SCHEMAS = {"core", "public", "information_schema"}
ADDRESSES = {"api", "assets", "files", "health", "metrics", "panels", "settings"}
RESERVED = frozenset(SCHEMAS | ADDRESSES)
CORE = "core"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A plugin that was found: how to get its value, and where it comes from."""

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""


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
    """

    name: str
    state: State
    reason: str = ""
    distribution: str = ""
    version: str = ""
    plugin: Plugin | None = None
    settings: msgspec.Struct | None = None
    cost: float = 0.0


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

    def providers(self) -> dict[Capability[Any], Plugin]:
        """Return who provides each capability."""
        return {
            provision.capability: plugin for plugin in self.plugins for provision in plugin.provides
        }

    def refuse(self, name: str, reason: str) -> "Registry":
        """Return the registry without a plugin that turned out broken, and what hangs on it."""
        failures = {**self.failures, name: reason}
        return Registry(_order([*self.entries], failures), failures)

    def require_critical(self) -> None:
        """Stop the start when a critical plugin is not there.

        Raises:
            PluginError: Naming the plugin and the reason.
        """
        for entry in self.entries:
            if entry.plugin and entry.plugin.critical and entry.state in {"failed", "skipped"}:
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
    return [_candidate(point) for point in sorted(found, key=lambda point: point.name)]


def _candidate(point: EntryPoint) -> Candidate:
    return Candidate(
        name=point.name,
        load=point.load,
        distribution=point.dist.name if point.dist else "",
        version=point.dist.version if point.dist else "",
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
                f"Two distributions bring a plugin of this name; {candidate.distribution} lost."
            )
            entries.append(_failed(_renamed(candidate), reason))
            continue
        entries.append(_read(candidate, environment, off))
    return Registry(_order(entries, {}))


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
    )


def _read(candidate: Candidate, environment: Mapping[str, str], off: Sequence[str]) -> Entry:
    if candidate.name in off:
        return replace(_failed(candidate, "Switched off by GESTRAL_PLUGINS_OFF."), state="disabled")
    started = time.perf_counter()
    try:
        value = candidate.load()
    except Exception as error:  # noqa: BLE001 - a broken import must not stop the others
        return _failed(candidate, f"Importing it failed: {type(error).__name__}: {error}")
    cost = time.perf_counter() - started
    if not isinstance(value, Plugin):
        return _failed(
            candidate, f"Its entry point is a {type(value).__name__}, not a gestral.plugin.Plugin."
        )
    problem = next(_problems(candidate.name, value), None)
    if problem:
        return _failed(candidate, problem, value)
    settings = None
    if value.settings is not None:
        try:
            prefix = f"{PREFIX}{value.name.upper()}_"
            settings = read_settings(value.settings, environment, prefix=prefix)
        except ConfigurationError as error:
            return _failed(candidate, str(error), value)
    return Entry(
        name=candidate.name,
        state="loaded",
        distribution=candidate.distribution,
        version=candidate.version,
        plugin=value,
        settings=settings,
        cost=cost,
    )


def _problems(name: str, plugin: Plugin) -> Iterator[str]:
    """Yield what breaks the contract, most telling first."""
    if plugin.name != name:
        yield f"Its entry point is named {name!r} but its value {plugin.name!r}: use one name."
    if not NAME.match(plugin.name) or (plugin.name in RESERVED and name != CORE):
        yield (
            f"{plugin.name!r} cannot be a name: use lower-case letters, digits and underscores, "
            "and no word that has a meaning in addresses or in PostgreSQL."
        )
    yield from _version_problems(plugin)
    yield from _duplicates(plugin)
    for permission in plugin.permissions:
        if not permission.name.startswith(f"{plugin.name}:"):
            yield f"The permission {permission.name!r} must begin with {plugin.name + ':'!r}."
    for job in plugin.jobs:
        if not job.timeout > 0 or job.attempts < 1:
            yield f"The job {job.name!r} needs a timeout above 0 seconds and at least one attempt."
        if not NAME.match(job.queue):
            yield f"The queue {job.queue!r} of the job {job.name!r} cannot be a name."
    for panel in plugin.panels:
        if not panel.module.is_file():
            yield f"The panel {panel.name!r} names a module that is not there: {panel.module.name}."
    migrations = plugin.tables.migrations if plugin.tables else None
    for folder in (plugin.mail_templates, migrations):
        if folder is not None and not folder.is_dir():
            yield f"A folder that it names is not there: {folder.name}."


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
                yield f"It declares the {kind} {name!r} twice."
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
            clash = next((p.capability for p in plugin.provides if p.capability in offered), None)
            if clash is not None:
                reason = f"{clash} is already provided by {offered[clash]!r}: switch one off."
                aside.append(replace(entry, state="failed", reason=reason))
                continue
            placed.append(entry)
            offered.update((provision.capability, entry.name) for provision in plugin.provides)
    for entry in waiting:
        needs = entry.plugin.requires if entry.plugin else ()
        missing = ", ".join(str(need) for need in needs if need not in offered)
        aside.append(replace(entry, state="skipped", reason=f"nobody provides {missing}"))
    return (*placed, *aside)
