"""The tutorial, word by word: its files are written, its commands run, its output compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import Place

pytestmark = pytest.mark.wheels

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
TITLE = re.compile(r'\btitle="([^"]+)"')


@dataclass(frozen=True)
class Step:
    """A block of the page: a file to write, commands to run, or what these print."""

    kind: str
    name: str
    body: str


def steps() -> Iterator[Step]:
    """Read the page; a block that is none of the three fails."""
    for fence in FENCE.finditer(PAGE.read_text(encoding="utf-8")):
        info, body = fence["info"], fence["body"]
        if title := TITLE.search(info):
            yield Step("file", title[1], body)
        elif info == "sh":
            yield Step("commands", "", body)
        else:
            assert info == "text output", f"nobody knows what to do with a block of {info!r}"
            yield Step("output", "", body)


def lacking(expected: str, printed: str) -> str:
    """Return the first line that was not printed, in order; `...` stands for anything in a line."""
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    for line in expected.splitlines():
        parts = (re.escape(part) for part in " ".join(line.split()).split("..."))
        pattern = re.compile(".*".join(part.replace(r"\ ", r"\s*") for part in parts))
        if not any(pattern.fullmatch(found) for found in lines):
            return line
    return ""


def test_the_tutorial_works_word_by_word(place: Place) -> None:
    where = place.folder
    printed = ""
    for step in steps():
        if step.kind == "file":
            file = where / step.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.body, encoding="utf-8")
        elif step.kind == "commands":
            # What a block changes of the shell is kept for the next: the folder is.
            printed = place.run(f"cd {where}\n{step.body}\npwd > {place.folder}/where")
            where = Path((place.folder / "where").read_text().strip())
        else:
            assert not (line := lacking(step.body, printed)), f"{line!r} is not in:\n{printed}"
            printed = ""
    assert [*where.glob("gestral_guestbook/panels/*.js")], "the walk ended elsewhere"
