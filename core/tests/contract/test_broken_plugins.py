"""Plugins that are broken, each really installed: what is wrong is said, and the others run on."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gestral.app import registry
from gestral.app.registry import Candidate, Entry, resolve
from gestral.plugin import Capability, Plugin, Provision, Tables
from gestral.testing.kit import Kit

HEAD = "from gestral.plugin import *\nimport msgspec\n"
VALUE = HEAD + 'plugin = Plugin(name="{name}", api=">=1,<2", summary="Says hello"{fields})\n'
HANDLER = """
def routes():
    from litestar import get

    {body}

    return [{handlers}]
"""


def value(fields: str = "", before: str = "", name: str = "broken") -> str:
    """Return the source of a plugin whose value has more fields, with code before it."""
    made = VALUE.format(name=name, fields=f", {fields}" if fields else "")
    return HEAD + before + made.removeprefix(HEAD)


def routes(body: str, handlers: str) -> str:
    return value("routes=routes", HANDLER.format(body=body, handlers=handlers))


UNKNOWN = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from nowhere import Nothing
"""
ANNOTATED = 'async def one(data: Nothing) -> str:\n        return ""'
TWICE = """@get("/same", public=True)
    async def one() -> str:
        return ""

    @get("/same", public=True)
    async def two() -> str:
        return ""
"""
SETTINGS = """
class Settings(msgspec.Struct):
    port: int = 1

    def __post_init__(self):
        raise RuntimeError("no port is good enough")
"""
JOB = """
async def run(context, arguments):
    pass

class Nothing(msgspec.Struct):
    pass

JOB = Job(name="job", arguments=Nothing, run=run, timeout=1.0)
"""
CIRCLE = """
A, B = Capability("a"), Capability("b")
def make(services):
    return object()
"""

WAYS: dict[str, tuple[str, str, str]] = {
    "import error": ("import nowhere", "failed", "ModuleNotFoundError: No module named 'nowhere'"),
    "syntax error": ("plugin = = 1", "failed", "SyntaxError"),
    "exit at import": ("raise SystemExit(7)", "failed", "Importing it failed: SystemExit: 7"),
    "no value": ("plugin = 7", "failed", "is a int, not a gestral.plugin.Plugin"),
    "fields of a wrong type": (value("jobs=(7,)"), "failed", "A field of its value is not what"),
    "contract version": (
        value().replace(">=1,<2", ">=2,<3"),
        "failed",
        "made for contract >=2,<3, but this is 1.0: install a release of it that fits",
    ),
    "bad setting": (value("settings=Settings", SETTINGS), "failed", "no port is good enough"),
    "missing panel": (
        value(
            'panels=(Panel(name="p", title="", slot="page", module=Path("none.js")),)',
            "from pathlib import Path\n",
        ),
        "failed",
        "names a module that is not there: none.js",
    ),
    "unmet requirement": (
        value('requires=(Capability("nowhere"),)'),
        "skipped",
        "nobody provides nowhere@1",
    ),
    "needs itself": (
        value("requires=(A,), provides=(Provision(capability=A, factory=make),)", CIRCLE),
        "skipped",
        "nobody provides a@1",
    ),
    "unknown annotation": (
        UNKNOWN + routes('@get("/x", public=True)\n    ' + ANNOTATED, "one"),
        "failed",
        "Building its routes failed: NameError",
    ),
    "route twice": (routes(TWICE, "one, two"), "failed", "Two of its routes answer GET /same"),
    "unguarded route": (
        routes('@get("/x")\n    async def one() -> str:\n        return ""', "one"),
        "failed",
        "names no permission and is not public=True",
    ),
    "job twice": (
        value("jobs=(JOB, JOB)", JOB),
        "failed",
        "It declares the job 'job' twice",
    ),
    "exit in routes": (
        value("routes=routes", "def routes():\n    raise SystemExit(3)\n"),
        "failed",
        "Building its routes failed: SystemExit",
    ),
}


MENDS = {
    "import error": "Install what it lacks",
    "syntax error": "Install what it lacks, or a release of it that fits",
    "exit at import": "Install what it lacks, or a release of it that fits",
    "no value": "name the value itself in pyproject.toml",
    "fields of a wrong type": "Give it the type that gestral.plugin names",
    "contract version": "install a release of it that fits",
    "bad setting": "Set GESTRAL_BROKEN6_* to what it takes",
    "missing panel": "Pack it into the wheel",
    "unmet requirement": "install or switch on a plugin that does",
    "needs itself": "install or switch on a plugin that does",
    "unknown annotation": "Import the types of parameters at the top of the module",
    "route twice": "give each an address of its own",
    "unguarded route": "give it one of the two",
    "exit in routes": "Install a release of it that is whole, or switch it off",
    "job twice": "give each a name of its own",
}


