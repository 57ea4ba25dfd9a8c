"""The worked example is a plugin that works: built, installed and tested as its author would."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from reading import DOCS, titled_blocks


def test_the_example_plugin_builds_installs_and_passes_its_tests(tmp_path: Path) -> None:
    package, installed = tmp_path / "package", tmp_path / "installed"
    for name, content in titled_blocks(DOCS / "tutorial.md").items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    run(package, "hatchling", "build", "--target", "wheel")
    # A pure wheel is installed by unpacking it: entry points are found beside the package.
    (wheel,) = (package / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(installed)
    # From another folder, so that what is tested is the wheel and not the sources; with the kit's
    # own pytest plugins, and none of those that happen to be on this machine.
    answer = run(
        *(tmp_path, "pytest", str(package / "tests"), "-c", str(package / "pyproject.toml")),
        *(
            "--disable-plugin-autoload",
            "-p",
            "pytest_asyncio.plugin",
            "-p",
            "gestral.testing.plugin",
        ),
        *("-p", "no:cacheprovider"),
        path=installed,
    )
    assert " passed" in answer
    assert "skipped" not in answer


def run(folder: Path, module: str, *arguments: str, path: Path | None = None) -> str:
    answer = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(path or "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout
