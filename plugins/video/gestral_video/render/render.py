"""Rendering: a storyboard becomes files.

    storyboard -> segments -> pool of processes -> cache folder -> joined with the sound -> MP4

Every segment and the sound are kept in a folder under the hash of what shapes them, so that a
second rendering encodes only what changed. The same storyboard gives the same bytes.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import cv2
import msgspec
from PIL import Image

from gestral.errors import InputError, RetryableError
from gestral_video.publish.captions import chapter_track, descriptions, srt, webvtt
from gestral_video.publish.chapters import chapters_of
from gestral_video.publish.poster import write_poster
from gestral_video.publish.sources import sources_of
from gestral_video.publish.transcript import transcript
from gestral_video.render.joining import join
from gestral_video.render.patches import to_rgb
from gestral_video.render.segments import (
    Segment,
    frame_at,
    render_segment,
    segment_key,
    segments_of,
)
from gestral_video.render.sound import SOUND_VERSION, write_sound
from gestral_video.render.stage import stage
from gestral_video.render.styles import style
from gestral_video.render.video import BESIDE, Video
from gestral_video.storyboard.storyboard import Storyboard
from gestral_video.whole import written_whole

__all__ = ("Progress", "preview_frame", "render")

Progress = Callable[[int, int], None]
"""Called with the frames done and the frames in all; what it raises cancels the rendering."""

POLL_SECONDS = 0.1


def render(
    storyboard: Storyboard,
    folder: Path,
    output: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    scale: float = 1.0,
) -> Video:
    """Render a storyboard.

    Beside `post.mp4` come the files of `BESIDE`. All are written under other names first: a failed
    or cancelled rendering leaves none of them half-made, and what was there before as it was.

    Args:
        storyboard: At least one scene.
        folder: Where finished segments are kept for the next rendering; may be deleted any time.
        output: The video's file; its folder is made where it is missing.
        workers: Processes that encode; by default as many as there are cores. 1 encodes in this
            process.
        progress: Told of every advance.
        scale: Below 1 for previews: the share of the format's full size.

    Raises:
        InputError: The style is unknown, or a picture or take cannot be read.
        RetryableError: A process died, most likely for want of memory.
        ValueError: The storyboard has no scenes.
    """
    if not storyboard.scenes:
        raise ValueError("A storyboard without scenes cannot be rendered.")
    style(storyboard.style)
    segments = tuple(segments_of(storyboard, scale))
    plan = _Plan(
        storyboard,
        scale,
        segments,
        tuple(folder / "segments" / f"{segment_key(segment)}.mp4" for segment in segments),
        folder / "sound" / f"{_sound_key(storyboard)}.m4a",
    )
    for needed in (folder / "segments", folder / "sound", output.parent):
        needed.mkdir(parents=True, exist_ok=True)
    _make_missing(plan, workers or _cores(), progress or (lambda *_: None))
    return _publish(plan, output)


def preview_frame(storyboard: Storyboard, seconds: float, *, scale: float = 1.0) -> Image.Image:
    """The frame that is seen at a time, without encoding anything.

    Args:
        storyboard: At least one scene.
        seconds: From the start; beyond the end the last frame is given.
        scale: The share of the format's full size.
    """
    wanted = max(0, round(seconds * storyboard.rate))
    before = 0
    frame, segment = 0, None
    for segment in segments_of(storyboard, scale):
        frame = segment.first + min(wanted - before, segment.count - 1)
        before += segment.count
        if wanted < before:
            break
    if segment is None:
        raise ValueError("A storyboard without scenes has no frames.")
    return Image.fromarray(to_rgb(frame_at(segment, frame)))


# --- work ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """What a rendering needs, and where in the cache folder it lies or will lie."""

    storyboard: Storyboard
    scale: float
    segments: tuple[Segment, ...]
    paths: tuple[Path, ...]
    sound: Path


_Job = Callable[[Callable[[], None]], None]
"""Work for one process; it calls what it is given after every frame."""


def _make_missing(plan: _Plan, workers: int, progress: Progress) -> None:
    """Make every segment, and the sound, that is not in the cache yet."""
    planned = list(zip(plan.paths, plan.segments, strict=True))
    missing = {path: segment for path, segment in planned if not path.exists()}
    # A scene that is told twice has one file, and the frames of both are done with it.
    known = sum(segment.count for path, segment in planned if path not in missing)
    total = sum(segment.count for segment in plan.segments)
    progress(known, total)
    # The costliest first, so that no process is left with a long one at the end.
    jobs: list[_Job] = [
        partial(_make_segment, segment, path)
        for path, segment in sorted(missing.items(), key=lambda job: -job[1].count)
    ]
    if not plan.sound.exists():
        jobs.insert(min(workers, len(jobs)), partial(_make_sound, plan.storyboard, plan.sound))

    def report(done: int) -> None:
        progress(min(known + done, total), total)

    if workers == 1 or len(jobs) < 2:
        _in_this_process(jobs, report)
    else:
        _in_a_pool(jobs, min(workers, len(jobs)), report)
    progress(total, total)


def _in_this_process(jobs: Sequence[_Job], report: Callable[[int], None]) -> None:
    done = 0

    def frame_done() -> None:
        nonlocal done
        done += 1
        if done % 15 == 0:
            report(done)

    for job in jobs:
        job(frame_done)
        report(done)


def _in_a_pool(jobs: Sequence[_Job], workers: int, report: Callable[[int], None]) -> None:
    # A fork of a process with threads and open connections is asking for trouble.
    context = multiprocessing.get_context("spawn")
    done, stop = context.Value("q", 0), context.Event()
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(done, stop)
    )
    try:
        futures: set[Future[None]] = {pool.submit(_in_worker, job) for job in jobs}
        while futures:
            finished, futures = wait(futures, POLL_SECONDS, FIRST_EXCEPTION)
            for future in finished:
                future.result()
            report(done.value)
    except BrokenProcessPool as error:
        raise RetryableError(
            "A process that encoded the video was killed, most likely for want of memory.",
            hint="Try again, with fewer workers or on a machine with more memory.",
        ) from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _StoppedError(Exception):
    """The rendering that this worker belongs to has ended."""


_worker: dict[str, Any] = {}


def _start_worker(done: Any, stop: Any) -> None:
    cv2.setNumThreads(1)
    _worker.update(done=done, stop=stop)


def _in_worker(job: _Job) -> None:
    def frame_done() -> None:
        with _worker["done"].get_lock():
            _worker["done"].value += 1
        if _worker["stop"].is_set():
            raise _StoppedError

    job(frame_done)


def _make_segment(segment: Segment, path: Path, frame_done: Callable[[], None]) -> None:
    with written_whole(path) as unfinished:
        render_segment(segment, unfinished, frame_done)


def _make_sound(storyboard: Storyboard, path: Path, _: Callable[[], None]) -> None:
    with written_whole(path) as unfinished:
        write_sound(storyboard, unfinished)


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _sound_key(storyboard: Storyboard) -> str:
    """The hash of all that shapes the sound."""
    placed: list[object] = [SOUND_VERSION, storyboard.rate]
    for scene in storyboard.scenes:
        placed.append(scene.duration)
        placed += [
            (_take_digest(cue.take), cue.take_start, cue.start, cue.end)
            for cue in scene.cues
            if cue.take
        ]
    return hashlib.sha256(msgspec.json.encode(placed)).hexdigest()


def _take_digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"The sound {path} cannot be read: {error}.") from error


# --- files -----------------------------------------------------------------------------------


_TEXTS: dict[str, Callable[[Storyboard], str]] = {
    "webvtt": webvtt,
    "srt": srt,
    "descriptions": descriptions,
    "chapter_track": chapter_track,
    "transcript": transcript,
}
"""The files beside the video that are text, and what is in them."""


def _publish(plan: _Plan, output: Path) -> Video:
    """Write all files under other names, then give them their own."""
    storyboard, scale = plan.storyboard, plan.scale
    frames = sum(segment.count for segment in plan.segments)
    duration = frames / storyboard.rate
    chapters = chapters_of(storyboard)
    names = {kind: output.with_suffix(ending) for kind, ending in BESIDE.items()}
    unfinished = Path(mkdtemp(prefix=f".{output.stem}-", dir=output.parent))
    try:
        made = {kind: unfinished / kind for kind in names} | {"mp4": unfinished / "post.mp4"}
        for kind, text in _TEXTS.items():
            made[kind].write_bytes(text(storyboard).encode())
        poster = preview_frame(storyboard, _poster_time(storyboard), scale=scale)
        write_poster(poster, made["poster"])
        join(
            [(path, s.count) for path, s in zip(plan.paths, plan.segments, strict=True)],
            plan.sound,
            made["mp4"],
            rate=storyboard.rate,
            title=storyboard.title,
            language=storyboard.language,
            address=storyboard.address,
            licence=storyboard.licence,
            chapters=chapters,
            duration=duration,
        )
        for kind, name in names.items():
            made[kind].replace(name)
        made["mp4"].replace(output)
    finally:
        for left in unfinished.iterdir():
            left.unlink()
        unfinished.rmdir()
    size = stage(storyboard.format, scale)
    return Video(
        path=str(output),
        **{kind: str(name) for kind, name in names.items()},
        duration=duration,
        width=size.width,
        height=size.height,
        rate=storyboard.rate,
        size=output.stat().st_size,
        chapters=chapters,
        sources=sources_of(storyboard),
    )


def _poster_time(storyboard: Storyboard) -> float:
    """When everything on the first scene has come to rest."""
    return min(2.0, storyboard.scenes[0].duration * 0.8)
