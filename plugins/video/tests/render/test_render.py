"""Rendering: the files that come out, probed; the cache; what failure leaves behind."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import av
import cv2
import msgspec
import numpy as np
import pytest
from PIL import Image

from gestral.errors import InputError
from gestral_video.render import sound
from gestral_video.render.languages import track_language
from gestral_video.render.render import preview_frame, render
from gestral_video.render.segments import segment_key, segments_of
from gestral_video.render.video import Video
from gestral_video.storyboard.storyboard import (
    ClosingScene,
    Cue,
    Format,
    ImageScene,
    Storyboard,
    TextScene,
)

SCALE = 0.2
FRAMES = 36 + 45 + 36 + 30


def test_the_picture_is_h264_high_in_constant_steps_with_its_colours_flagged(video: Video) -> None:
    with av.open(video.path) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, stream.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height) == (video.width, video.height) == (384, 216)
        tags = (context.color_primaries, context.color_trc, context.colorspace)
        assert (*tags, context.color_range) == (1, 1, 1, 1)
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx([index / 30 for index in range(FRAMES)])
    assert video.duration == pytest.approx(FRAMES / 30)


def test_a_player_can_jump_to_every_half_second_of_a_scene(video: Video) -> None:
    with av.open(video.path) as container:
        packets = [p for p in container.demux(video=0) if p.dts is not None and p.pts is not None]
    keys = [round(p.pts * p.time_base * 30) for p in packets if p.is_keyframe]
    assert max(np.diff([*keys, FRAMES])) <= 15
    # Closed: whatever is decoded after a key frame is also shown after it.
    shown, key = [p.pts for p in packets], 0
    for index, packet in enumerate(packets):
        key = index if packet.is_keyframe else key
        assert shown[index] >= shown[key]


def test_every_track_says_its_language(video: Video) -> None:
    with av.open(video.path) as container:
        heard_and_seen = (*container.streams.video, *container.streams.audio)
        assert [stream.language for stream in heard_and_seen] == ["eng", "eng"]


@pytest.mark.parametrize(
    ("tag", "written"), [("pt-BR", "por"), ("zh-hant", "zho"), ("gsw", "gsw"), ("x-a", "und")]
)
def test_a_language_is_written_in_the_three_letters_that_mp4_knows(tag: str, written: str) -> None:
    assert track_language(tag) == written


def test_decoding_times_rise_across_the_seams_of_scenes(video: Video) -> None:
    with av.open(video.path) as container:
        packets = [p for p in container.demux(video=0) if p.dts is not None]
    steps = np.diff([p.dts for p in packets])
    assert len(packets) == FRAMES
    assert (steps == steps[0]).all()


def test_sound_is_aac_as_long_as_the_picture_and_as_loud_as_the_web_wants(video: Video) -> None:
    with av.open(video.path) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.sample_rate) == ("aac", 48_000)
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(stream)])
    assert len(heard) / 48_000 == pytest.approx(video.duration, abs=1024 / 48_000)
    assert sound.measured(iter([heard])) == pytest.approx(sound.LOUDNESS, abs=0.5)
    assert _true_peak(heard) <= -1


def test_a_take_is_heard_at_its_sample(video: Video) -> None:
    with av.open(video.path) as container:
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    # The title's cue starts 0.3 s into the video; before it there is silence.
    onset = int(np.argmax(np.abs(heard) > 0.02))
    assert onset / 48_000 == pytest.approx(0.3, abs=0.01)


def test_a_player_can_start_before_the_whole_file_is_there(video: Video) -> None:
    data = Path(video.path).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_title_chapters_and_licence_are_in_the_file(video: Video) -> None:
    with av.open(video.path) as container:
        assert container.metadata["title"] == "A small & <quick> video"
        assert container.metadata["copyright"] == "CC BY 4.0"
        told = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert told == [chapter.title for chapter in video.chapters]


def test_captions_transcript_and_poster_lie_beside_the_video(video: Video) -> None:
    assert Path(video.webvtt).read_text().startswith("WEBVTT")
    assert Path(video.srt).read_text().startswith("1\n")
    assert "https://example.org/post#:~:text=" in Path(video.transcript).read_text()
    with Image.open(video.poster) as poster:
        assert poster.size == (video.width, video.height)
    assert [source.kind for source in video.sources] == ["post", "picture"]
    stem = Path(video.path).stem
    assert sorted(path.name.removeprefix(stem) for path in Path(video.path).parent.iterdir()) == [
        ".chapters.vtt",
        ".descriptions.vtt",
        ".mp4",
        ".poster.jpg",
        ".srt",
        ".transcript.md",
        ".vtt",
    ]


def test_the_same_storyboard_gives_the_same_bytes(
    board: Storyboard, video: Video, tmp_path: Path
) -> None:
    again = render(board, tmp_path / "cache", tmp_path / "post.mp4", workers=2, scale=SCALE)
    assert Path(again.path).read_bytes() == Path(video.path).read_bytes()
    assert Path(again.poster).read_bytes() == Path(video.poster).read_bytes()


@dataclass
class _Counted:
    """Progress that remembers."""

    first: int = -1
    last: int = 0
    total: int = 0

    def __call__(self, done: int, total: int) -> None:
        assert self.last <= done <= total
        self.first = done if self.first < 0 else self.first
        self.last, self.total = done, total


def test_a_changed_scene_is_rendered_again_with_the_dissolve_after_it_and_nothing_else(
    board: Storyboard, video: Video, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder / "cache", tmp_path / "cache")
    changed = msgspec.structs.replace(board.scenes[1], heading="Another part")
    scenes = (board.scenes[0], changed, *board.scenes[2:])
    counted = _Counted()
    render(
        msgspec.structs.replace(board, scenes=scenes),
        tmp_path / "cache",
        tmp_path / "post.mp4",
        workers=1,
        progress=counted,
        scale=SCALE,
    )
    assert counted.total - counted.first == 45 + 12
    assert counted.last == counted.total == FRAMES


def test_where_files_lie_does_not_matter_to_the_cache(board: Storyboard, tmp_path: Path) -> None:
    scene = board.scenes[2]
    assert isinstance(scene, ImageScene)
    elsewhere = tmp_path / "moved.png"
    shutil.copy(scene.picture, elsewhere)
    moved = msgspec.structs.replace(scene, id="c9", picture=str(elsewhere))
    keys = [
        [segment_key(s) for s in segments_of(msgspec.structs.replace(board, scenes=(x,)), SCALE)]
        for x in (scene, moved)
    ]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_cancelling_leaves_nothing_half_made(
    board: Storyboard, tmp_path: Path, workers: int
) -> None:
    class CancelledError(Exception):
        pass

    def cancel(done: int, _: int) -> None:
        if done:
            raise CancelledError

    output = tmp_path / "out" / "post.mp4"
    with pytest.raises(CancelledError):
        render(board, tmp_path / "cache", output, workers=workers, progress=cancel, scale=SCALE)
    assert list(output.parent.iterdir()) == []
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_a_broken_picture_is_named_and_leaves_nothing(board: Storyboard, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG no more")
    scene = ImageScene(id="c1", duration=1.0, picture=str(broken))
    with pytest.raises(InputError, match=r"broken\.png cannot be read"):
        render(
            msgspec.structs.replace(board, scenes=(scene,)),
            tmp_path / "cache",
            tmp_path / "out" / "post.mp4",
            workers=1,
            scale=SCALE,
        )
    assert list((tmp_path / "out").iterdir()) == []


def test_a_take_that_is_gone_is_named(board: Storyboard, tmp_path: Path) -> None:
    lost = msgspec.structs.replace(board.scenes[0].cues[0], take=str(tmp_path / "lost.wav"))
    scene = msgspec.structs.replace(board.scenes[0], cues=(lost,))
    with pytest.raises(InputError, match=r"lost\.wav cannot be read"):
        render(msgspec.structs.replace(board, scenes=(scene,)), tmp_path, tmp_path / "post.mp4")


def test_captions_that_are_off_are_not_burned_in(board: Storyboard) -> None:
    off = msgspec.structs.replace(board, captions="off")
    at = board.scenes[0].duration + board.scenes[1].duration + 0.7
    shown, bare = (
        np.asarray(preview_frame(b, at, scale=SCALE), np.int16)[150:210] for b in (board, off)
    )
    assert np.abs(shown - bare).max() > 100


def test_an_unknown_style_is_refused_with_those_there_are(
    board: Storyboard, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="daylight, midnight"):
        render(msgspec.structs.replace(board, style="x"), tmp_path, tmp_path / "post.mp4")


def test_the_preview_is_the_frame_of_the_video(board: Storyboard, video: Video) -> None:
    with av.open(video.path) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for index in (20, 40, 70, 100, 140):
        preview = np.asarray(preview_frame(board, index / 30, scale=SCALE), np.int16)
        assert np.abs(preview - frames[index]).mean() < 4


def test_a_sentence_told_in_two_scenes_is_heard_without_a_seam(
    board: Storyboard, cue: Callable[[str, float], Cue]
) -> None:
    whole = cue("one two three four five six seven eight nine ten", 0.0)
    first = msgspec.structs.replace(whole, end=1.0)
    second = msgspec.structs.replace(whole, take_start=1.0, start=0.0, end=1.0)
    one = TextScene(id="c1", duration=2.0, lines=("x",), cues=(whole,))
    halves = tuple(
        TextScene(id=f"c{i}", duration=1.0, lines=("x",), cues=(part,))
        for i, part in enumerate((first, second), start=1)
    )
    mixes = [
        np.concatenate(list(sound.mixed_scenes(msgspec.structs.replace(board, scenes=scenes))))
        for scenes in ((one,), halves)
    ]
    assert np.array_equal(*mixes)


def _true_peak(samples: np.ndarray) -> float:
    """The highest level between the samples, in dBTP, by four times oversampling."""
    spectrum = np.fft.rfft(samples)
    fine = np.fft.irfft(np.pad(spectrum, (0, 3 * (len(samples) // 2))), 4 * len(samples)) * 4
    return float(20 * np.log10(np.abs(fine).max()))


@pytest.mark.parametrize("style", ["daylight", "midnight"])
@pytest.mark.parametrize("shape", get_args(Format))
def test_the_code_on_the_closing_card_leads_to_the_post(
    shape: Format, style: str, tmp_path: Path
) -> None:
    link = "https://example.org/2026/11/what-makes-sourdough-rise?lang=en"
    closing = ClosingScene(id="c1", duration=0.8, site_name="Example", link=link, look=2)
    board = Storyboard(
        title="T", language="en", address=link, format=shape, style=style, scenes=(closing,)
    )
    video = render(board, tmp_path / "cache", tmp_path / "post.mp4", workers=1, scale=0.5)
    with av.open(video.path) as container:
        *_, last = container.decode(video=0)
    decoded, *_ = cv2.QRCodeDetector().detectAndDecode(last.to_ndarray(format="bgr24"))
    assert decoded == link
