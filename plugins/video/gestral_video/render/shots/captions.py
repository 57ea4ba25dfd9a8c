"""Captions: what is said and not shown otherwise, in a box at the foot of the frame."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Placed, argb, even
from gestral_video.render.text import Face, Run, draw_line, line_width, runs_leftwards
from gestral_video.storyboard.phrases import Phrase, phrases

__all__ = ("caption_layers",)


def caption_layers(desk: Desk) -> list[Layer]:
    """The caption box: two lines at most; in karaoke the word being spoken in the accent colour."""
    stage, unit = desk.stage, desk.unit
    cues = desk.captioned
    if not cues:
        return []
    size = (46 if stage.wide else 50) * unit
    face = Face(desk.style.body, 600, size, -0.005, 1.3)
    shown = [p for cue in cues for p in phrases(cue, line_length=42 if stage.wide else 30)]
    draws: list[tuple[float, float, Callable[[int], Draw]]] = []
    for phrase, after in zip(shown, [*shown[1:], None], strict=True):
        # A box that blinks is worse than one that stays: short silences are bridged.
        end = phrase.lines[-1][-1].end + 0.25
        if after is not None and after.start - end < 0.4:
            end = after.start
        draws.append((phrase.start, end, _caption(desk, phrase, face)))

    def layer(seconds: float) -> Draw | None:
        for (start, end, draw), phrase in zip(draws, shown, strict=True):
            if start <= seconds < end:
                words = [word for line in phrase.lines for word in line if desk.karaoke]
                return draw(sum(word.start <= seconds for word in words) - 1)
        return None

    return [layer]


def _caption(desk: Desk, phrase: Phrase, face: Face) -> Callable[[int], Draw]:
    unit, band, style = desk.unit, desk.stage.band, desk.style
    pad_x, pad_y = 30 * unit, 14 * unit
    widest = max(line_width(line, face) for line in phrase.text)
    # Phrases are cut by their letters, of which some are wide: such a phrase is set smaller.
    face = replace(face, size=face.size * min(1.0, (band.width - 2 * pad_x) / widest))
    widths = [line_width(line, face) for line in phrase.text]
    width, height = max(widths) + 2 * pad_x, len(widths) * face.line_height + 2 * pad_y
    x = even(desk.stage.width / 2 - width / 2)
    y = even(band.top + (band.height - height) / 2 if desk.stage.wide else band.top)
    desk.placed.append(
        Placed(
            "caption",
            Rect(x, y, round(x + width), round(y + height)),
            band,
        )
    )

    leftwards = runs_leftwards(phrase.joiner.join(phrase.text))

    @lru_cache(maxsize=2)
    def patch(spoken: int) -> Patch:
        def draw(canvas: Any) -> None:
            box = skia.Paint(Color=style.caption_box, AntiAlias=True)
            canvas.drawRoundRect(skia.Rect.MakeWH(width, height), 16 * unit, 16 * unit, box)
            number = 0
            for index, line in enumerate(phrase.lines):
                runs = []
                for word in line:
                    lit = style.caption_accent if number == spoken else style.caption_ink
                    space = phrase.joiner if word is not line[-1] else ""
                    runs.append(Run(word.text + space, argb(lit)))
                    number += 1
                left, y = (width - widths[index]) / 2, pad_y + index * face.line_height
                draw_line(canvas, left, y, runs, face, leftwards=leftwards)

        return draw_patch(width, height, draw)

    return lambda spoken: Draw(patch(spoken), x, y)
