"""The limited child against tasks that mean it ill."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from toy_limited import Found, Given

from gestral.errors import InputError, PluginError, TooLargeError
from gestral.limited import Limits, run_limited
from gestral.limited.messages import Request
from gestral.limited.parent import AT_ONCE

OVERRUN = InputError("It could not be read.", code="unreadable")


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - what happens in another process sets no event
        await asyncio.sleep(0.01)


async def ask(task: str, given: Given = Given(), limits: Limits = Limits()) -> str:  # noqa: B008
    found = await run_limited(f"toy_limited:{task}", given, Found, overrun=OVERRUN, limits=limits)
    return found.text


async def test_a_task_is_given_its_arguments_and_gives_its_result() -> None:
    assert await ask("echo", Given("ab", 300_000)) == "ab" * 300_000


async def test_what_a_library_prints_is_no_part_of_the_answer() -> None:
    assert await ask("print_noise") == "heard"


@pytest.mark.parametrize(
    ("task", "limits"),
    [
        ("spin", Limits(cpu=1)),
        ("spin", Limits(clock=0.5)),
        ("hoard", Limits()),
        ("answer_much", Limits(answer=1_000_000)),
        ("answer_endlessly", Limits(answer=1_000_000)),
        ("answer_nonsense", Limits()),
        ("answer_deeply", Limits()),
        ("answer_otherwise", Limits()),
        ("die", Limits()),
        ("leave", Limits()),
        ("recurse", Limits()),
        ("fail", Limits()),
        ("blame_the_operator", Limits()),
        ("echo", Limits(memory=1_000_000)),
    ],
)
async def test_whatever_goes_wrong_in_a_child_is_the_one_error_that_was_named(
    task: str, limits: Limits
) -> None:
    with pytest.raises(InputError) as caught:
        await ask(task, Given("x", 2_000_000), limits)
    assert caught.value is OVERRUN


async def test_a_child_cannot_fill_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with pytest.raises(InputError) as caught:
        await ask("write_much", Given(str(file)), Limits(output=3_000_000))
    assert caught.value is OVERRUN
    assert file.stat().st_size <= 3_000_000


async def test_an_error_that_a_task_names_is_the_same_error_here() -> None:
    with pytest.raises(InputError) as caught:
        await ask("refuse")
    error = caught.value
    assert (error.message, error.hint, error.code) == (
        "It will not do.",
        "Give another.",
        "will-not-do",
    )
    with pytest.raises(TooLargeError) as large:
        await ask("refuse_size")
    assert len(large.value.message) == 2_000


@pytest.mark.parametrize("task", ["no_such_module:echo", "toy_limited:no_such_task"])
async def test_a_task_that_does_not_exist_is_its_plugins_fault(task: str) -> None:
    with pytest.raises(PluginError, match=task):
        await run_limited(task, Given(), Found, overrun=OVERRUN)


async def test_a_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GESTRAL_DATABASE_URL", "postgresql://hush")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("PYTHONPATH", "/hush")
    assert "hush" not in await ask("environment")


async def test_a_child_imports_what_its_parent_could_but_nothing_from_where_it_happens_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "msgspec.py").write_text("raise SystemExit('taken over')")
    assert "''" not in await ask("folder")


async def test_who_is_cancelled_leaves_no_child_behind(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    task = asyncio.create_task(ask("wait", Given(str(file))))
    await until(lambda: file.exists() and file.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


async def test_a_child_that_outlives_its_parent_ends_by_itself() -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ALONE), stdin=asyncio.subprocess.PIPE
    )
    arguments = msgspec.msgpack.encode(Given())
    request = Request(Limits(cpu=60, clock=0.5), sys.path, "toy_limited:spin", arguments)
    await child.communicate(msgspec.msgpack.encode(request))
    assert child.returncode == -signal.SIGALRM


ALONE = """
from gestral.limited import child
child.GRACE = 0.1
child.main()
"""


async def test_only_so_many_children_run_at_once(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(AT_ONCE + 1)]
    tasks = [asyncio.create_task(ask("wait", Given(str(file)))) for file in files]
    await until(lambda: len(list(tmp_path.iterdir())) == AT_ONCE)
    assert not files[-1].exists()
    for task in tasks[:-1]:
        task.cancel()
    await until(files[-1].exists)
    tasks[-1].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
