"""The program and the application know each other by image and environment alone."""

import ast
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[1]
PROGRAM = [DEPLOY / "__main__.py", *sorted((DEPLOY / "gestral_deploy").glob("*.py"))]


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.name)
def test_the_program_imports_no_application_code(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            imported.add(node.module.split(".")[0])
    assert {name for name in imported if name.startswith("gestral")} <= {"gestral_deploy"}
