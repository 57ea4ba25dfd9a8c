"""Code: the line that a sentence speaks of."""

from collections.abc import Callable

import pytest

from gestral_video.articles.article import Code, Paragraph
from gestral_video.storyboard.storyboard import CodeScene, Storyboard, TextScene

Compose = Callable[..., Storyboard]

CODE = Code(
    id="b2",
    language="python",
    text="""
from math import cosh

def arch_height(x, sag):
    return sag * cosh(x / sag)
""",
)


def scene_of(storyboard: Compose, text: str, *, cites: str = "b2") -> object:
    blocks = [Paragraph(id="b1", text="Before."), CODE, Paragraph(id="b3", text=text)]
    return storyboard(blocks, [("b1", "Before."), (cites, text)]).scenes[2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Here cosh does the work.", [0]),
        ("Then `arch_height()` takes the sag, and cosh comes in.", [2, 0]),
        ("The word from and the word return say nothing.", []),
        ("Cosh is another word.", []),
    ],
)
def test_a_line_is_lit_when_an_identifier_of_it_is_spoken(
    storyboard: Compose, text: str, lines: list[int]
) -> None:
    scene = scene_of(storyboard, text)
    assert isinstance(scene, CodeScene)
    assert [mark.index for mark in scene.marks] == lines
    assert scene.code == CODE.text.strip("\n")
    starts = [mark.start for mark in scene.marks]
    assert starts == sorted(starts)


def test_a_paragraph_beside_code_shows_it_only_if_it_surely_speaks_of_it(
    storyboard: Compose,
) -> None:
    named = scene_of(storyboard, "So arch_height is all we need.", cites="b3")
    assert isinstance(named, CodeScene)
    assert [mark.index for mark in named.marks] == [2]
    assert isinstance(scene_of(storyboard, "So cosh is all we need.", cites="b3"), TextScene)
