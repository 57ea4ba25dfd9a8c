"""Captions: WebVTT and SRT from the cues' words.

At most 42 characters a line, two lines, 5/6 to 7 seconds each, never two at once: the limits that
the large guides agree on.
"""

from collections.abc import Iterator

import msgspec

from gestral_video.storyboard.phrases import LONGEST, phrases
from gestral_video.storyboard.storyboard import Storyboard

__all__ = ("Caption", "captions_of", "srt", "webvtt")

SHORTEST = 5 / 6
"""Seconds that one caption stands at least."""

BRIDGED = 0.5
"""A silence shorter than this, in seconds, does not take the caption away."""


class Caption(msgspec.Struct, frozen=True, kw_only=True):
    """What is read at one time; seconds from the start of the video."""

    start: float
    end: float
    lines: tuple[str, ...]


def captions_of(storyboard: Storyboard) -> tuple[Caption, ...]:
    """The captions of a storyboard, in order.

    A phrase too short to be read stands until it has been, and the next waits for it.
    """
    spoken = list(_spoken(storyboard))
    captions: list[Caption] = []
    for index, phrase in enumerate(spoken):
        start = max(phrase.start, captions[-1].end if captions else 0.0)
        end = max(phrase.end, start + SHORTEST)
        if index + 1 < len(spoken):
            following = spoken[index + 1].start
            if following - end < BRIDGED:
                end = max(following, start + SHORTEST)
        captions.append(Caption(start=start, end=min(end, start + LONGEST), lines=phrase.lines))
    return tuple(captions)


def webvtt(storyboard: Storyboard) -> str:
    """The captions as a WebVTT file."""
    parts = ["WEBVTT", f"Language: {storyboard.language}"]
    text = "\n".join(parts) + "\n"
    for caption in captions_of(storyboard):
        text += f"\n{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}\n"
        text += "\n".join(_escaped(line) for line in caption.lines) + "\n"
    return text


def srt(storyboard: Storyboard) -> str:
    """The captions as a SubRip file."""
    text = ""
    for number, caption in enumerate(captions_of(storyboard), start=1):
        text += f"{number}\n{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}\n"
        text += "\n".join(caption.lines) + "\n\n"
    return text


def _spoken(storyboard: Storyboard) -> Iterator[Caption]:
    """Every phrase as it is heard."""
    start = 0.0
    for scene in storyboard.scenes:
        for cue in scene.cues:
            for phrase in phrases(cue):
                yield Caption(start=start + phrase.start, end=start + phrase.end, lines=phrase.text)
        start += scene.duration


def _clock(seconds: float, mark: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{mark}{thousandths:03}"


def _escaped(line: str) -> str:
    """With what WebVTT would take for markup escaped; `-->` cannot occur once `>` is."""
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
