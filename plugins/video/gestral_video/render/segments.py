"""Segments: a scene's frames in a closed file, kept under the hash of what shapes them.

A scene that comes in by a transition is two segments: its first moments, which the scene before
shapes too, and the rest. So a changed scene is rendered again with the transition after it, and
nothing else.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import cast

import msgspec
import numpy as np

from gestral.errors import InputError
from gestral_video.render.compositor import Canvas
from gestral_video.render.encoder import ENCODER_VERSION, X264Encoder
from gestral_video.render.fonts import fonts_version
from gestral_video.render.patches import Planes
from gestral_video.render.shots import Shot, make_shot
from gestral_video.render.stage import Stage, stage
from gestral_video.render.styles import style
from gestral_video.render.transitions import TRANSITION_SECONDS, come_in
from gestral_video.storyboard.storyboard import (
    CaptionMode,
    CollageScene,
    Format,
    ImageScene,
    Scene,
    Storyboard,
    TitleScene,
    pictures_of,
)

__all__ = ("ENGINE_VERSION", "Segment", "frame_at", "render_segment", "segment_key", "segments_of")

ENGINE_VERSION = 2
"""To be raised with every change to how frames look: part of every cache key."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Some consecutive frames of a scene, and all that shapes them.

    Attributes:
        scene: Whose frames they are.
        before: The scene over whose last frame this one comes in; none but in a transition.
        first: The first frame, counted from the scene's start.
        count: How many.
    """

    scene: Scene
    before: Scene | None
    first: int
    count: int
    format: Format
    style: str
    captions: CaptionMode
    rate: int
    scale: float


def segments_of(storyboard: Storyboard, scale: float) -> Iterator[Segment]:
    """The segments of a storyboard, in order; they tile its frames."""
    before: Scene | None = None
    for scene in storyboard.scenes:
        count = round(scene.duration * storyboard.rate)
        mixed = 0
        if before is not None:
            mixed = min(count, round(TRANSITION_SECONDS[scene.transition] * storyboard.rate))
        for over, first, frames in ((before, 0, mixed), (None, mixed, count - mixed)):
            if frames:
                yield Segment(
                    scene=scene,
                    before=over,
                    first=first,
                    count=frames,
                    format=storyboard.format,
                    style=storyboard.style,
                    captions=storyboard.captions,
                    rate=storyboard.rate,
                    scale=scale,
                )
        before = scene


def segment_key(segment: Segment) -> str:
    """The hash of all that shapes the segment's frames. Where sound lies on the disk does not."""
    scenes = [_seen(scene) for scene in (segment.scene, segment.before) if scene]
    told = (
        ENGINE_VERSION,
        ENCODER_VERSION,
        fonts_version(),
        scenes,
        [_picture_digests(scene) for scene in (segment.scene, segment.before) if scene],
        msgspec.structs.replace(segment, scene=None, before=None),
    )
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _seen(scene: Scene) -> Scene:
    """The scene without what nobody sees: where takes and pictures lie, which id it has."""
    cues = tuple(
        msgspec.structs.replace(cue, sentence_id="", block_ids=(), take="", take_start=0.0)
        for cue in scene.cues
    )
    scene = msgspec.structs.replace(scene, id="", cues=cues)
    if isinstance(scene, TitleScene | ImageScene):
        shown = "picture" if scene.picture else ""
        scene = msgspec.structs.replace(scene, picture=shown, picture_address="")
    if isinstance(scene, CollageScene):
        scene = msgspec.structs.replace(scene, pictures=())
    return scene


def _picture_digests(scene: Scene) -> tuple[str, ...]:
    return tuple(_digest_of(shown.picture) for shown in pictures_of(scene))


def _digest_of(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"The picture {path} cannot be read: {error}.") from error


def render_segment(segment: Segment, path: Path, frame_done: Callable[[], None]) -> None:
    """Encode the segment's frames into a file; `frame_done` is called after every one."""
    stage_ = stage(segment.format, segment.scale)
    with X264Encoder(path, stage_.width, stage_.height, segment.rate) as encoder:
        shot = _shot(segment, segment.scene)
        if segment.before is None:
            canvas = Canvas(encoder.planes, shot.background)
            for frame in range(segment.first, segment.first + segment.count):
                canvas.show(shot.at(frame / segment.rate))
                encoder.add()
                frame_done()
            return
        under = _last_frame(segment, segment.before, stage_)
        over = _empty_planes(stage_)
        canvas = Canvas(over, shot.background)
        for frame in range(segment.count):
            canvas.show(shot.at(frame / segment.rate))
            _come_in(segment, frame, under, over, encoder.planes)
            encoder.add()
            frame_done()


def frame_at(segment: Segment, frame: int) -> Planes:
    """One frame of the segment, counted from the scene's start, in planes of its own."""
    stage_ = stage(segment.format, segment.scale)
    shot = _shot(segment, segment.scene)
    planes = _empty_planes(stage_)
    Canvas(planes, shot.background).show(shot.at(frame / segment.rate))
    if segment.before is None:
        return planes
    mixed = _empty_planes(stage_)
    _come_in(segment, frame, _last_frame(segment, segment.before, stage_), planes, mixed)
    return mixed


def _come_in(segment: Segment, frame: int, under: Planes, over: Planes, into: Planes) -> None:
    part = (frame + 1) / (segment.count + 1)
    come_in(segment.scene.transition, under, over, part, into)


def _last_frame(segment: Segment, scene: Scene, stage_: Stage) -> Planes:
    planes = _empty_planes(stage_)
    shot = _shot(segment, scene)
    last = round(scene.duration * segment.rate) - 1
    Canvas(planes, shot.background).show(shot.at(last / segment.rate))
    return planes


def _empty_planes(stage_: Stage) -> Planes:
    width, height = stage_.width, stage_.height
    sizes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    return cast(Planes, tuple(np.empty(size, np.uint8) for size in sizes))


def _shot(segment: Segment, scene: Scene) -> Shot:
    settings = (segment.format, segment.scale, segment.style, segment.captions)
    return _made_shot(scene, _picture_digests(scene), settings)


@lru_cache(maxsize=2)
def _made_shot(
    scene: Scene, _digests: tuple[str, ...], settings: tuple[Format, float, str, CaptionMode]
) -> Shot:
    """The last two shots are kept: a scene's two segments, and the scene before it, share them.

    The pictures' digests are there to tell apart what lay at the same path at different times.
    """
    shape, scale, style_id, captions = settings
    return make_shot(scene, stage(shape, scale), style(style_id), captions)
