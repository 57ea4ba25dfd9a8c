"""`gestral plugins new`: what it writes is in form, and what cannot be is refused in one line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from gestral import __version__
from gestral.app.registry import RESERVED
from gestral.cli import template
from gestral.cli.template import TEMPLATES, render
from gestral.errors import ConflictError, InputError

LONGEST = "a" + "b" * 30


def gestral(*arguments: str, before: str = "") -> "subprocess.CompletedProcess[str]":
    code = f"import sys\n{before}\nfrom gestral.cli.main import main\nmain(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["guestbook", "my_plugin", "z", LONGEST])
def test_a_new_plugin_is_in_ruffs_form_whatever_its_name(name: str, tmp_path: Path) -> None:
    made = render(name, tmp_path)
    for command in (["check"], ["format", "--check"]):
        answer = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", str(made)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
    for file in filter(Path.is_file, made.rglob("*")):
        assert "cookiecutter" not in file.read_text() + file.name


def test_a_new_plugin_is_written_without_touching_the_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    answer = gestral("plugins", "new", "guestbook", "--folder", str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "gestral-guestbook" / "pyproject.toml").is_file()
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", "1st", "Loud", "a-b", "pg_x", LONGEST + "b", *sorted(RESERVED)]
)
def test_a_name_that_no_plugin_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a plugin's name: use"):
        render(name, tmp_path)


def test_what_is_there_already_is_not_written_over(tmp_path: Path) -> None:
    render("guestbook", tmp_path)
    with pytest.raises(ConflictError, match="folder gestral-guestbook already"):
        render("guestbook", tmp_path)
    with pytest.raises(ConflictError, match="installed already"):
        render("auth", tmp_path)


def test_what_pip_compiled_in_the_template_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "_template"
    shutil.copytree(TEMPLATES[1], installed)
    for folder in [*filter(Path.is_dir, installed.rglob("*"))]:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "code.pyc").write_bytes(b"\0")
    monkeypatch.setattr(template, "TEMPLATES", (installed,))
    made = render("guestbook", tmp_path)
    assert (made / "pyproject.toml").is_file()
    assert list(made.rglob("*.pyc")) == []


def test_a_missing_renderer_is_one_line_and_exit_code_two(tmp_path: Path) -> None:
    missing = "sys.modules['cookiecutter'] = None"
    answer = gestral("plugins", "new", "guestbook", "--folder", str(tmp_path), before=missing)
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert "Install gestral-core[testing]" in line


def test_a_new_plugin_asks_for_this_release_of_core() -> None:
    choices = json.loads((TEMPLATES[1] / "cookiecutter.json").read_text())
    assert __version__ in SpecifierSet(choices["gestral_core"])
