"""Phrases: what stands on the screen at one time."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gestral_video.storyboard.phrases import LINE_LENGTH, LONGEST, phrases
from gestral_video.storyboard.storyboard import Cue, CueWord

WORD = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=60)


@st.composite
def cues(draw: st.DrawFn) -> Cue:
    words, at = [], 0.0
    for text in draw(st.lists(WORD, min_size=1, max_size=60)):
        at += draw(st.floats(0, 1.5))
        end = at + draw(st.floats(0.05, 9))
        words.append(CueWord(text=text, start=at, end=end))
        at = end
    joined = " ".join(word.text for word in words)
    return Cue(sentence_id="s1", text=joined, end=at, words=tuple(words))


@settings(max_examples=25, deadline=None)
@given(cues(), st.sampled_from([20, 30, LINE_LENGTH]))
def test_phrases_say_every_word_once_in_order_within_the_limits(cue: Cue, length: int) -> None:
    made = phrases(cue, line_length=length)
    said = "".join(word.text for phrase in made for line in phrase.lines for word in line)
    assert said == "".join(word.text for word in cue.words)
    for phrase in made:
        assert 1 <= len(phrase.lines) <= 2
        assert all(0 < len(line) <= length for line in phrase.text)
        assert phrase.start <= phrase.end <= phrase.start + LONGEST
    for before, after in pairwise(made):
        assert before.end <= after.start + 1e-9


def test_a_sentence_breaks_after_its_comma_rather_than_anywhere() -> None:
    text = "When the first segment arrives late at the player, nothing that follows can be on time."
    words = tuple(
        CueWord(text=word, start=0.3 * index, end=0.3 * index + 0.3)
        for index, word in enumerate(text.split())
    )
    made = phrases(Cue(sentence_id="s1", text=text, end=5.0, words=words))
    assert made[0].text[-1].endswith("player,")


def test_words_of_a_script_without_spaces_are_joined_by_nothing() -> None:
    words = tuple(CueWord(text=t, start=i, end=i + 1) for i, t in enumerate(("東京", "は", "晴れ")))
    assert phrases(Cue(sentence_id="s1", text="東京は晴れ", end=3, words=words))[0].text == (
        "東京は晴れ",
    )
