"""Everything that loaded plugins can be asked to do, by name."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import msgspec

from gestral.plugin import Plugin

__all__ = ("Work", "all_work")


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job or a listener of a plugin, as the runner sees it.

    Attributes:
        name: `<plugin>.<job>`, or `<plugin>.on.<Event>.<function>` for a listener.
        source: The plugin's `Job` or `Listener`, by which callers find it.
    """

    name: str
    arguments: type[msgspec.Struct]
    run: Callable[..., Awaitable[None]]
    timeout: float
    attempts: int
    source: object
    cron: str = ""
    queue: str = "default"
    priority: int = 0


def all_work(plugins: tuple[Plugin, ...]) -> dict[str, Work]:
    """Return the work of all plugins by name."""
    return {work.name: work for plugin in plugins for work in _of(plugin)}


def _of(plugin: Plugin) -> Iterator[Work]:
    for job in plugin.jobs:
        yield Work(
            name=f"{plugin.name}.{job.name}",
            arguments=job.arguments,
            run=job.run,
            timeout=job.timeout,
            attempts=job.attempts,
            source=job,
            cron=job.cron,
            queue=job.queue,
            priority=job.priority,
        )
    for listener in plugin.listeners:
        yield Work(
            name=f"{plugin.name}.on.{listener.event.__name__}.{listener.run.__name__}",
            arguments=listener.event,
            run=listener.run,
            timeout=listener.timeout,
            attempts=listener.attempts,
            source=listener,
        )
