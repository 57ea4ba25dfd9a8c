"""A list whose items come one after another."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gestral_video.render.compositor import Draw, Layer
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, argb, even
from gestral_video.render.shots.parts import draw_fitted, headed_page, rise_start, rising
from gestral_video.render.text import Face, Fitted, Run, draw_line, fit
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

        def item_patch(lit: bool, part: Fitted = part, number: str = number) -> Patch:
            def draw(canvas: Any) -> None:
                colour = palette.accent if lit else palette.muted
                _draw_marker(canvas, number, part.face, colour, unit)
                draw_fitted(canvas, part, marker_width, 0, palette.ink)

            return draw_patch(marker_width + part.width + 4, part.height, draw)

        patches = lru_cache(item_patch)
        ends = [*scene.item_starts[1:], scene.duration + 1]
        end = ends[index] if index < len(ends) else scene.duration + 1

        def item(
            seconds: float,
            patches: Callable[[bool], Patch] = patches,
            y: float = top + offset,
            end: float = end,
        ) -> Draw:
            return Draw(patches(seconds < end), room.left, round(y / 2) * 2)

        layers.append(rising(item, rise_start(start), desk))
    return background, layers


def _draw_marker(canvas: Any, number: str, face: Face, colour: int, unit: float) -> None:
    if number:
        draw_line(canvas, 0, 0, [Run(number, argb(colour))], replace(face, weight=800))
        return
    side = face.size * 0.3
    rect = skia.Rect.MakeXYWH(2 * unit, face.line_height / 2 - side / 2, side, side)
    paint = skia.Paint(Color=argb(colour), AntiAlias=True)
    canvas.drawRoundRect(rect, side * 0.25, side * 0.25, paint)
