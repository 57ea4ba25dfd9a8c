"""Reading aloud: a table of cases, and the laws that hold for any text."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral_video.script.alignment import align
from gestral_video.script.spoken import RULES, spoken, spoken_tokens

TABLE = Path(__file__).with_name("spoken.txt").read_text("utf-8")
KINDS = {
    kind.strip(): [
        tuple(part.strip() for part in line.partition("  =>")[::2])
        for line in cases.splitlines()
        if line
    ]
    for kind, _, cases in (part.partition("\n") for part in TABLE.split("\n## ")[1:])
}


def test_the_table_holds_no_case_twice() -> None:
    cases = [written for kind in KINDS.values() for written, _ in kind]
    assert len(set(cases)) == len(cases) > 600


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_said_as_people_say_it(kind: str) -> None:
    assert [(written, spoken(written)) for written, _ in KINDS[kind]] == KINDS[kind]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("in Jan. 5, 2024", ["in", "January", "fifth,", "twenty twenty-four"]),
        ("$3 million", ["three", "million dollars"]),
        ("EUR 20 paid", ["", "twenty euros", "paid"]),
        ("10 – 20", ["ten", "to", "twenty"]),
        ("5 km and 5km", ["five", "kilometers", "and", "five kilometers"]),
    ],
)
def test_every_written_word_says_its_own_part(written: str, parts: list[str]) -> None:
    assert [token.spoken for token in spoken_tokens(written)] == parts


def test_another_language_is_left_to_its_voice() -> None:
    assert spoken("Er zahlt 5 €.", "de") == "Er zahlt 5 €."


TEXTS = st.text() | st.text("aB1 .,:/-–$€%#@()°²½×+_'’", max_size=60)


@given(TEXTS, st.sampled_from(["en", "en-gb", "fr"]))
def test_no_written_word_is_lost(text: str, language: str) -> None:
    tokens = spoken_tokens(text, language)
    assert [token.written for token in tokens] == text.split()
    assert spoken(text, language) == " ".join(t.spoken for t in tokens if t.spoken)


@given(TEXTS)
def test_no_digit_and_no_sign_is_left_to_the_voice(text: str) -> None:
    said = spoken(text)
    assert not any(c.isdecimal() or c in "$€%#@=+_|[]{}<>" for c in said)


@pytest.mark.parametrize(
    "unit",
    [
        "9",
        "1,",
        "a.",
        "/a",
        "_a",
        "a::",
        "12-",
        "w@a",
        "1.1.",
        "aB",
        "123 ",
        "com.",
        "#a",
        "(",
        "1-",
        "1 000 ",
        "$1-",
        "a/",
        "5:",
        "<a",
        "II ",
        "Part I ",
        "1h",
        "⁹",
        "'1",
        "0x",
        "C:\\",
        "+",
    ],
)
def test_endless_text_is_read_in_time_proportional_to_it(unit: str) -> None:
    # A pattern that tries again from every character would not end for minutes.
    assert len(spoken_tokens(unit * 10_000)) == len((unit * 10_000).split())


def test_every_rule_is_named_once() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@given(
    st.lists(st.sampled_from(["one", "two", "5", "km,", "v8.1", "$3", "x"])),
    st.lists(st.text("abc ")),
)
def test_any_spoken_form_is_shared_out_without_loss(words: list[str], other: list[str]) -> None:
    text, said = " ".join(words), " ".join(" ".join(other).split())
    tokens = align(text, said)
    assert [token.written for token in tokens] == text.split()
    if text:
        assert " ".join(t.spoken for t in tokens if t.spoken) == said


def test_a_changed_word_keeps_its_place() -> None:
    tokens = align("We use nginx 1.2 daily", "We use engine ex one point two daily")
    assert [token.spoken for token in tokens] == [
        "We",
        "use",
        "engine ex",
        "one point two",
        "daily",
    ]
