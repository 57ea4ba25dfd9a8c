"""From a click in a take to the caption: nothing on the way moves them apart."""

import re
import wave
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from gestral_video.render.render import render
from gestral_video.storyboard.storyboard import Cue, CueWord, ImageScene, Storyboard, TextScene

RATE = 24_000
CLICKS = (0.0, 0.51, 1.37, 2.003, 2.9)
"""Seconds into each take at which a word begins with a click."""
WITHIN = 0.040
"""Seconds: what a viewer does not notice, by EBU R 37 (sound up to 40 ms early)."""


def clicked(folder: Path) -> str:
    samples = np.zeros(int(RATE * 3.4))
    for at in CLICKS:
        start = int(at * RATE)
        samples[start : start + 480] = 0.5 * np.sin(np.arange(480) * 0.9)
    path = folder / "clicks.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return str(path)


def cue(take: str, start: float) -> Cue:
    # Sentences of one word: each has a caption of its own.
    texts = ("Alpha.", "Bravo.", "Charlie.", "Delta.", "Echo.")
    words = tuple(
        CueWord(text=text, start=start + at, end=start + at + 0.4)
        for text, at in zip(texts, CLICKS, strict=True)
    )
    return Cue(
        sentence_id="s1",
        text=" ".join(texts),
        take=take,
        start=start,
        end=start + 3.4,
        words=words,
    )


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory, photograph: str) -> tuple[Path, list[float]]:
    """A video of two scenes, and when a word begins in it."""
    folder = tmp_path_factory.mktemp("sync")
    take = clicked(folder)
    board = Storyboard(
        title="Clicks",
        language="en",
        address="https://example.org/",
        scenes=(
            ImageScene(id="c1", duration=4.0, picture=photograph, cues=(cue(take, 0.317),)),
            TextScene(id="c2", duration=4.2, lines=("Other words.",), cues=(cue(take, 0.6),)),
        ),
    )
    render(board, folder / "cache", folder / "post.mp4", workers=1, scale=0.2)
    starts = [0.317 + at for at in CLICKS] + [4.0 + 0.6 + at for at in CLICKS]
    return folder / "post.mp4", starts


def test_every_word_is_heard_when_it_was_spoken(clicks: tuple[Path, list[float]]) -> None:
    path, starts = clicks
    with av.open(str(path)) as container:
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    loud = np.flatnonzero(np.abs(heard) > 0.05) / 48_000
    onsets = [loud[0], *loud[1:][np.diff(loud) > 0.2]]
    assert onsets == pytest.approx(starts, abs=0.005)


def test_every_caption_of_the_file_comes_with_its_word(clicks: tuple[Path, list[float]]) -> None:
    path, starts = clicks
    found = re.findall(
        r"^(\d\d):(\d\d):([\d.]+) -->", path.with_suffix(".vtt").read_text(), re.MULTILINE
    )
    captions = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in found]
    assert len(captions) >= 6
    for caption in captions:
        assert min(abs(caption - start) for start in starts) <= 0.001


def test_the_word_lights_up_in_the_picture_within_a_frame_of_its_sound(
    clicks: tuple[Path, list[float]],
) -> None:
    path, starts = clicks
    with av.open(str(path)) as container:
        frames = [f.to_ndarray(format="gray").astype(int) for f in container.decode(video=0)]
    band = frame_band(frames[0])
    changed = [0, *(abs(b[band] - a[band]).sum() for a, b in pairwise(frames))]
    # In the second scene only the caption moves there.
    for start in starts[len(CLICKS) :]:
        near = range(int(start * 30) - 3, int(start * 30) + 4)
        at = max(near, key=lambda frame: changed[frame]) / 30
        assert abs(at - start) <= WITHIN, (at, start)


def frame_band(frame: np.ndarray) -> slice:
    """The rows in which captions stand: the lowest quarter, above the line of progress."""
    high = frame.shape[0]
    return slice(int(high * 0.75), int(high * 0.97))
