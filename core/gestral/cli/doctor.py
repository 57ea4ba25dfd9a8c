"""`gestral doctor`: what is used, its version, and what is wrong with it."""

import asyncio
import os
import platform as python_platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from gestral import __version__
from gestral.settings import PREFIX

__all__ = ("doctor",)

ENOUGH_DISK = 2 * 1024**3
"""Bytes below which videos may not fit."""


@dataclass(frozen=True)
class Finding:
    """One row: what was looked at, what was found, and what is wrong (empty when nothing)."""

    what: str
    found: str
    problem: str = ""


@click.command(help="Say what is used, and what is wrong with it.")
def doctor() -> None:
    """Print a table; exit code 1 when something is wrong."""
    from rich.console import Console
    from rich.table import Table

    findings = [*_machine(), *_services(), *_start(), *_storage(), *_plugins()]
    table = Table("what", "found", "problem", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(finding.what, finding.found, finding.problem or "-")
    Console().print(table)
    if any(finding.problem for finding in findings):
        click.get_current_context().exit(1)


def _machine() -> Iterator[Finding]:
    yield Finding("gestral", __version__)
    yield Finding("python", python_platform.python_version())


def _data() -> Path:
    from gestral.embedded import default_data_folder

    return Path(os.environ.get(f"{PREFIX}DATA") or default_data_folder())


def _services() -> Iterator[Finding]:
    from gestral.embedded import status

    named = {
        "postgresql": (os.environ.get(f"{PREFIX}DATABASE_URL", ""), _ask_postgres),
        "valkey": (os.environ.get(f"{PREFIX}REDIS_URL", ""), _ask_valkey),
    }
    if not all(url for url, _ in named.values()):
        for one in status(_data()):
            url, _ = named.get(one.name.lower(), ("", None))
            if not url:
                state = "running" if one.running else "not running; started when needed"
                yield Finding(one.name, f"embedded {one.version}, {state}", "; ".join(one.problems))
    for name, (url, ask) in named.items():
        if url:
            where = urlsplit(url).hostname or "a local socket"
            try:
                yield Finding(name, f"{asyncio.run(ask(url))} at {where}")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
                yield Finding(name, where, str(error).splitlines()[0])


async def _ask_postgres(url: str) -> str:
    import psycopg

    async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
        cursor = await connection.execute("SHOW server_version")
        row = await cursor.fetchone()
    return f"PostgreSQL {row[0] if row else 'unknown'}"


async def _ask_valkey(url: str) -> str:
    from redis.asyncio import Redis

    async with Redis.from_url(url, socket_connect_timeout=5) as redis:
        info = await redis.info("server")
    return f"Valkey or Redis {info.get('valkey_version') or info.get('redis_version')}"


def _start() -> Iterator[Finding]:
    """What a start of web and worker would refuse, where there are services to ask."""
    from gestral.app.build import load, platform_from
    from gestral.app.refusals import unsafe
    from gestral.app.services import Platform
    from gestral.errors import GestralError
    from gestral.settings import Settings, read_settings

    async def look(platform: Platform) -> list[GestralError]:
        try:
            return await unsafe(platform)
        finally:
            await platform.aclose()

    try:
        settings = read_settings(Settings, os.environ)
        registry = load(os.environ, off=settings.plugins_off)
        problems = asyncio.run(look(platform_from(settings, registry)))
    except GestralError:
        return  # other findings say what is missing
    for problem in problems:
        yield Finding("start", "refused", str(problem))
    if not problems:
        yield Finding("start", "nothing would be refused")


def _storage() -> Iterator[Finding]:
    data = _data()
    nearest = next(folder for folder in (data, *data.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free
    problem = "" if free > ENOUGH_DISK else "little room is left for videos"
    if not os.access(nearest, os.W_OK):
        problem = f"{nearest} cannot be written: name another folder in GESTRAL_DATA"
    yield Finding("data", f"{data}, {free // 1024**3} GiB free", problem)
    yield Finding("storage", urlsplit(os.environ.get(f"{PREFIX}STORAGE_URL", "file:")).scheme)


def _plugins() -> Iterator[Finding]:
    from gestral.cli.plugins import registry

    for entry in registry().entries:
        broken = entry.reason if entry.state in {"failed", "skipped"} else ""
        yield Finding(f"plugin {entry.name}", f"{entry.state} {entry.version}".strip(), broken)
