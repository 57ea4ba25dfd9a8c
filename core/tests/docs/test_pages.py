"""All pages: their links lead somewhere, their commands exist, and every code is explained."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from reading import DOCS, FENCE, ROOT, pages, prose

from gestral.cli.main import cli

PAGES = list(pages())
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|`|\$ )gestral((?: +[a-z][a-z-]*| +-{1,2}[a-z][a-z-]*)*)", re.MULTILINE)
CODE = re.compile(
    r'\b(?:code|default_code)(?:: ClassVar\[str\])? ?= ?"([a-z]+(?:-[a-z]+)*)"'
    r'|problem\(\s*\d{3},\s*"([a-z-]+)"'
    r'|\d{3}: \("([a-z-]+)", "'
)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(page)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 1
        while (one := anchor if number == 1 else f"{anchor}-{number - 1}") in found:
            number += 1
        found.add(one)
    return found


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} is not there"
        if anchor:
            assert anchor in anchors(target), f"{link}: there is no such heading"


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words after `gestral` wherever a page gives a command, in code alone."""
    text = page.read_text(encoding="utf-8")
    code = [fence["body"] for fence in FENCE.finditer(text) if not fence["info"].startswith("py")]
    code += re.findall(r"`gestral [^`\n]+`", prose(page))
    for match in COMMAND.finditer("\n".join(code)):
        yield match[1].split()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_option_exists(page: Path) -> None:
    for words in commands(page):
        command: click.Command = cli
        context = click.Context(cli)
        for word in words:
            if word.startswith("-"):
                options = {name for one in command.params for name in one.opts + one.secondary_opts}
                options |= {"--help", "-h"}
                assert word in options, f"`gestral {' '.join(words)}`: no option {word}"
            elif isinstance(command, click.Group):
                found = command.get_command(context, word)
                assert found is not None, f"`gestral {' '.join(words)}`: no command {word}"
                command = found
            else:
                break


def test_every_command_of_core_is_described_for_operators() -> None:
    text = (DOCS / "operating.md").read_text(encoding="utf-8")
    context = click.Context(cli)
    for name in cli.list_commands(context):  # type: ignore[attr-defined]
        command = cli.get_command(context, name)  # type: ignore[attr-defined]
        inner = sorted(command.commands) if isinstance(command, click.Group) else [""]
        for one in inner:
            assert f"| `gestral {f'{name} {one}'.strip()}` |" in text


def sessions() -> set[str]:
    """Return the names of nox's sessions, read from the file without running it."""
    found: set[str] = set()
    for part in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        for decorator in getattr(part, "decorator_list", []):
            if ast.unparse(decorator).startswith("nox.session"):
                keywords = {one.arg: one.value for one in getattr(decorator, "keywords", [])}
                name = keywords.get("name")
                found.add(str(name.value) if isinstance(name, ast.Constant) else part.name)
    return found


def test_every_session_of_nox_is_described_and_no_other() -> None:
    named = {
        name
        for page in PAGES
        for name in re.findall(r"nox -s ([a-z0-9]+)", page.read_text(encoding="utf-8"))
    }
    assert named <= sessions()
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert sorted(one for one in sessions() if f"nox -s {one}" not in contributing) == []


def sources() -> Iterator[Path]:
    for folder in ("core/gestral", "plugins"):
        for file in (ROOT / folder).rglob("*.py"):
            if "tests" not in file.parts:
                yield file


def test_every_code_has_a_row_on_the_page_of_errors_and_no_other_has() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources())
    raised = {"".join(found) for found in CODE.findall(text)}
    assert "overloaded" in raised, "the pattern finds too little"
    rows = re.findall(r"^\| (`.+?`) \|", (DOCS / "errors.md").read_text("utf-8"), re.MULTILINE)
    described = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    members = {"code", "status", "detail", "hint", "errors"}
    assert raised - described == set()
    assert described - members - raised == set()
