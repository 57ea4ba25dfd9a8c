"""Small storyboards with real sound and pictures, and one rendered video to probe."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gestral_video.render.render import render
from gestral_video.render.video import Video
from gestral_video.storyboard.storyboard import (
    ClosingScene,
    Cue,
    CueWord,
    ImageScene,
    Storyboard,
    TextScene,
    TitleScene,
)

SCALE = 0.2
RATE = 24_000


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("render")


@pytest.fixture(scope="session")
def cue(folder: Path) -> Callable[[str, float], Cue]:
    """A cue of these words at this time, a fifth of a second each, with a tone as its take."""

    def make(text: str, start: float) -> Cue:
        words = text.split()
        path = folder / f"{len(words)}.wav"
        if not path.exists():
            times = np.arange(int(RATE * 0.2 * len(words))) / RATE
            tone = 0.12 * np.sin(2 * np.pi * 220 * times) * (1 + np.sin(2 * np.pi * 4 * times))
            # Sharp peaks, as in speech: the limiter has something to do.
            tone[2400::4800] = 0.95
            with wave.open(str(path), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", ""))
                file.writeframes((tone * 32767).astype("<i2").tobytes())
        return Cue(
            sentence_id="s1",
            text=text,
            block_ids=("b1",),
            take=str(path),
            start=start,
            end=start + 0.2 * len(words),
            words=tuple(
                CueWord(text=word, start=start + 0.2 * i, end=start + 0.2 * (i + 1))
                for i, word in enumerate(words)
            ),
        )

    return make


@pytest.fixture(scope="session")
def photograph(folder: Path) -> str:
    """Smooth, of many colours: something that may fill a frame."""
    y, x = np.mgrid[0:540, 0:960]
    pixels = np.stack([x / 960, y / 540, (np.sin(x / 40) * np.cos(y / 30) + 1) / 2], axis=2)
    path = folder / "photograph.png"
    Image.fromarray((pixels * 255).astype(np.uint8)).save(path)
    return str(path)


@pytest.fixture(scope="session")
def board(cue: Callable[[str, float], Cue], photograph: str) -> Storyboard:
    text = "Five words and two more."
    return Storyboard(
        title="A small & <quick> video",
        language="en",
        address="https://example.org/post",
        site_name="Example",
        licence="CC BY 4.0",
        scenes=(
            TitleScene(id="c1", duration=1.2, title="A small video", cues=(cue("A title", 0.3),)),
            TextScene(
                id="c2", duration=1.5, lines=(text,), heading="Part", look=1, cues=(cue(text, 0.0),)
            ),
            ImageScene(
                id="c3",
                duration=1.2,
                picture=photograph,
                picture_address="https://example.org/p.png",
                look=2,
                cues=(cue("Look at this valley.", 0.1),),
            ),
            ClosingScene(
                id="c4", duration=1.0, site_name="Example", address="example.org", transition="cut"
            ),
        ),
    )


@pytest.fixture(scope="session")
def video(board: Storyboard, folder: Path) -> Video:
    return render(board, folder / "cache", folder / "out" / "post.mp4", workers=1, scale=SCALE)
