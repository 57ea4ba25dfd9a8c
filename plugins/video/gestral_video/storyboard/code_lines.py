"""Code: which of its lines a sentence speaks of, and which sentences beside it show it.

A word of a sentence names a line when it is an identifier of the code, letter for letter, that is
not an everyday word too; the first line that has it is meant. A word that cannot be anything but
code (it has an underscore, a digit, a dot, brackets or a capital inside) makes a sentence of the
paragraph right before or after the code show it as well.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from gestral_video.articles.article import Article, Code, Paragraph
from gestral_video.storyboard.groups import Common, Group, Part
from gestral_video.storyboard.storyboard import CodeScene, Mark

__all__ = ("code_scene", "show_code")

MOST_SECONDS = 20.0
"""For which code may stand."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*(?:(?:\.|::|->)[^\W\d]\w*)*")
_CODE_LIKE = re.compile(r"\w[_.:>]+\w|[a-z][A-Z]|[^\W\d]\d|\w\(|^_|^--?\w")
_ENGLISH = """
about after all also and any are array assert back because before between body both break but call
can case catch change class code column command const content continue create data date default
delete do does each else end error event every example exit export false few file find first for
from function get give goto group has have head help here how if import in index input int into is
it item its just key last length less let like line list long look make many map match method more
most must name never new next no none not null number object of on one only open or other out
output over own page part pass path place print public put raise range read real result return run
same second see select self send set should show side so some start state static step stop string
struct table take test text than that the them then there these they this throw time to true try
two type under until up update use user using value var very view void was way we well what when
where which while will with word work write yes yield you your
"""
_EVERYDAY = frozenset(_ENGLISH.split())
"""Words of English that are words of code too: they name a line only when written as code."""


def show_code(article: Article, groups: Sequence[Group]) -> list[Group]:
    """The groups, with the sentences that name identifiers of the code beside them showing it."""
    beside: dict[str, list[Code]] = {}
    for before, after in zip(article.blocks, article.blocks[1:], strict=False):
        if isinstance(before, Paragraph) and isinstance(after, Code):
            beside.setdefault(before.id, []).append(after)
        if isinstance(before, Code) and isinstance(after, Paragraph):
            beside.setdefault(after.id, []).append(before)
    told: list[Group] = []
    for piece in (piece for group in groups for piece in _parted(group, beside)):
        last = told[-1] if told else None
        same = last and last.kind == piece.kind == "code" and last.block is piece.block
        if same and last and last.seconds + piece.seconds <= MOST_SECONDS:
            last.parts += piece.parts
            continue
        told.append(piece)
    return told


def _parted(group: Group, beside: dict[str, list[Code]]) -> Iterator[Group]:
    near = beside.get(group.block.id, []) if group.block else []
    if group.kind != "text" or not near:
        yield group
        return

    def code_of(part: Part) -> int:
        named = (i for i, code in enumerate(near) if _marks(code.text, [part], surely=True))
        return next(named, -1)

    for index, parts in groupby(group.parts, code_of):
        if index < 0:
            yield replace(group, parts=list(parts))
        else:
            yield replace(group, kind="code", block=near[index], parts=list(parts))


def _marks(code: str, parts: Sequence[Part], *, surely: bool = False) -> list[tuple[int, float]]:
    """The lines that are spoken of, from 0, and when; `surely` those that only code can mean."""
    lines: dict[str, int] = {}
    for number, line in enumerate(code.split("\n")):
        for name in _IDENTIFIER.findall(line):
            for word in (name, *re.split(r"\W+", name)):
                lines.setdefault(word, number)
    marks: list[tuple[int, float]] = []
    at = 0.0
    for part in parts:
        for word in part.words:
            bare = word.text.strip("\"'“”‘’`,;:!?").rstrip(".")  # noqa: RUF001 - quotation marks
            like = bool(_CODE_LIKE.search(bare))
            found = _IDENTIFIER.search(bare)
            name = found.group() if found else ""
            plain = len(name) > 3 and name.casefold() not in _EVERYDAY
            if name in lines and (like or (plain and not surely)):
                marks.append((lines[name], at + word.start))
        at += part.length + part.pause
    return marks


def code_scene(common: Common, group: Group) -> CodeScene:
    """The scene of a group that shows code."""
    code = group.block
    assert isinstance(code, Code)  # noqa: S101 - such groups are made of code
    text = code.text.strip("\n")
    marks = _marks(text, group.parts)
    kept = [mark for i, mark in enumerate(marks) if i == 0 or marks[i - 1][0] != mark[0]]
    return CodeScene(
        **common,
        code=text,
        language=code.language,
        marks=tuple(Mark(index=line, start=group.lead_in + start) for line, start in kept),
    )
