"""Chapters: the parts of a video that can be jumped to, after the article's headings."""

from gestral_video.render.video import Chapter
from gestral_video.storyboard.storyboard import ClosingScene, Storyboard

__all__ = ("chapters_of",)

SHORTEST = 5.0
"""Seconds that a chapter lasts at least; the start of a shorter one is no place to jump to."""


def chapters_of(storyboard: Storyboard) -> tuple[Chapter, ...]:
    """The first chapter bears the video's title; each new heading starts another."""
    chapters = [Chapter(title=storyboard.title, start=0.0)]
    heading, at = "", 0.0
    for scene in storyboard.scenes:
        new = scene.heading and scene.heading != heading and not isinstance(scene, ClosingScene)
        if new and at - chapters[-1].start >= SHORTEST:
            chapters.append(Chapter(title=scene.heading, start=at))
            heading = scene.heading
        at += scene.duration
    return tuple(chapters)
