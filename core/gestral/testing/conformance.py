"""The conformance suite: what every plugin must hold, whoever wrote it.

    pytest --pyargs gestral.testing.conformance --gestral-plugin greeter

or in the plugin's own tests: `from gestral.testing.conformance import *  # noqa: F403`.
"""

import inspect
import subprocess
import sys
import uuid
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, get_args

import msgspec
import psycopg
import pytest
from sqlalchemy import LargeBinary, UniqueConstraint, Uuid

from gestral.capabilities import CATALOGUE
from gestral.db.migrate import differences, downgrade, status, upgrade
from gestral.db.tenancy import organisation_column
from gestral.jobs.work import all_work
from gestral.plugin import API_PREFIX, CRITICAL_GROUP, ENTRY_POINT_GROUP, Plugin, Role
from gestral.testing.handlers import faults, handlers_below
from gestral.testing.kit import Kit
from gestral.testing.tenants import belongings, fill, open_to, operations, trespasses

if TYPE_CHECKING:
    from sqlalchemy import Table

HEAVY = (
    *("litestar", "sqlalchemy", "alembic", "numpy", "boto3", "aiohttp", "saq", "psycopg"),
    *("opentelemetry", "prometheus_client"),
)
"""What a plugin's value must not import: it is read by every command, `gestral --help` too."""


@pytest.fixture(scope="session")
def plugin(gestral_plugins: Sequence[Plugin], pytestconfig: pytest.Config) -> Plugin:
    """The plugin that the suite looks at: the one named, else the first under test."""
    chosen = pytestconfig.getoption("--gestral-plugin")
    return next((one for one in gestral_plugins if one.name == chosen), gestral_plugins[0])


def test_it_is_found_by_an_entry_point_of_its_name(plugin: Plugin) -> None:
    found = entry_points(group=ENTRY_POINT_GROUP, name=plugin.name)
    assert [point.load() for point in found] == [plugin]


def test_its_distribution_says_as_well_whether_it_is_critical(plugin: Plugin) -> None:
    assert (plugin.name in entry_points(group=CRITICAL_GROUP).names) is plugin.critical


async def test_core_loads_it(gestral: Kit, plugin: Plugin) -> None:
    states = {one.name: (one.state, one.reason) for one in gestral.platform.registry.entries}
    assert states[plugin.name] == ("loaded", "")


