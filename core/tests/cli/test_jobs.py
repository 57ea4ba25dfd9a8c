"""`gestral jobs` on a real platform: what failed is seen, tried again, or cancelled."""

import json
import uuid
from collections.abc import Sequence

import pytest
import toy
from click.testing import CliRunner, Result

from gestral.capabilities import JOBS
from gestral.cli import jobs as commands
from gestral.cli.jobs import jobs
from gestral.plugin import Plugin
from gestral.testing.kit import Kit


@pytest.fixture(scope="session")
def gestral_plugins() -> Sequence[Plugin]:
    return [toy.plugin]


@pytest.fixture
async def failed(gestral: Kit) -> uuid.UUID:
    organisation = uuid.uuid4()
    async with gestral.transaction(organisation) as session:
        job_id = await gestral.platform.get(JOBS).enqueue(
            session, toy.COUNT, toy.Number(toy.THIRTEEN), key="thirteen"
        )
    await gestral.run_jobs()
    return job_id


async def call(gestral: Kit, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """Call a command on the kit's platform; the command's own loop becomes a thread's."""
    import asyncio

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(
        commands,
        "run",
        lambda task: asyncio.run_coroutine_threadsafe(task(gestral.platform), loop).result(30),
    )
    return await asyncio.to_thread(CliRunner().invoke, jobs, arguments, standalone_mode=True)


async def test_dead_letters_are_listed_with_their_reason(
    gestral: Kit, failed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = await call(gestral, monkeypatch, "list", "--state", "failed", "--json")
    (row,) = map(json.loads, listed.output.splitlines())
    assert (row["id"], row["reason"]) == (str(failed), "Thirteen will not do.")
    others = await call(gestral, monkeypatch, "list", "--state", "done", "--json")
    assert others.output == ""


async def test_a_list_says_how_to_go_on_while_there_is_more(
    gestral: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gestral.transaction(uuid.uuid4()) as session:
        call_for = gestral.platform.get(JOBS).enqueue
        first, second = [await call_for(session, toy.COUNT, toy.Number(n)) for n in (1, 2)]
    listed = await call(gestral, monkeypatch, "list", "--limit", "1")
    assert f"There are more: --after {second}" in listed.output
    last = await call(gestral, monkeypatch, "list", "--limit", "1", "--after", str(second))
    assert ("There are more" in last.output, str(second) in last.output) == (False, False)
    rest = await call(gestral, monkeypatch, "list", "--after", str(second), "--json")
    assert [json.loads(line)["id"] for line in rest.output.splitlines()] == [str(first)]


async def test_a_job_is_shown_whole(
    gestral: Kit, failed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = await call(gestral, monkeypatch, "show", str(failed))
    assert "Thirteen will not do." in shown.output
    assert '{"number": 13}' in shown.output


@pytest.mark.parametrize("by_name", [False, True])
async def test_what_failed_is_done_anew(
    gestral: Kit, failed: uuid.UUID, monkeypatch: pytest.MonkeyPatch, by_name: bool
) -> None:
    which = ["--all-failed", "--name", "toy.count"] if by_name else [str(failed)]
    answer = await call(gestral, monkeypatch, "retry", *which)
    assert (answer.exit_code, answer.output) == (0, f"{failed} will be done anew.\n")
    assert (await gestral.platform.get(JOBS).view(failed)).state == "waiting"
    again = await call(gestral, monkeypatch, "retry", str(failed))
    assert (again.exit_code, "nothing to try again" in again.output) == (2, True)


async def test_a_second_of_its_key_keeps_the_first_from_being_tried_again(
    gestral: Kit, failed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gestral.across_organisations() as session:
        from gestral.jobs.model import JobRow

        row = await session.get(JobRow, failed)
        assert row is not None
        organisation = row.organisation_id
    async with gestral.transaction(organisation) as session:
        await gestral.platform.get(JOBS).enqueue(session, toy.COUNT, toy.Number(1), key="thirteen")
    answer = await call(gestral, monkeypatch, "retry", str(failed))
    assert (answer.exit_code, "does the same already" in answer.output) == (2, True)


async def test_an_unfinished_job_is_cancelled_and_a_finished_one_is_not(
    gestral: Kit, failed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gestral.transaction(uuid.uuid4()) as session:
        waiting = await gestral.platform.get(JOBS).enqueue(session, toy.COUNT, toy.Number(1))
    answer = await call(gestral, monkeypatch, "cancel", str(waiting), str(failed))
    assert (answer.exit_code, f"{waiting} is cancelled." in answer.output) == (2, True)
    assert "is failed" in answer.output
    assert (await gestral.platform.get(JOBS).view(waiting)).state == "cancelled"


async def test_an_unknown_job_is_one_line(gestral: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = uuid.uuid4()
    answer = await call(gestral, monkeypatch, "cancel", str(unknown))
    assert (answer.exit_code, answer.output) == (2, f"gestral: There is no job {unknown}.\n")