@dataclass
class Site:
    """A folder on the path in which distributions are installed, as pip leaves them there."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def install(self, name: str, source: str, *, module: str = "", critical: bool = False) -> None:
        """Install a distribution with one plugin of that name."""
        module = module or f"site_{name}"
        (self.folder / f"{module}.py").write_text(source)
        information = self.folder / f"{module}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.0\n"
        )
        point = f"{name} = {module}:plugin\n"
        groups = f"[gestral.plugins]\n{point}"
        if critical:
            groups += f"\n[gestral.plugins.critical]\n{point}"
        (information / "entry_points.txt").write_text(groups)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `gestral` with what is installed."""
        return self.python("-m", "gestral.cli", *arguments)

    def python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with what is installed."""
        path = os.pathsep.join((str(self.folder), os.environ.get("PYTHONPATH", "")))
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONPATH": path, "COLUMNS": "400", **self.environment},
        )

    def states(self) -> dict[str, tuple[str, str]]:
        """Return the state and the reason of every plugin."""
        answer = self.run("manifest")
        assert answer.returncode == 0, answer.stderr
        return {
            one["name"]: (one["state"], one["reason"])
            for one in json.loads(answer.stdout)["plugins"]
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    found = Site(tmp_path)
    found.install("well", value(name="well"))
    return found


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """The states when plugins broken in every way are installed at once, and a sound one."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.install("well", value(name="well"))
    for number, (source, _, _) in enumerate(WAYS.values()):
        site.install(f"broken{number}", source.replace('"broken"', f'"broken{number}"'))
    return site.states()


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_plugin_says_what_is_wrong(way: str, crowd: dict[str, tuple[str, str]]) -> None:
    _, state, reason = WAYS[way]
    found = crowd[f"broken{list(WAYS).index(way)}"]
    assert found[0] == state
    assert reason in found[1]
    assert MENDS[way] in found[1]


def test_the_others_run_beside_all_that_is_broken(crowd: dict[str, tuple[str, str]]) -> None:
    for name in ("core", "well"):
        assert crowd[name] == ("loaded", "")


def test_two_distributions_of_one_name_are_told_apart(site: Site) -> None:
    site.install("well", value(name="well"), module="another")
    states = site.states()
    reasons = [reason for name, (state, reason) in states.items() if name.startswith("well (")]
    assert states["well"][0] == "loaded"
    assert len(reasons) == 1
    assert "Two distributions bring a plugin of this name" in reasons[0]
    assert "uninstall one of them" in reasons[0]


def test_a_list_that_must_be_sound_ends_with_one(site: Site) -> None:
    everything = site.run("plugins", "--strict")
    assert everything.returncode == 0, everything.stdout
    site.install("broken", "import nowhere")
    answer = site.run("plugins", "--strict")
    assert answer.returncode == 1
    assert "No module named 'nowhere'" in answer.stdout


def test_commands_that_cannot_be_made_are_left_out_with_one_line(site: Site) -> None:
    site.install("broken", value("commands=commands", "def commands():\n    return [7]\n"))
    answer = site.run("--help")
    assert answer.returncode == 0
    (line,) = answer.stderr.splitlines()
    assert line.startswith("gestral: The commands of the plugin 'broken' are left out: ")


