"""Splitting text into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral_video.script.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith paid $3.50 on Jan. 5, 2024. He left at 5 p.m. It rained.", 3),
        ("Use v8.1.2, e.g. from https://example.com/a.b?c=d now. Then stop.", 2),
        ("J. R. R. Tolkien wrote it. The U.S. economy grew.", 2),
        ("Read on… It is good... really.", 2),
        ("(One inside. Another.) Node.js is fast.", 2),
        ("“Is it?” asked Bob. “No.” He left.", 3),
        ("It grew by 3.5 percent vs. 2019.", 1),
    ],
)
def test_english_sentences_end_where_they_end(text: str, sentences: int) -> None:
    assert len(split_sentences(text)) == sentences


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("これは文です。二つ目の文です。", "ja", 2),
        ("今天天气很好。我们去公园吧。", "zh", 2),
        ("यह एक वाक्य है। दूसरा वाक्य।", "hi", 2),
        ("Das kostet z. B. 5 Euro. Gut so.", "de-at", 2),
    ],
)
def test_other_languages_have_sentences_too(text: str, language: str, sentences: int) -> None:
    assert len(split_sentences(text, language)) == sentences


@given(st.text(), st.sampled_from(["en", "de", "ja", "ar", "xx", "", "pt-br"]))
def test_no_character_is_lost(text: str, language: str) -> None:
    sentences = split_sentences(text, language)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence.strip() == sentence != "" for sentence in sentences)


@pytest.mark.parametrize("unit", ["a", "a. ", "… A", '"a. ', "(", ".) A ", "\n"])
def test_endless_text_is_split_in_time_proportional_to_it(unit: str) -> None:
    assert "".join("".join(split_sentences(unit * 50_000)).split()) == "".join(
        (unit * 50_000).split()
    )