def test_reading_its_value_imports_nothing_heavy(plugin: Plugin) -> None:
    (point,) = entry_points(group=ENTRY_POINT_GROUP, name=plugin.name)
    code = f"import sys, {point.module}; print(*sorted(sys.modules))"
    answer = subprocess.run(  # noqa: S603 - runs this very Python
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert set(answer.stdout.split()).isdisjoint(HEAVY)


async def test_nobody_reaches_a_route_that_is_not_public(gestral: Kit, plugin: Plugin) -> None:
    prefix = f"{API_PREFIX}/{plugin.name}"
    client = gestral.client()
    for route in gestral.app.routes:
        if not route.path.startswith(prefix):
            continue
        path = "/".join(
            "00000000-0000-0000-0000-000000000000" if part.startswith("{") else part
            for part in route.path.split("/")
        )
        for handler in getattr(route, "route_handlers", []):
            if handler.opt.get("public") or handler.opt.get("permission") is None:
                continue
            for method in handler.http_methods:
                answer = await client.request(method, path)
                assert answer.status_code == 401, (method, path, answer.text)


async def test_its_handlers_take_and_return_what_is_named_alone(
    gestral: Kit, plugin: Plugin
) -> None:
    found = {
        f"{' '.join(sorted(handler.http_methods))} {path}": wrong
        for path, handler in handlers_below(gestral.app, f"{API_PREFIX}/{plugin.name}/")
        if (wrong := faults(handler))
    }
    assert not found, found


async def test_its_capabilities_can_be_made(gestral: Kit, plugin: Plugin) -> None:
    for provision in plugin.provides:
        if provision.capability.many:
            assert plugin.name in gestral.platform.all(provision.capability)
        else:
            assert gestral.platform.get(provision.capability) is not None


def test_what_jobs_take_is_kept_as_json(plugin: Plugin) -> None:
    for work in all_work((plugin,)).values():
        msgspec.json.schema(work.arguments)


def test_what_runs_jobs_is_asynchronous(plugin: Plugin) -> None:
    for work in all_work((plugin,)).values():
        assert inspect.iscoroutinefunction(work.run), work.name


def test_scheduled_jobs_need_no_arguments(plugin: Plugin) -> None:
    for job in plugin.jobs:
        if job.cron:
            job.arguments()


def test_its_settings_have_defaults(plugin: Plugin) -> None:
    if plugin.settings is not None:
        plugin.settings()


async def test_it_is_healthy(gestral: Kit, plugin: Plugin) -> None:
    for check in plugin.health:
        await check.check(gestral.platform)


async def test_its_metrics_can_be_read(gestral: Kit, plugin: Plugin) -> None:
    for metric in plugin.metrics:
        assert await metric.read(gestral.platform) >= 0


def test_its_panels_define_their_elements(plugin: Plugin) -> None:
    for panel in plugin.panels:
        element = f"gestral-{plugin.name.replace('_', '-')}-{panel.name}"
        assert element in panel.module.read_text(), f"{panel.module.name} defines no {element}"


def test_its_tables_lie_in_its_own_schema(plugin: Plugin) -> None:
    for table in _tables(plugin):
        assert table.schema == plugin.name, table.name


def test_no_foreign_key_leaves_its_schema(plugin: Plugin) -> None:
    for table in _tables(plugin):
        for key in table.foreign_keys:
            assert key.column.table.schema == plugin.name, f"{table.name}: {key.target_fullname}"


async def test_its_migrations_make_what_its_models_say(gestral: Kit, plugin: Plugin) -> None:
    if plugin.tables is not None:
        owner = gestral.platform.core_settings.database_owner_url
        assert differences(owner, plugin) == []


async def test_its_migrations_can_be_undone_and_done_again(gestral: Kit, plugin: Plugin) -> None:
    if plugin.tables is not None:
        owner = gestral.platform.core_settings.database_owner_url
        downgrade(owner, plugin, "base")
        assert upgrade(owner, (plugin,)) == [plugin.name]
        assert all(one.up_to_date for one in status(owner, (plugin,)))


def test_no_index_tells_of_another_organisations_rows(plugin: Plugin) -> None:
    """A unique index without the organisation is refused where somebody else has the value."""
    for table in _tables(plugin):
        column = organisation_column(table)
        if not column or "shared" in table.info:
            continue
        unique = [index.columns for index in table.indexes if index.unique]
        unique += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
        for columns in unique:
            # What nobody can guess tells nothing: ids are random, and so are hashes of tokens.
            guessable = [one for one in columns if not isinstance(one.type, (Uuid, LargeBinary))]
            assert column in columns or not guessable, (
                f"{table.name}: {[one.name for one in columns]} is unique over all organisations; "
                "add the organisation, or say why not in the table's info under 'shared'"
            )


def test_every_table_says_whose_its_rows_are(plugin: Plugin) -> None:
    for table in _tables(plugin):
        assert organisation_column(table) or table.info.get("unowned"), (
            f"{table.name} has no organisation_id, so that everybody sees all of its rows; "
            "add the column, or say why not in the table's info under 'unowned'"
        )


async def test_plain_sql_sees_the_rows_of_one_organisation_alone(
    gestral: Kit, plugin: Plugin
) -> None:
    hers, theirs = _fill_two(gestral)
    with psycopg.connect(gestral.platform.core_settings.database_url) as connection:
        for table in _tables(plugin):
            column = organisation_column(table)
            if column:
                assert open_to(connection, table, column, hers, theirs) == [], table.name


async def test_no_operation_tells_a_stranger_of_another_organisation(
    gestral: Kit, plugin: Plugin
) -> None:
    hers, theirs = _fill_two(gestral)
    owner = gestral.platform.core_settings.database_owner_url
    before = belongings(owner, gestral.platform.registry.plugins, hers)
    told = operations(gestral.app, f"{API_PREFIX}/{plugin.name}/")
    strangers = [gestral.client()]
    if gestral.knows_people:
        granted = gestral.platform.get(CATALOGUE).granted
        people = [gestral.user(*granted(role), organisation_id=theirs) for role in get_args(Role)]
        strangers += map(gestral.client, people)
    for stranger in strangers:
        assert await trespasses(stranger, told, before) == []
    assert belongings(owner, gestral.platform.registry.plugins, hers) == before


def _fill_two(gestral: Kit) -> tuple[uuid.UUID, uuid.UUID]:
    """Put a row of each of two organisations into every table."""
    hers, theirs = uuid.uuid4(), uuid.uuid4()
    for organisation in (hers, theirs):
        owner = gestral.platform.core_settings.database_owner_url
        fill(owner, gestral.platform.registry.plugins, organisation)
    return hers, theirs


def _tables(plugin: Plugin) -> list["Table"]:
    return list(plugin.tables.metadata().tables.values()) if plugin.tables else []
