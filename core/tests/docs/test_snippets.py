"""The Python on the pages is sound: type checked, and its imports there.

The tutorial's blocks are files, which `nox -s plugins` writes, checks and runs.
"""

import subprocess
import sys
from pathlib import Path

from reading import FENCE, ROOT, TITLE, pages


def test_every_python_snippet_passes_the_type_checker_and_can_be_imported(tmp_path: Path) -> None:
    files = {}
    for page in pages():
        for number, fence in enumerate(FENCE.finditer(page.read_text(encoding="utf-8"))):
            if fence["info"].startswith("py") and not TITLE.search(fence["info"]):
                name = f"{page.relative_to(ROOT).with_suffix('').as_posix()}_{number}"
                file = tmp_path / f"{name.replace('/', '_').lower()}.py"
                file.write_text(fence["body"], encoding="utf-8")
                files[file] = page
    assert len(files) >= 2
    for command in (["-m", "mypy", "--strict", "--no-error-summary"], ["-c", IMPORT]):
        answer = subprocess.run(
            [sys.executable, *command, *map(str, files)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr


IMPORT = """
import importlib, pathlib, sys
sys.path.insert(0, "")
for path in sys.argv[1:]:
    importlib.import_module(pathlib.Path(path).stem)
"""
