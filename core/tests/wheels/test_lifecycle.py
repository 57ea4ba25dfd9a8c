"""A plugin comes, grows, goes back and goes, by wheels of two releases, on a real PostgreSQL."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import Place

pytestmark = pytest.mark.wheels

SECOND = '''"""Notes may have a colour."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("note", sa.Column("colour", sa.String(20)), schema="{name}")


def downgrade() -> None:
    op.drop_column("note", "colour", schema="{name}")
'''
WORK = """
import os, psycopg
with psycopg.connect(os.environ["GESTRAL_DATABASE_OWNER_URL"]) as connection:
    connection.execute(
        "INSERT INTO core.schedule (name, due) VALUES ('diary.tidy', now()), ('diary2.tidy', now())"
    )
    connection.execute(
        "INSERT INTO diary.note (id, organisation_id, user_id, text, created_at, updated_at) "
        "VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'hello', now(), now())"
    )
"""


@pytest.fixture(scope="module")
def site(place: Place) -> Iterator[Place]:
    """Core alone, with wheels of `diary` 1 and 2 and of its neighbour `poems` beside it."""
    place.run("uv venv --quiet && uv pip install --quiet 'gestral-core[embedded,testing]'")
    for name in ("diary", "poems"):
        place.run(f"gestral plugins new {name} && uv build --quiet --wheel gestral-{name}")
    project = place.folder / "gestral-diary"
    grow(project, "diary")
    place.run("uv build --quiet --wheel gestral-diary")
    place.run("uv pip install --quiet gestral-*/dist/*-0.1.0-*.whl")
    # The commands share its services, so that not each starts PostgreSQL anew.
    with place.meanwhile("python -m gestral.embedded -- cat"):
        yield place


def grow(project: Path, name: str) -> None:
    """Make the second release of a new plugin: it has a column more."""
    configuration = project / "pyproject.toml"
    configuration.write_text(configuration.read_text().replace("0.1.0", "0.2.0"))
    package = project / f"gestral_{name}"
    (package / "migrations" / "0002_colour.py").write_text(SECOND.format(name=name))
    models = package / "models.py"
    column = "    colour: Mapped[str | None] = mapped_column(String(20))\n"
    models.write_text(models.read_text() + column)


def install(place: Place, release: str) -> None:
    place.run(f"uv pip install --quiet gestral-diary/dist/*-{release}-*.whl")


def status(place: Place) -> dict[str, str]:
    """Return what `gestral db status` says of each plugin."""
    lines = place.call("gestral db status").stdout.splitlines()
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines}


def test_a_plugin_is_upgraded_taken_back_and_purged_while_its_neighbour_runs_on(
    site: Place,
) -> None:
    assert site.run("gestral db upgrade") == "Migrated core, diary, poems.\n"
    (site.folder / "work.py").write_text(WORK)
    site.run("python -m gestral.embedded -- python work.py")

    install(site, "0.2.0")
    assert status(site)["diary"] == "0001 behind 0002"
    assert site.run("gestral db upgrade && gestral db check").startswith("Migrated diary.\n")

    # The older release meets the newer one's tables: it says so, and its neighbours migrate.
    install(site, "0.1.0")
    told = status(site)
    assert "0002 revision 0002 is unknown to this release, whose newest is 0001" in told["diary"]
    assert told["poems"] == "0001 up to date"
    site.run("gestral db downgrade poems base --yes")
    answer = site.call("gestral db upgrade")
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "`gestral db downgrade diary 0001`" in answer.stderr
    assert status(site)["poems"] == "0001 up to date"
    start = site.call("gestral worker")
    assert start.returncode == 2
    assert "The tables of diary cannot be used: revision 0002 is unknown" in start.stderr

    # The way back is the newer release's.
    install(site, "0.2.0")
    assert site.run("gestral db downgrade diary 0001 --yes") == "diary is at 0001 now.\n"
    install(site, "0.1.0")
    assert status(site)["diary"] == "0001 up to date"
    site.run("gestral db check")

    refused = site.call("gestral plugins purge diary --yes")
    assert (refused.returncode, "'diary' is loaded" in refused.stderr) == (2, True)
    off = {"GESTRAL_PLUGINS_OFF": "diary"}
    assert "diary" not in site.run("gestral db status", **off)

    site.run("uv pip uninstall --quiet gestral-diary")
    assert status(site).keys() == {"core", "poems"}
    assert site.run("gestral db upgrade") == "Nothing to migrate.\n"
    unsure = site.call("echo poems | gestral plugins purge diary")
    assert (unsure.returncode, "'poems' is not 'diary'" in unsure.stderr) == (2, True)
    shown = [" ".join(line.split()) for line in unsure.stdout.splitlines()]
    assert shown == ["Of diary there is:", "diary.note 1 rows", "core.schedule 1 rows"]
    assert "Purged diary." in site.run("echo diary | gestral plugins purge diary")
    assert site.run("gestral plugins purge diary") == "There is nothing of diary.\n"
    assert "core.schedule" in site.run("gestral plugins purge diary2 --yes")

    # What comes back begins anew.
    install(site, "0.2.0")
    assert site.run("gestral db upgrade") == "Migrated diary.\n"
    states = {
        one["name"]: one["state"]
        for one in json.loads(site.run("gestral manifest --json"))["plugins"]
    }
    assert states == {"core": "loaded", "diary": "loaded", "poems": "loaded"}
