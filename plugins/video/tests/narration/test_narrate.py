"""Narrating: takes, their words, and that nothing is spoken twice."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import InputError, ServiceError
from gestral_video.narration import hibari
from gestral_video.narration.hibari import HibariVoice
from gestral_video.narration.narrate import narrate, settled
from gestral_video.narration.narration import Take
from gestral_video.narration.sound import LOUDNESS, loudness
from gestral_video.narration.voice import Speech
from gestral_video.script.script import Script, Sentence, SpokenToken
from gestral_video.script.spoken import spoken, spoken_tokens

SENTENCES = (
    "On Jan. 5, 2024, version v8.1 cost $3 million - 10% more.",
    "He said: “This is really great” 😀 and 日本語 left...",
    "Run kubectl, then see www.example.com/blog.",
)


def script(*texts: str, language: str = "en") -> Script:
    return Script(
        mode="full",
        language=language,
        sentences=tuple(
            Sentence(id=f"s{i}", text=text, spoken=spoken(text, language), block_ids=("b1",))
            for i, text in enumerate(texts, start=1)
        ),
    )


def sound_of(take: Take) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    with wave.open(take.path) as file:
        frames = file.readframes(file.getnframes())
    return np.frombuffer(frames, "<i2").astype(np.float32) / 32768


class Metronome:
    """A voice that gives every spoken word a fifth of a second of tone, and counts its work."""

    id = "test:metronome"
    name = "Metronome"
    languages = ("en",)
    attribution = "nobody's"
    version = "1"

    def __init__(self) -> None:
        self.spoken = 0

    def speak(self, tokens: Sequence[SpokenToken], language: str) -> Speech:
        self.spoken += 1
        ends = np.cumsum([0.2 * len(token.spoken.split()) for token in tokens])
        clock = np.arange(int(ends[-1] * 8000)) / 8000
        return Speech(
            samples=(0.3 * np.sin(2 * np.pi * 440 * clock)).astype(np.float32),
            rate=8000,
            spans=tuple(zip([0.0, *ends[:-1].tolist()], ends.tolist(), strict=True)),
        )


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Take, ...]:
    return narrate(script(*SENTENCES), tmp_path_factory.mktemp("takes")).takes


def test_the_words_of_a_take_are_the_sentence(takes: tuple[Take, ...]) -> None:
    assert [" ".join(word.text for word in take.words) for take in takes] == list(SENTENCES)
    assert [take.sentence_id for take in takes] == ["s1", "s2", "s3"]


def test_words_lie_within_their_take_in_order_and_apart(takes: tuple[Take, ...]) -> None:
    for take in takes:
        starts = [word.start for word in take.words]
        ends = [word.end for word in take.words]
        assert all(0 <= start < end for start, end in zip(starts, ends, strict=True))
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
        assert ends[-1] <= take.duration


def test_a_take_is_as_long_as_its_file_and_evenly_loud(takes: tuple[Take, ...]) -> None:
    for take in takes:
        samples = sound_of(take)
        assert len(samples) == round(take.duration * take.rate)
        assert loudness(samples, take.rate) == pytest.approx(LOUDNESS, abs=0.3)
        assert np.abs(samples).max() < 0.9


def test_words_are_heard_where_they_are_said_to_be(takes: tuple[Take, ...]) -> None:
    """The pause that a comma makes is silent, and the words around it are not."""
    take = takes[0]
    samples = sound_of(take)

    def power(start: float, end: float) -> float:
        part = samples[int(start * take.rate) : int(end * take.rate)]
        return float(np.mean(part**2))

    whole = power(0, take.duration)
    for word in take.words:
        if any(character.isalnum() for character in word.text):
            assert power(word.start, word.end) > whole / 20, word
    year = next(i for i, word in enumerate(take.words) if word.text == "2024,")
    pause = (take.words[year].end, take.words[year + 1].start)
    assert power(*pause) < whole / 10


def test_a_number_takes_as_long_as_its_words(takes: tuple[Take, ...]) -> None:
    lengths = {word.text: word.end - word.start for word in takes[0].words}
    assert lengths["2024,"] > 2 * lengths["On"]
    assert lengths["v8.1"] > 2 * lengths["cost"]


def test_what_cannot_be_said_keeps_a_moment_of_its_own(takes: tuple[Take, ...]) -> None:
    moments = [word.end - word.start for word in takes[1].words if word.text in ("😀", "日本語")]
    assert len(moments) == 2
    assert all(0 < moment < 0.1 for moment in moments)


def test_the_same_words_give_the_same_samples() -> None:
    tokens = spoken_tokens(SENTENCES[0])
    first, second = HibariVoice().speak(tokens), HibariVoice().speak(tokens)
    assert np.array_equal(first.samples, second.samples)


def test_durations_do_not_change_what_is_heard() -> None:
    from hibari import Hibari

    said = "The durations are exact."
    stock = Hibari()(said, seed=hibari.SEED)
    assert np.array_equal(HibariVoice().speak(spoken_tokens(said)).samples, stock)


def test_a_sentence_without_end_is_spoken_in_pieces() -> None:
    tokens = spoken_tokens("one clause, and another one, " * 12 + "x" * 900)
    chunks = list(hibari._chunks(hibari._engine("heart").words(tokens)))
    assert len(chunks) > 1
    assert all(sum(len(w.phonemes) + 1 for w in c) <= hibari.MAXIMUM_PHONEMES for c in chunks)
    assert [c[-1].phonemes[-1] for c in chunks[:1]] == [","]
    assert len(HibariVoice().speak(tokens).spans) == len(tokens)


def test_an_engine_without_durations_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hibari, "DURATIONS", "/Nowhere_output_0")
    with pytest.raises(ServiceError) as caught:
        hibari._engine.__wrapped__("heart")
    assert "/Nowhere_output_0" in caught.value.message


def test_nothing_is_spoken_twice(tmp_path: Path) -> None:
    voice, told = Metronome(), []
    text = script("One two.", "Three.", "One two.")
    first = narrate(text, tmp_path, voice=voice)
    again = narrate(text, tmp_path, voice=voice, progress=lambda *at: told.append(at))
    assert voice.spoken == 2
    assert first == again
    assert told == [(3, 3)]


def test_another_version_of_the_voice_speaks_anew(tmp_path: Path) -> None:
    voice = Metronome()
    narrate(script("One."), tmp_path, voice=voice)
    voice.version = "2"
    narrate(script("One."), tmp_path, voice=voice)
    assert voice.spoken == 2


def test_another_pronunciation_speaks_anew_what_it_changes_and_nothing_else(
    tmp_path: Path,
) -> None:
    voice = Metronome()
    text = script("See the gif.", "Two.")
    first = narrate(text, tmp_path, voice=voice)
    second = narrate(text, tmp_path, voice=voice, pronunciations={"gif": "jiff file"})
    assert voice.spoken == 3
    assert first.takes[0].digest != second.takes[0].digest
    assert [word.text for word in second.takes[0].words] == ["See", "the", "gif."]
    assert second.takes[0].duration > first.takes[0].duration


@pytest.mark.parametrize("suffix", [".wav", ".json"])
def test_a_damaged_take_is_spoken_anew(tmp_path: Path, suffix: str) -> None:
    voice = Metronome()
    take = narrate(script("One."), tmp_path, voice=voice).takes[0]
    (tmp_path / f"{take.digest}{suffix}").write_bytes(b"{")
    assert narrate(script("One."), tmp_path, voice=voice).takes[0] == take
    assert voice.spoken == 2


def test_a_voice_that_fails_leaves_no_half_take(tmp_path: Path) -> None:
    class Broken(Metronome):
        def speak(self, tokens: Sequence[SpokenToken], language: str) -> Speech:
            if tokens[0].written == "Two.":
                raise ServiceError("The voice is gone.")
            return super().speak(tokens, language)

    with pytest.raises(ServiceError):
        narrate(script("One.", "Two."), tmp_path, voice=Broken())
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".wav"]


def test_several_processes_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    text = script("One.", "Two three.", "Four.")
    many = narrate(text, tmp_path / "a", workers=2, progress=lambda *at: told.append(at))
    alone = narrate(text, tmp_path / "b", workers=1)
    assert [t.digest for t in many.takes] == [t.digest for t in alone.takes]
    for one, other in zip(many.takes, alone.takes, strict=True):
        assert one.words == other.words
        assert Path(one.path).read_bytes() == Path(other.path).read_bytes()
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_sentence_of_signs_alone_is_a_short_silence(tmp_path: Path) -> None:
    take = narrate(script("🎉 🎉"), tmp_path).takes[0]
    assert take.duration > 0
    assert not sound_of(take).any()
    assert [word.text for word in take.words] == ["🎉", "🎉"]


def test_a_language_without_a_voice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        narrate(script("Bonjour.", language="fr"), tmp_path / "takes")
    assert caught.value.code == "no-voice"
    assert "'fr'" in caught.value.message
    assert "en" in caught.value.message
    assert not (tmp_path / "takes").exists()


SPANS = st.lists(st.tuples(st.floats(-1, 20), st.floats(-1, 20)), min_size=1, max_size=40)


@given(SPANS, st.floats(0.05, 20))
def test_any_times_settle_within_the_take(spans: list[tuple[float, float]], length: float) -> None:
    times = settled(spans, length)
    assert len(times) == len(spans)
    flat = [moment for span in times for moment in span]
    assert flat == sorted(flat)
    assert flat[0] >= 0
    assert flat[-1] <= length
    assert all(end > start for start, end in times)


@given(st.lists(st.floats(0.1, 1), min_size=1, max_size=20))
def test_times_that_are_right_are_left_alone(lengths: list[float]) -> None:
    ends = np.cumsum(lengths).tolist()
    spans = list(zip([0.0, *ends[:-1]], ends, strict=True))
    assert np.allclose(settled(spans, ends[-1]), spans)
