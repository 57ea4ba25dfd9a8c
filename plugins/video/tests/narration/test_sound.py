"""What is done to a voice's sound."""

import math
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral_video.narration.sound import CEILING, LOUDNESS, audible, evened, loudness, write_wav

RATE = 24_000


def tone(
    seconds: float, level: float, hertz: float = 997.0
) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    clock = np.arange(int(seconds * RATE)) / RATE
    return (level * np.sin(2 * math.pi * hertz * clock)).astype(np.float32)


@pytest.mark.parametrize(("level", "lufs"), [(1.0, -3.01), (0.1, -23.01)])
def test_loudness_is_that_of_the_recommendations_reference_tone(level: float, lufs: float) -> None:
    # BS.1770-5: a 997 Hz sine of full scale in one channel reads -3.01 LUFS.
    assert loudness(tone(3, level), RATE) == pytest.approx(lufs, abs=0.02)


def test_pauses_do_not_count_as_quiet_speech() -> None:
    spoken = np.concatenate([tone(2, 0.1), np.zeros(4 * RATE, np.float32), tone(2, 0.1)])
    assert loudness(spoken, RATE) == pytest.approx(loudness(tone(4, 0.1), RATE), abs=0.5)


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros(RATE, np.float32), RATE) == -math.inf
    assert loudness(np.zeros(0, np.float32), RATE) == -math.inf


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_quiet_and_loud_takes_come_out_alike(level: float) -> None:
    assert loudness(evened(tone(2, level), RATE), RATE) == pytest.approx(LOUDNESS, abs=0.2)


def test_no_peak_passes_the_ceiling() -> None:
    spiky = tone(2, 0.02)
    spiky[RATE] = 0.9
    even = evened(spiky, RATE)
    assert np.abs(even).max() <= CEILING + 1e-6
    assert len(even) == len(spiky)


@given(st.floats(0, 2), st.floats(0.1, 2), st.floats(0, 2))
def test_silence_at_both_ends_is_found(before: float, heard: float, after: float) -> None:
    gap = [np.zeros(int(s * RATE), np.float32) for s in (before, after)]
    start, end = audible(np.concatenate([gap[0], tone(heard, 0.2), gap[1]]), RATE)
    assert before - 0.06 <= start / RATE <= before
    assert before + heard - 0.02 <= end / RATE <= before + heard + 0.06


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(0.5, 2.0), RATE)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() == RATE // 2
