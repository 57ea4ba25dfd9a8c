"""The command line: quick to start, clear when wrong, the whole platform behind `gestral up`."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path

import httpx
import psutil
from toy import Number, count

from gestral.app.registry import Entry
from gestral.capabilities import CLOCK
from gestral.cli.manifest import described
from gestral.plugin import Job, Panel, Plugin

COMMAND = [sys.executable, "-m", "gestral.cli"]


def gestral(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom gestral.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'litestar', 'sqlalchemy', 'numpy', 'boto3', 'aiohttp', 'rich', 'av', 'skia',"
        " 'prometheus_client', 'opentelemetry', 'asyncio'}\n"
        "found = heavy & set(sys.modules)\nassert not found, found"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert "worker" in answer.stdout


def test_what_is_wrong_is_one_line_and_exit_code_two() -> None:
    for arguments in (["nonsense"], ["db", "nonsense"], ["web", "--nonsense"]):
        answer = gestral(*arguments)
        assert answer.returncode == 2
        assert len(answer.stderr.splitlines()) == 1


def test_a_fault_of_ours_is_one_line_too() -> None:
    code = (
        "import sys\nfrom gestral.cli import main\n"
        "main.CORE_COMMANDS['doctor'] = ('json:nothing', '')\nmain.main(['doctor'])"
    )
    for debug in ("", "1"):
        answer = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GESTRAL_DEBUG": debug},
        )
        assert answer.returncode == 1
        assert ("Traceback" in answer.stderr) is bool(debug)
        assert "AttributeError" in answer.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    answer = gestral("db", "status", GESTRAL_DATA=str(tmp_path / "data"), GESTRAL_PORT="many")
    assert answer.returncode == 2
    assert "GESTRAL_PORT is 'many'" in answer.stderr


def test_the_manifest_lists_every_plugin() -> None:
    manifest = json.loads(gestral("manifest", "--json").stdout)
    assert manifest["plugins"][0]["name"] == "core"
    assert {one["state"] for one in manifest["plugins"]} == {"loaded"}


def test_the_manifest_tells_all_that_the_contract_has() -> None:
    document = json.loads(gestral("manifest").stdout)
    for one in document["plugins"]:
        assert {field.name for field in fields(Plugin)} <= one.keys(), one["name"]
    plugins = {one["name"]: one for one in document["plugins"]}
    secret = {
        setting["variable"]
        for one in (document, *document["plugins"])
        for setting in one["settings"]
        if setting["secret"]
    }
    assert {"GESTRAL_SECRET", "GESTRAL_METRICS_TOKEN"} <= secret
    assert "GESTRAL_PORT" not in secret
    shell = {"method": "GET", "path": "/api/v1/core/shell", "permission": ""}
    assert shell in plugins["core"]["routes"]
    assert plugins["core"]["tables"]["schema"] == "core"


def test_the_manifest_tells_code_by_its_name_and_files_by_theirs() -> None:
    job = Job(name="count", arguments=Number, run=partial(count), timeout=1.0)
    panel = Panel(name="page", title="Page", slot="page", module=Path("folder/page.js"))
    toy = Plugin(name="toy", api=">=1", summary="", requires=(CLOCK,), jobs=(job,), panels=(panel,))
    told = json.loads(json.dumps(described(Entry(name="toy", state="loaded", plugin=toy))))
    assert told["requires"] == ["clock@1"]
    assert told["jobs"][0]["run"] == "toy:count"
    assert told["jobs"][0].keys() == {field.name for field in fields(Job)}
    assert told["panels"][0]["module"] == "page.js"


def test_a_plugin_that_is_switched_off_says_so() -> None:
    names = [one["name"] for one in json.loads(gestral("manifest").stdout)["plugins"]]
    off = names[-1]
    found = json.loads(gestral("manifest", GESTRAL_PLUGINS_OFF=off).stdout)["plugins"]
    assert {one["name"]: one["state"] for one in found}[off] == "disabled"


def test_doctor_finds_an_unreachable_database() -> None:
    answer = gestral("doctor", GESTRAL_DATABASE_URL="postgresql://127.0.0.1:1/nothing")
    assert answer.returncode == 1
    assert "postgresql" in answer.stdout


def test_up_serves_until_it_is_stopped_and_leaves_no_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    arguments = ["up", "--data", str(data), "--no-demo", "--port", "18000"]
    for _ in range(2):  # the second start finds the data as it was
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert process.stdout is not None
        address = next(line.split()[-1] for line in process.stdout if "Open http" in line)
        assert httpx.get(f"{address}/health/ready").json()["ready"] is True
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2
        worker = next(one for one in children if "worker" in one.cmdline())
        worker.kill()
        next(line for line in process.stdout if "worker process died and was started again" in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        process.stdout.close()
        psutil.wait_procs(children, timeout=30)
        mine = [p for p in psutil.process_iter(["cmdline"]) if str(data) in str(p.info["cmdline"])]
        assert mine == []
