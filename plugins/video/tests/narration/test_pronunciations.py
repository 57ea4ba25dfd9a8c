"""Pronunciations of somebody's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import InputError
from gestral_video.narration.pronunciations import pronounced, read_pronunciations
from gestral_video.script.spoken import spoken_tokens

FILE = """
# Names of our house
Gestral = jess-trall
gif = jiff
Nguyễn = win
"""


def said(text: str, **pronunciations: str) -> str:
    tokens = pronounced(spoken_tokens(text), pronunciations)
    assert [token.written for token in tokens] == text.split()
    return " ".join(token.spoken for token in tokens)


def test_a_file_names_a_word_a_line() -> None:
    assert read_pronunciations(FILE, "x") == {
        "Gestral": "jess-trall",
        "gif": "jiff",
        "Nguyễn": "win",
    }


@pytest.mark.parametrize("line", ["gif", "= jiff", "gif =", "two words = x", "a" * 300 + " = b"])
def test_a_line_that_says_nothing_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(InputError, match=r"Line 2 of words\.txt") as refused:
        read_pronunciations(f"gif = jiff\n{line}\n", "words.txt")
    assert refused.value.code == "bad-pronunciation"


def test_a_word_is_said_so_within_marks_with_any_capitals_and_in_the_genitive() -> None:
    assert said("A GIF, two “gif” and the gif's end.", gif="jiff") == (
        "A jiff, two jiff and the jiff's end."
    )


def test_the_capitals_that_are_given_come_first() -> None:
    assert said("polish the Polish.", polish="pollish", Polish="poe-lish") == (
        "pollish the poe-lish."
    )


def test_a_word_that_a_rule_reads_is_said_as_it_is_told() -> None:
    assert said("kubectl v2 costs $5", kubectl="cube cuttle", v2="vee two") == (
        "cube cuttle vee two costs five dollars"
    )


@given(st.text(max_size=40))
def test_without_pronunciations_nothing_changes(text: str) -> None:
    assert pronounced(spoken_tokens(text), {}) == spoken_tokens(text)
