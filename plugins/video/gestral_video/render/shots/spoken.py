"""Text whose lines rise and whose words light up as they are spoken."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.shots.desk import Desk, argb, even
from gestral_video.render.shots.parts import bleed, flush, rise_start, rising
from gestral_video.render.styles import Palette
from gestral_video.render.text import Face, Fitted, Line, Run, draw_line, fit, line_width
from gestral_video.storyboard.storyboard import Cue, CueWord

__all__ = ("fit_spoken", "spoken_layers", "spoken_text")


def fit_spoken(desk: Desk, text: str, face: Face, room: Rect) -> Fitted:
    """The text as large as the room allows, ready for `spoken_layers`."""
    return fit(
        text,
        face,
        room.width,
        room.height,
        smallest=34 * desk.unit,
        most_lines=5 if desk.stage.wide else 8,
        gap=0.45,
        word_starts=_word_starts(text, desk.shown),
    )


def spoken_text(desk: Desk, text: str, face: Face, room: Rect) -> list[Layer]:
    """The text in the middle of the room's height."""
    fitted = fit_spoken(desk, text, face, room)
    return spoken_layers(desk, text, fitted, room, room.top + (room.height - fitted.height) / 2)


def spoken_layers(desk: Desk, text: str, fitted: Fitted, room: Rect, top: float) -> list[Layer]:
    """A layer for each line: it rises with its first word, and its words light up in turn.

    Text that is not what is spoken (a person may have changed it) rises at even intervals.
    """
    x = flush(fitted, room, room.left)
    desk.place("text", fitted, (x, top), room)
    words = [word for cue in desk.shown for word in cue.words]
    in_place = bool(_word_starts(text, desk.shown))
    layers: list[Layer] = []
    for index, (line, offset) in enumerate(zip(fitted.lines, fitted.tops, strict=True)):
        if in_place:
            start = words[line.words[0]].start
        else:
            start = index * min(1.2, desk.scene.duration / (len(fitted.lines) + 1))
        y = round((top + offset) / 2) * 2
        margin = bleed(line.text, fitted.face)
        left = even(x + fitted.left(line, fitted.width)) - margin
        patches = _lit_line(line, fitted.face, desk.palette, margin)
        lit = words if in_place and desk.karaoke else None

        def draw(
            seconds: float,
            patches: Callable[[int | None], Patch] = patches,
            lit: Sequence[CueWord] | None = lit,
            at: tuple[int, int] = (left, y - margin),
            span: tuple[int, int] = (min(line.words), max(line.words)),
        ) -> Draw:
            word = None if lit is None else _word_at(lit, seconds, *span)
            return Draw(patches(word), *at)

        layers.append(rising(draw, rise_start(start), desk))
    return layers


def _lit_line(
    line: Line, face: Face, palette: Palette, margin: int
) -> Callable[[int | None], Patch]:
    """Patches of a line by the word being spoken: those before it in ink, those after it muted."""
    width = line_width("".join(line.tokens), face)

    @lru_cache(maxsize=2)
    def patch(word: int | None) -> Patch:
        def colour(of: int) -> int:
            if word is None or of < word:
                return palette.ink
            return palette.accent if of == word else palette.muted

        # The space at a line's end would push a line that runs leftwards away from its edge.
        tokens = [*line.tokens[:-1], line.tokens[-1].rstrip()]
        runs = [Run(t, argb(colour(w))) for t, w in zip(tokens, line.words, strict=True)]

        def draw(canvas: Any) -> None:
            draw_line(canvas, margin, margin, runs, face, leftwards=line.leftwards)

        return draw_patch(width + 2 * margin + face.size * 0.2, face.line_height + 2 * margin, draw)

    return patch


def _word_at(words: Sequence[CueWord], seconds: float, first: int, last: int) -> int | None:
    """Which word of `first` to `last` is spoken: none when all of them have been."""
    if seconds >= words[last].end:
        return None
    return max((i for i in range(first, last + 1) if words[i].start <= seconds), default=first - 1)


def _word_starts(text: str, cues: Sequence[Cue]) -> list[int]:
    """Where each spoken word starts in the text; empty unless the text is what is spoken."""
    starts, at = [], 0
    for cue in cues:
        for word in cue.words:
            while at < len(text) and text[at].isspace():
                at += 1
            if not text.startswith(word.text, at):
                return []
            starts.append(at)
            at += len(word.text)
    return starts if not text[at:].strip() else []
