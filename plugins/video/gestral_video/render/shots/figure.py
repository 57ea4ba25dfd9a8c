"""A key figure: a number, large, that counts up while it is spoken."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal, localcontext
from functools import lru_cache
from typing import Any

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.shots.desk import Desk, Drawn, Placed, argb, even
from gestral_video.render.shots.parts import headed_page, line_draws, rise_start, rising
from gestral_video.render.text import Face, Fitted, Run, draw_line, fit, line_width
from gestral_video.storyboard.storyboard import FigureScene

__all__ = ("counted", "figure_shot")

COUNT_SECONDS = 1.4
"""Of counting at least, where the scene began early enough: faster, and nobody sees it."""
_NUMBER = re.compile(r"\d[\d, \u00a0\u202f]*(?:\.\d+)?(?<=\d)")


def figure_shot(desk: Desk, scene: FigureScene) -> Drawn:
    """The clause's first words, the figure in the accent colour, the clause's last words."""
    unit, palette = desk.unit, desk.palette
    parts = [scene.before, scene.figure, scene.after]
    background, room = headed_page(desk, desk.room(" ".join(part for part in parts if part)))
    face = Face(desk.style.body, desk.style.body_weight, 72 * unit, -0.012, 1.22)
    most = 2 if desk.stage.wide else 3

    def side(text: str) -> Fitted:
        return fit(text, face, room.width, room.height / 4, smallest=30 * unit, most_lines=most)

    before, after = side(scene.before), side(scene.after)
    gap = 18 * unit
    tallest = room.height - before.height - after.height - 2 * gap
    number = _number_face(desk, scene.figure, room.width, tallest)
    used = before.height + number.line_height + after.height + 2 * gap
    y = room.top + (room.height - used) / 2
    started = scene.cues[0].words[0].start if scene.cues and scene.cues[0].words else 0.0
    layers = [
        rising(draw, rise_start(started), desk)
        for draw in line_draws(
            desk, "before", before, (room.left, y), room=room, colour=palette.ink
        )
    ]
    y += before.height + gap
    layers.append(_counting(desk, scene, number, (room.left, y), room))
    y += number.line_height + gap
    layers += [
        rising(draw, rise_start(scene.arrives), desk)
        for draw in line_draws(desk, "after", after, (room.left, y), room=room, colour=palette.ink)
    ]
    return background, layers


def counted(figure: str, part: float) -> str:
    """The figure at a part of its way from zero, 0 to 1, written in its own manner.

    It is what is written only at 1; a figure without a number is always itself.
    """
    found = _NUMBER.search(figure)
    if part >= 1 or not found:
        return figure
    written = found.group()
    whole, _, fraction = written.partition(".")
    grouping = next((mark for mark in whole if not mark.isdecimal()), "")
    with localcontext(prec=len(written) + 20):
        value = Decimal(re.sub(r"[^\d.]", "", written)) * Decimal(repr(max(0.0, part)))
        value = value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_FLOOR)
    text = f"{value:,}" if grouping else str(value)
    return figure[: found.start()] + text.replace(",", grouping) + figure[found.end() :]


def _number_face(desk: Desk, figure: str, width: float, height: float) -> Face:
    """The largest face in which the figure has room."""
    face = Face(desk.style.display, desk.style.display_weight, 320 * desk.unit, -0.02, 1.0)
    size = min(face.size, max(height, 40 * desk.unit))
    size = min(size, face.size * width / max(1.0, _advance(figure, face)))
    return replace(face, size=size)


def _cells(text: str, face: Face) -> list[float]:
    """The width of every letter; all digits have that of the widest, so that nothing trembles."""
    digit = max(line_width(digit, face) for digit in "0123456789")
    space = line_width("n n", face) - line_width("nn", face)
    return [
        digit if letter.isdecimal() else space if letter.isspace() else line_width(letter, face)
        for letter in text
    ]


def _advance(text: str, face: Face) -> float:
    return sum(_cells(text, face))


def _counting(
    desk: Desk, scene: FigureScene, face: Face, at: tuple[float, float], room: Rect
) -> Layer:
    x, y = at
    width = _advance(scene.figure, face)
    rect = Rect(round(x), round(y), round(x + width), round(y + face.line_height))
    desk.placed.append(Placed("figure", rect, room))
    start = rise_start(min(scene.begins, scene.arrives - COUNT_SECONDS))
    patches = _figure_patches(face, width, argb(desk.palette.accent))

    def draw(seconds: float) -> Draw:
        way = (seconds - start) / max(0.1, scene.arrives - start)
        part = 1.0 if seconds >= scene.arrives else 1 - (1 - way) ** 3
        return Draw(patches(counted(scene.figure, part)), even(x), even(y))

    return rising(draw, start, desk)


def _figure_patches(face: Face, width: float, colour: int) -> Callable[[str], Patch]:
    """Patches by what they say, as wide as the whole figure; what is shorter ends where it ends."""

    @lru_cache(maxsize=2)
    def patch(text: str) -> Patch:
        def draw(canvas: Any) -> None:
            cells = _cells(text, face)
            left = width - sum(cells)
            for letter, cell in zip(text, cells, strict=True):
                run = [Run(letter, colour)]
                draw_line(canvas, left + (cell - line_width(letter, face)) / 2, 0, run, face)
                left += cell

        return draw_patch(width + face.size * 0.1, face.line_height, draw)

    return patch
