"""The contract: what type checkers refuse, what core must not know."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CASES = Path(__file__).parent / "typing_cases.py"
SOURCES = Path(__file__).parents[2] / "gestral"


def wrong_lines() -> set[int]:
    lines = CASES.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def test_mypy_refuses_wrong_factories_jobs_and_listeners_and_nothing_else() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(CASES)],
        capture_output=True,
        text=True,
        cwd=CASES.parent,
        check=False,
    )
    found = {int(match[1]) for match in re.finditer(r":(\d+): error:", answer.stdout)}
    assert found == wrong_lines(), answer.stdout + answer.stderr


def test_pyright_refuses_the_same() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, CASES],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        diagnostics = json.loads(answer.stdout)["generalDiagnostics"]
    except json.JSONDecodeError:
        pytest.skip(f"pyright could not run: {answer.stderr.strip()[:200]}")
    found = {one["range"]["start"]["line"] + 1 for one in diagnostics if one["severity"] == "error"}
    assert found == wrong_lines()


def test_core_names_no_plugin_of_ours() -> None:
    forbidden = re.compile(r"gestral_(auth|email|video)|gestral-(auth|email|video)")
    for file in SOURCES.rglob("*.py"):
        assert not forbidden.search(file.read_text()), file


def test_deploy_and_scripts_import_no_application_code() -> None:
    files = [*ROOT.glob("deploy/gestral_deploy/*.py"), *ROOT.glob("db_scripts/*.py")]
    if not files:
        pytest.skip("deploy/ and db_scripts/ are not beside these tests")
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                package = name.partition(".")[0]
                assert not package.startswith("gestral") or package == "gestral_deploy", file
