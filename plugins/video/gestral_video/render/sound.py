"""The sound track: takes at their exact samples, loudness by EBU R 128, AAC.

Nothing here holds more than one scene's sound at a time.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt

from gestral.errors import InputError
from gestral_video.render.media import open_media
from gestral_video.storyboard.storyboard import Cue, Scene, Storyboard

__all__ = ("LOUDNESS", "SAMPLE_RATE", "SOUND_VERSION", "measured", "mixed_scenes", "write_sound")

SAMPLE_RATE = 48_000
LOUDNESS = -14.0
"""LUFS, integrated: what the large video sites play at."""
CEILING = -2.5
"""dBFS at the limiter. True peaks lie above the samples, and AAC moves both: this keeps the decoded
sound below -1 dBTP, with room."""
BIT_RATE = 128_000

SOUND_VERSION = f"aac {BIT_RATE} {SAMPLE_RATE} {LOUDNESS} {CEILING} 1"
"""Part of the sound's cache key."""

Samples = npt.NDArray[np.float32]


def write_sound(storyboard: Storyboard, path: Path) -> None:
    """Write the storyboard's sound, stereo, as AAC in an MP4.

    Raises:
        InputError: A take cannot be read.
    """
    gain = 0.0
    quiet = measured(mixed_scenes(storyboard))
    if quiet > -69:
        gain = LOUDNESS - quiet
        # The limiter takes a little of what the gain gave: measure behind it and give it again.
        gain += LOUDNESS - measured(_limited(mixed_scenes(storyboard), gain))
    container = av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"})
    with container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        stream.bit_rate = BIT_RATE
        stream.options = {"aac_coder": "fast"}
        for frame in _frames(_limited(mixed_scenes(storyboard), gain)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def measured(sound: Iterator[Samples]) -> float:
    """The integrated loudness of mono sound played on both channels, in LUFS; -70 is silence."""
    graph = av.filter.Graph()
    source = _source(graph)
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    loudness = -70.0
    for frame in _through(graph, sound):
        loudness = float(frame.metadata.get("lavfi.r128.I", loudness))
    return loudness


def _limited(sound: Iterator[Samples], gain: float) -> Iterator[Samples]:
    """The sound, louder by `gain` dB, its peaks held below the ceiling; as long as before."""
    graph = av.filter.Graph()
    source = _source(graph)
    volume = graph.add("volume", f"{gain:.3f}dB:precision=float")
    limit = 10 ** (CEILING / 20)
    limiter = graph.add(
        "alimiter", f"limit={limit:.5f}:attack=5:release=60:level=disabled:latency=1"
    )
    shape = graph.add("aformat", "sample_fmts=fltp:channel_layouts=stereo")
    sink = graph.add("abuffersink")
    for before, after in ((source, volume), (volume, limiter), (limiter, shape), (shape, sink)):
        before.link_to(after)
    graph.configure()
    for frame in _through(graph, sound):
        yield cast(Samples, frame.to_ndarray()[0])


def _source(graph: av.filter.Graph) -> av.filter.context.FilterContext:
    return graph.add_abuffer(
        sample_rate=SAMPLE_RATE,
        format="fltp",
        layout="stereo",
        time_base=Fraction(1, SAMPLE_RATE),
    )


def _through(graph: av.filter.Graph, sound: Iterator[Samples]) -> Iterator[av.AudioFrame]:
    for frame in _frames(sound):
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            yield cast(av.AudioFrame, graph.pull())
        except (av.BlockingIOError, av.EOFError):
            return


def _frames(sound: Iterator[Samples]) -> Iterator[av.AudioFrame]:
    at = 0
    for samples in sound:
        for start in range(0, len(samples), SAMPLE_RATE):
            part = samples[start : start + SAMPLE_RATE]
            frame = av.AudioFrame.from_ndarray(np.stack([part, part]), "fltp", "stereo")
            frame.sample_rate = SAMPLE_RATE
            frame.time_base = Fraction(1, SAMPLE_RATE)
            frame.pts = at
            at += len(part)
            yield frame


def mixed_scenes(storyboard: Storyboard) -> Iterator[Samples]:
    """Every scene's sound, together as long as the picture to the sample."""
    frames = 0
    for scene in storyboard.scenes:
        start = _sample(frames, storyboard.rate)
        frames += round(scene.duration * storyboard.rate)
        yield _mixed(scene, _sample(frames, storyboard.rate) - start)


def _sample(frame: int, rate: int) -> int:
    return round(frame * SAMPLE_RATE / rate)


def _mixed(scene: Scene, length: int) -> Samples:
    mixed = np.zeros(length, np.float32)
    for cue in scene.cues:
        if not cue.take:
            continue
        at = round(cue.start * SAMPLE_RATE)
        take = _cue_sound(cue)[: max(0, length - at)]
        mixed[at : at + len(take)] += take
    return mixed


def _cue_sound(cue: Cue) -> Samples:
    """The cue's part of its take."""
    whole = _read(cue.take)
    first = round(cue.take_start * SAMPLE_RATE)
    return whole[first : first + round((cue.end - cue.start) * SAMPLE_RATE)]


def _read(path: str) -> Samples:
    """A sound file as mono samples of our rate."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE)
    parts: list[npt.NDArray[np.float32]] = []
    try:
        with open_media(path, "wav") as container:
            for frame in container.decode(audio=0):
                parts += [made.to_ndarray()[0] for made in resampler.resample(frame)]
            parts += [made.to_ndarray()[0] for made in resampler.resample(None)]
    except (OSError, av.FFmpegError, IndexError) as error:
        raise InputError(f"The sound {path} cannot be read: {error}.") from error
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