LOAD = """
import os, sys
from gestral.app.build import load
from gestral.errors import GestralError
try:
    load(os.environ)
except GestralError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("source", ["import nowhere", value().replace(">=1,<2", ">=2")])
def test_a_critical_plugin_stops_the_start_even_when_it_cannot_be_imported(
    site: Site, source: str
) -> None:
    site.install("broken", source, critical=True)
    answer = site.python("-c", LOAD)
    assert answer.returncode == 1
    assert answer.stderr.startswith("The plugin 'broken' is critical and failed: ")
    assert len(answer.stderr.splitlines()) == 1


def test_the_command_line_says_in_one_line_that_a_critical_plugin_is_broken(
    site: Site, tmp_path: Path
) -> None:
    site.environment["GESTRAL_DATA"] = str(tmp_path / "data")
    site.environment["GESTRAL_SECRET"] = "a secret that is long enough for a test of starting"
    site.environment["GESTRAL_DATABASE_URL"] = "postgresql://gestral_app@127.0.0.1:9/nowhere"
    site.environment["GESTRAL_REDIS_URL"] = "redis://127.0.0.1:9"
    site.install("broken", "import nowhere", critical=True)
    answer = site.run("worker")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "The plugin 'broken' is critical and failed: Importing it failed" in line


def test_a_plugin_that_hangs_while_it_is_imported_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import threading

    released = threading.Event()
    monkeypatch.setattr(registry, "PATIENCE", 0.05)
    sound = Plugin(name="well", api=">=1,<2", summary="")
    found = resolve(
        [
            Candidate(name="broken", load=released.wait),
            Candidate(name="well", load=lambda: sound),
        ],
        {},
    )
    released.set()
    states = {entry.name: (entry.state, entry.reason) for entry in found.entries}
    assert states["well"] == ("loaded", "")
    assert states["broken"][0] == "failed"
    assert "did not finish importing" in states["broken"][1]


def test_a_plugin_that_is_slow_to_import_is_loaded_and_told_what_to_do() -> None:
    assert "importtime" in Entry(name="slow", state="loaded", cost=registry.SLOW * 2).advice
    assert Entry(name="quick", state="loaded", cost=registry.SLOW / 2).advice == ""


FRAGILE = Capability[object]("fragile")
EMPTY = Capability[object]("empty")
CHOICES = Capability[object]("choices", many=True)


class Fragile:
    """Makes its capability once it is mended."""

    mended = False

    def __call__(self, services: object) -> object:
        if not self.mended:
            raise ValueError("a secret detail")
        return self


fragile = Fragile()


@pytest.fixture(scope="session")
def gestral_plugins() -> list[Plugin]:
    return [
        Plugin(
            name="fragile",
            api=">=1,<2",
            summary="Breaks when it is used",
            provides=(
                Provision(capability=FRAGILE, factory=fragile),
                Provision(capability=EMPTY, factory=lambda services: None),
                Provision(capability=CHOICES, factory=fragile),
            ),
        ),
        Plugin(
            name="sturdy",
            api=">=1,<2",
            summary="Offers a choice that can be made",
            provides=(Provision(capability=CHOICES, factory=lambda services: "sturdy"),),
        ),
    ]


async def test_a_capability_that_cannot_be_made_is_shown_and_tried_again(gestral: Kit) -> None:
    from gestral.errors import PluginError

    async def shown() -> str:
        answer = await gestral.client().get("/health/ready")
        return str(answer.json()["plugins"]["fragile"])

    fragile.mended = False
    assert await shown() == "loaded"
    with pytest.raises(PluginError, match="'fragile' failed to make fragile@1"):
        gestral.platform.get(FRAGILE)
    assert "making fragile@1 failed: ValueError" in await shown()
    assert "a secret detail" not in await shown()
    fragile.mended = True
    assert gestral.platform.get(FRAGILE) is fragile
    assert await shown() == "loaded"


async def test_who_cannot_make_its_choice_takes_nobody_elses_away(gestral: Kit) -> None:
    from gestral.errors import PluginError

    fragile.mended = False
    assert gestral.platform.all(CHOICES) == {"sturdy": "sturdy"}
    answer = await gestral.client().get("/health/ready")
    assert "making choices@1 failed" in answer.json()["plugins"]["fragile"]
    fragile.mended = True
    assert gestral.platform.all(CHOICES) == {"fragile": fragile, "sturdy": "sturdy"}
    with pytest.raises(PluginError, match="Several plugins may provide choices@1"):
        gestral.platform.find(CHOICES)


async def test_a_factory_that_returns_nothing_is_told_from_nobody_providing(gestral: Kit) -> None:
    from gestral.errors import PluginError

    with pytest.raises(PluginError, match="its factory returned nothing"):
        gestral.platform.get(EMPTY)


MIGRATION = """
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("{statement}")


def downgrade():
    op.execute("DROP TABLE IF EXISTS {name}.thing")
"""


def with_tables(name: str, statement: str, folder: Path) -> Plugin:
    from gestral.db import schema_metadata

    migrations = folder / name
    migrations.mkdir()
    (migrations / "0001_thing.py").write_text(MIGRATION.format(name=name, statement=statement))
    tables = Tables(metadata=lambda: schema_metadata(name), migrations=migrations)
    return Plugin(name=name, api=">=1,<2", summary="", tables=tables)


async def test_a_migration_that_fails_is_named_and_the_others_are_done(
    gestral: Kit, tmp_path: Path
) -> None:
    from gestral.db.migrate import downgrade, status, upgrade
    from gestral.errors import PluginError

    owner = gestral.platform.core_settings.database_owner_url
    make = "CREATE TABLE {0}.thing (id int)"
    broken = with_tables("site_broken", make.format("site_broken") + "; SELECT 1/0", tmp_path)
    sound = with_tables("site_sound", make.format("site_sound"), tmp_path)
    try:
        with pytest.raises(PluginError, match=r"other plugins are done: site_broken \("):
            upgrade(owner, (broken, sound))
        found = {one.plugin: one.current for one in status(owner, (broken, sound))}
        assert found == {"site_broken": "", "site_sound": "0001"}
        (tmp_path / "site_sound" / "0001_thing.py").rename(tmp_path / "newer.py")
        with pytest.raises(PluginError, match=r"site_sound \(.*0001"):
            upgrade(owner, (sound,))
        (tmp_path / "newer.py").rename(tmp_path / "site_sound" / "0001_thing.py")
    finally:
        downgrade(owner, sound, "base")
