"""Parts that several kinds of scenes share."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch, opaque_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, argb, even
from gestral_video.render.styles import draw_tile
from gestral_video.render.text import Face, Fitted, Line, Run, draw_line, fit, line_width

__all__ = (
    "RISE_LEAD",
    "accent_bar",
    "bleed",
    "block",
    "draw_fitted",
    "emblem",
    "flush",
    "headed_page",
    "label",
    "line_draws",
    "moved",
    "one_line",
    "page",
    "rise_start",
    "rising",
    "small",
    "split",
)

RISE_SECONDS = 0.5
RISE_LEAD = 0.12
"""Seconds before its first word that a line starts to rise: the eye is slower than the ear."""


def page(desk: Desk, draw: Callable[[Any], None] | None = None) -> Patch:
    """The style's background, with what never moves drawn onto it."""
    stage, palette = desk.stage, desk.palette
    pixels = np.zeros((stage.height, stage.width, 4), np.uint8)
    with skia.Surface(pixels) as canvas:
        canvas.clear(argb(palette.page))
        desk.style.background(canvas, stage.width, stage.height, palette, desk.scene.look)
        if draw:
            draw(canvas)
    return opaque_patch(np.ascontiguousarray(pixels[..., :3]))


def headed_page(desk: Desk, room: Rect) -> tuple[Patch, Rect]:
    """The page with the section's heading at the top, and the room below it."""
    heading, unit = desk.scene.heading, desk.unit
    if not heading:
        return page(desk), room
    face = Face(desk.style.display, desk.style.display_weight, 42 * unit, -0.005, 1.2)
    bar_width, gap = 56 * unit, 26 * unit
    fitted = fit(
        heading,
        face,
        room.width - bar_width - gap,
        2 * face.line_height,
        smallest=28 * unit,
        most_lines=2,
    )
    x, bar_x = room.left + bar_width + gap, float(room.left)
    if fitted.leftwards:
        x, bar_x = room.right - bar_width - gap - fitted.width, room.right - bar_width
    desk.place("heading", fitted, (x, room.top), room)

    def draw(canvas: Any) -> None:
        bar = skia.Paint(Color=argb(desk.palette.accent), AntiAlias=True)
        middle = room.top + fitted.face.line_height / 2
        rect = skia.Rect.MakeXYWH(bar_x, middle - 3.5 * unit, bar_width, 7 * unit)
        canvas.drawRoundRect(rect, 3.5 * unit, 3.5 * unit, bar)
        draw_fitted(canvas, fitted, x, room.top, desk.palette.muted)

    below = room.top + even(fitted.height + 44 * unit)
    return page(desk, draw), replace(room, top=below)


def split(desk: Desk, room: Rect) -> tuple[Rect, Rect]:
    """The panel for a picture, beside or above the text, and what is left of the room."""
    stage, unit = desk.stage, desk.unit
    if stage.wide:
        panel = Rect(even(stage.width * 0.5625), 0, stage.width, stage.height)
        return panel, replace(room, right=panel.left - round(72 * unit))
    # Whole rows of an emblem's tiles, of which five fill the width.
    tile = stage.width / 5
    panel = Rect(0, 0, stage.width, even(int(0.48 * stage.height / tile + 0.01) * tile))
    return panel, replace(room, top=panel.bottom + round(56 * unit))


def emblem(desk: Desk, told: str, panel: Rect) -> list[Layer]:
    """Tiles that fill the panel, another pattern for every text, coming up one after another."""
    rows = max(2, round(panel.height / (216 * desk.unit)))
    side = panel.height / rows
    columns = ceil(panel.width / side - 0.05)
    layers: list[Layer] = []
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        number = int.from_bytes(
            hashlib.sha256(f"{told} {index}".encode(errors="replace")).digest()[:4], "big"
        )
        x, y = panel.left + column * side, panel.top + row * side
        patch = draw_patch(
            side,
            side,
            lambda canvas, number=number: draw_tile(  # type: ignore[misc]
                canvas, side + 2, desk.style.emblem, number
            ),
        )
        placed = Draw(patch, even(x), even(y), clip=panel)
        layers.append(rising(lambda _, d=placed: d, 0.03 * (row + column), desk))  # type: ignore[misc]
    return layers


def rising(draw: Layer, start: float, desk: Desk) -> Layer:
    """The layer, from `start` on: it comes up a little while it fades in, ever slower."""
    way = 30 * desk.unit

    def layer(seconds: float) -> Draw | None:
        if seconds < start:
            return None
        drawn = draw(seconds)
        part = (seconds - start) / RISE_SECONDS
        if part >= 1 or drawn is None:
            return drawn
        left = (1 - part) ** 3
        return replace(drawn, y=drawn.y + way * left, opacity=1 - left)

    return layer


def rise_start(spoken: float) -> float:
    """When to rise for a word: a little before it, but not over the scene before."""
    return max(spoken - RISE_LEAD, 0.16)


