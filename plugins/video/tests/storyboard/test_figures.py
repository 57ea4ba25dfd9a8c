"""Key figures: which numbers are the point of their sentence, and what is shown of them."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral_video.articles.article import Paragraph
from gestral_video.storyboard.figures import SECONDS_APART, key_figure
from gestral_video.storyboard.storyboard import FigureScene, Storyboard


@pytest.mark.parametrize(
    ("sentence", "before", "figure", "after"),
    [
        ("Revenue grew by 12.5 % last year.", "Revenue grew by", "12.5 %", "last year"),
        ("In 2023, they made $3.2 billion.", "they made", "$3.2 billion", ""),
        ("It is 3× faster than before.", "It is", "3×", "faster than before"),
        ("It took 10 times as long.", "It took", "10 times", "as long"),
        ("Over 1,200 people came, and it rained.", "Over", "1,200", "people came"),
        ("The answer came within 4 ms.", "The answer came within", "4 ms", ""),
        ("On 11 March we lost 40 percent of it.", "On 11 March we lost", "40 percent", "of it"),
    ],
)
def test_a_number_that_is_the_point_of_its_sentence_is_found(
    sentence: str, before: str, figure: str, after: str
) -> None:
    found = key_figure(sentence)
    assert found
    assert (found.before, found.text, found.after) == (before, figure, after)


@pytest.mark.parametrize(
    "sentence",
    [
        "The bridge was finished in 1905.",
        "We moved to Python 3 at last.",
        "See figure 12 for the rest.",
        "Version 2.14.1 is out now.",
        "It fell from 50 ms to 20 ms.",
        "There were 7 dwarfs.",
        "Even if 0.17 becomes stable, we wait.",
        "Running that prints 42 as expected.",
        "We are 100 % sure of that.",
        "The train leaves at 10:30 every day.",
        "They met on 11 March 2024 in Oslo.",
        "The 2,048-bit key is long enough.",
        "An HTTP/2 stream takes 64 KB of it.",
        "The key is 12345678901234567890 exactly.",
        "It is 45 % " + "of all the things that anybody could think of " * 3,
    ],
)
def test_other_numbers_are_left_in_their_sentences(sentence: str) -> None:
    assert key_figure(sentence) is None


@given(st.text(st.sampled_from("ab 0123456789.,%$×x-"), max_size=60))
def test_a_figure_is_made_of_the_words_of_its_sentence(sentence: str) -> None:
    found = key_figure(sentence)
    if found:
        assert sentence[found.start :].startswith(found.text)
        around = re.sub(r"\s+", "", found.before + found.text + found.after)
        assert around in re.sub(r"\s+", "", sentence)


def test_key_figures_stand_alone_far_apart_and_the_best_first(
    storyboard: Callable[..., Storyboard],
) -> None:
    said = [(f"b{i}", f"We counted {i}7 stones in all that time.") for i in range(1, 20)]
    said.insert(6, ("b99", "But 45 % of them were gone."))
    board = storyboard([Paragraph(id=i, text=t) for i, t in said], said)
    figures = [scene for scene in board.scenes if isinstance(scene, FigureScene)]
    assert "45 %" in [scene.figure for scene in figures]
    assert len(figures) > 1
    starts, at = [], 0.0
    for scene in board.scenes:
        if isinstance(scene, FigureScene):
            starts.append(at)
            assert len(scene.cues) == 1
        at += scene.duration
    # Only silence before a scene's first word can bring two of them nearer.
    assert all(after - before > SECONDS_APART - 1 for before, after in pairwise(starts))


def test_a_figure_arrives_when_it_has_been_spoken(storyboard: Callable[..., Storyboard]) -> None:
    text = "But 45 percent of them were gone."
    board = storyboard([Paragraph(id="b1", text=text)], [("b1", text)])
    scene = board.scenes[1]
    assert isinstance(scene, FigureScene)
    words = scene.cues[0].words
    assert (scene.begins, scene.arrives) == (words[1].start, words[2].end)
