"""A list whose items come one after another."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gestral_video.render.compositor import Draw, Layer
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, argb, even
from gestral_video.render.shots.parts import (
    bleed,
    draw_fitted,
    headed_page,
    moved,
    rise_start,
    rising,
)
from gestral_video.render.text import Face, Fitted, Run, draw_line, fit, line_width
from gestral_video.storyboard.storyboard import ListScene

__all__ = ("list_shot",)


def list_shot(desk: Desk, scene: ListScene) -> Drawn:
    """Items one below the other; each rises with its words, its marker lit while it is spoken."""
    unit, palette = desk.unit, desk.palette
    background, room = headed_page(desk, desk.room("\n".join(scene.items)))
    marker_width = even((96 if scene.numbers else 64) * unit)
    inner = replace(room, left=room.left + marker_width)
    face = Face(desk.style.body, 600, 70 * unit, -0.012, 1.24)
    items = [" ".join(item.split()) for item in scene.items]
    fitted = fit("\n".join(items), face, inner.width, inner.height, smallest=26 * unit, gap=0.6)
    top = inner.top + (inner.height - fitted.height) / 2
    desk.place("items", fitted, (inner.left, top), room)
    layers: list[Layer] = []
    for index, start in enumerate(scene.item_starts[: len(items)]):
        lines = [i for i, line in enumerate(fitted.lines) if line.paragraph == index]
        if not lines:
            break
        offset = fitted.tops[lines[0]]
        part = replace(
            fitted, lines=tuple(replace(fitted.lines[i], paragraph=0) for i in lines), gap=0.0
        )
        number = f"{scene.numbers[index]}." if index < len(scene.numbers) else ""
        margin = bleed(items[index], fitted.face)

        def item_patch(
            lit: bool, part: Fitted = part, number: str = number, margin: int = margin
        ) -> Patch:
            width = marker_width + part.width
            face = replace(part.face, weight=800)
            mark_width = line_width(number, face) if number else 0.3 * face.size + 2 * unit
            mark = width - mark_width if part.leftwards else 0.0

            def draw(canvas: Any) -> None:
                colour = palette.accent if lit else palette.muted
                draw_fitted(canvas, part, 0 if part.leftwards else marker_width, 0, palette.ink)
                canvas.translate(mark, 0)
                _draw_marker(canvas, number, face, colour, unit, leftwards=part.leftwards)

            return draw_patch(width + 2 * margin, part.height + 2 * margin, moved(draw, margin))

        patches = lru_cache(item_patch)
        ends = [*scene.item_starts[1:], scene.duration + 1]
        end = ends[index] if index < len(ends) else scene.duration + 1

        def place(
            patch: Patch, leftwards: bool = part.leftwards, margin: int = margin
        ) -> tuple[int, int]:
            x = room.right + margin - patch.width if leftwards else room.left - margin
            return even(x), -margin

        def item(
            seconds: float,
            patches: Callable[[bool], Patch] = patches,
            y: float = top + offset,
            end: float = end,
            place: Callable[[Patch], tuple[int, int]] = place,
        ) -> Draw:
            patch = patches(seconds < end)
            x, above = place(patch)
            return Draw(patch, x, round(y / 2) * 2 + above)

        layers.append(rising(item, rise_start(start), desk))
    return background, layers


def _draw_marker(
    canvas: Any, number: str, face: Face, colour: int, unit: float, *, leftwards: bool
) -> None:
    if number:
        draw_line(canvas, 0, 0, [Run(number, argb(colour))], face, leftwards=leftwards)
        return
    side = face.size * 0.3
    rect = skia.Rect.MakeXYWH(2 * unit, face.line_height / 2 - side / 2, side, side)
    paint = skia.Paint(Color=argb(colour), AntiAlias=True)
    canvas.drawRoundRect(rect, side * 0.25, side * 0.25, paint)