def block(
    desk: Desk, what: str, fitted: Fitted, at: tuple[float, float], *, room: Rect, colour: int
) -> Layer:
    """All lines of a text as one patch."""
    x, y = flush(fitted, room, at[0]), at[1]
    desk.place(what, fitted, (x, y), room)
    margin = bleed(fitted.text, fitted.face)
    patch = draw_patch(
        fitted.width + 2 * margin + fitted.face.size * 0.2,
        fitted.height + 2 * margin,
        lambda canvas: draw_fitted(canvas, fitted, margin, margin, colour),
    )
    placed = Draw(patch, even(x) - margin, even(y) - margin)
    return lambda _: placed


def line_draws(
    desk: Desk, what: str, fitted: Fitted, at: tuple[float, float], *, room: Rect, colour: int
) -> list[Layer]:
    """Every line of a text as a layer of its own, to rise one after another."""
    x, y = flush(fitted, room, at[0]), at[1]
    desk.place(what, fitted, (x, y), room)
    layers: list[Layer] = []
    for line, top in zip(fitted.lines, fitted.tops, strict=True):
        margin = bleed(line.text, fitted.face)

        def draw(canvas: Any, line: Line = line, margin: int = margin) -> None:
            runs = [Run(line.text, argb(colour))]
            draw_line(canvas, margin, margin, runs, fitted.face, leftwards=line.leftwards)

        patch = draw_patch(
            line_width(line.text, fitted.face) + 2 * margin + fitted.face.size * 0.2,
            fitted.face.line_height + 2 * margin + fitted.face.size * 0.1,
            draw,
        )
        left = x + fitted.left(line, fitted.width)
        placed = Draw(patch, even(left) - margin, even(y + top) - margin)
        layers.append(lambda _, placed=placed: placed)  # type: ignore[misc]
    return layers


def accent_bar(desk: Desk, text: Fitted, at: tuple[float, float], *, room: Rect) -> Layer:
    """The short accent bar of a text: at its beginning, which may be at the right of the room."""
    width, height = 96 * desk.unit, 7 * desk.unit
    x, y = room.right - width if text.leftwards else at[0], at[1]
    paint = skia.Paint(Color=argb(desk.palette.accent), AntiAlias=True)
    patch = draw_patch(
        width,
        height,
        lambda canvas: canvas.drawRoundRect(
            skia.Rect.MakeWH(width, height), height / 2, height / 2, paint
        ),
    )
    placed = Draw(patch, even(x), even(y))
    return lambda _: placed


def label(desk: Desk, text: str, size: float, *, at_top: bool) -> tuple[Layer, int]:
    """A small dark box with text that stays readable on any picture, and where it ends."""
    unit, safe, style = desk.unit, desk.stage.safe, desk.style
    pad_x, pad_y = 24 * unit, 13 * unit
    face = Face(style.body, 400, size * unit)
    room = min(safe.width, safe.height * 1.6) - 2 * pad_x
    fitted = fit(text, face, room, 120 * unit, smallest=size * 0.75 * unit, most_lines=2)
    width, height = fitted.width + 2 * pad_x, fitted.height + 2 * pad_y
    top = safe.top - 40 * unit if at_top else 20 * unit
    left = safe.left if at_top else desk.stage.width - width - 20 * unit
    desk.place("label", fitted, (left + pad_x, top + pad_y), desk.stage.frame)

    def draw(canvas: Any) -> None:
        box = skia.Paint(Color=style.caption_box, AntiAlias=True)
        canvas.drawRoundRect(skia.Rect.MakeWH(width, height), 12 * unit, 12 * unit, box)
        draw_fitted(canvas, fitted, pad_x, pad_y, style.caption_ink)

    patch = draw_patch(width, height, draw)
    placed = Draw(patch, even(left), even(top))
    return rising(lambda _: placed, 0.3, desk), placed.rect.bottom


def draw_fitted(canvas: Any, fitted: Fitted, x: float, y: float, colour: int) -> None:
    """All lines of a text, its upper left corner at `x`, `y`."""
    for line, top in zip(fitted.lines, fitted.tops, strict=True):
        left = x + fitted.left(line, fitted.width)
        runs = [Run(line.text, argb(colour))]
        draw_line(canvas, left, y + top, runs, fitted.face, leftwards=line.leftwards)


def bleed(text: str, face: Face) -> int:
    """Room around text in which its letters may end: in some scripts they leave their line far."""
    return 0 if text.isascii() else even(0.4 * face.size)


def moved(draw: Callable[[Any], None], margin: int) -> Callable[[Any], None]:
    """The same drawing, so far from the upper left corner."""

    def drawn(canvas: Any) -> None:
        canvas.translate(margin, margin)
        draw(canvas)

    return drawn


def flush(fitted: Fitted, room: Rect, x: float) -> float:
    """Where text that could start at `x` does: text that runs leftwards ends with its room."""
    return room.right - fitted.width if fitted.leftwards else x


def small(desk: Desk, weight: int) -> Face:
    """For what stands beside a title."""
    return Face(desk.style.body, weight, 36 * desk.unit)


def one_line(desk: Desk) -> dict[str, Any]:
    """How `fit` is told that a text has one line only."""
    return {"smallest": 24 * desk.unit, "most_lines": 1}
