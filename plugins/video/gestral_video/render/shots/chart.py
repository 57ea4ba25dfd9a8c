"""A chart of a table: bars from zero, or a line over time; every value as it is written."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, argb, even
from gestral_video.render.shots.parts import block, headed_page, rising
from gestral_video.render.shots.table import Shade, below_title, shade_at, title_line
from gestral_video.render.text import Face, Fitted, fit, line_width
from gestral_video.storyboard.storyboard import ChartScene

__all__ = ("chart_shot",)

GROW_START, GROW_SECONDS = 0.35, 0.9


def chart_shot(desk: Desk, scene: ChartScene) -> Drawn:
    """The title, and below it bars or a line that grow."""
    background, room = headed_page(desk, desk.room())
    layers: list[Layer] = []
    if scene.title:
        title, bottom = title_line(desk, scene.title, room)
        layers.append(title)
        room = replace(room, top=bottom)
    draw = _bars if scene.shape == "bars" else _line
    return background, [*layers, *draw(desk, scene, room)]


def _eased(seconds: float, start: float, length: float = GROW_SECONDS) -> float:
    part = min(1.0, max(0.0, (seconds - start) / length))
    return 1 - (1 - part) ** 3


# --- bars ------------------------------------------------------------------------------------


def _bars(desk: Desk, scene: ChartScene, room: Rect) -> list[Layer]:
    """A bar for every row, its label to the left, its value at the end; all start at zero."""
    unit = desk.unit
    count = max(1, len(scene.labels))
    step = min(room.height / count, 150 * unit)
    thick = even(step * 0.56)
    top = room.top + below_title(desk, room.height - step * count, scene.title)
    face = Face(desk.style.body, 600, min(40 * unit, step * 0.42), -0.005, 1.15)
    labels = _texts(scene.labels, face, (room.width * 0.3, step), smallest=22 * unit, lines=2)
    texts = _texts(
        scene.texts,
        replace(face, weight=700),
        (room.width * 0.24, step),
        smallest=22 * unit,
        lines=1,
    )
    gap = even(28 * unit)
    start = even(room.left + max(label.width for label in labels)) + gap
    wide = max(text.width for text in texts) + gap
    low, high = min(0.0, *scene.values), max(0.0, *scene.values)
    # Values below zero are written to the left of their bars.
    below, above = (wide if low < 0 else 0.0), (wide if high > 0 else 0.0)
    scale = max(0.0, room.right - start - below - above) / ((high - low) or 1.0)
    zero = even(start + below - low * scale)
    layers: list[Layer] = [_axis(desk, zero, top, step * count)]
    for index, (value, label, text) in enumerate(zip(scene.values, labels, texts, strict=True)):
        y = top + index * step
        began = GROW_START + 0.08 * index
        height = even(y + (step - thick) / 2)
        if value:
            layers.append(_bar(desk, scene, index, (zero, height, value * scale, thick), began))
        middle = y + (step - label.height) / 2
        layers.append(
            rising(
                block(
                    *(desk, "label", label, (room.left, middle)),
                    room=room,
                    colour=desk.palette.ink,
                ),
                0.1 + 0.08 * index,
                desk,
            )
        )
        end = zero + value * scale
        x = end - gap - text.width if value < 0 else end + gap
        written = block(
            *(desk, "value", text, (x, y + (step - text.height) / 2)),
            room=room,
            colour=desk.palette.ink,
        )
        layers.append(rising(written, began + GROW_SECONDS * 0.6, desk))
    return layers


def _texts(
    texts: Sequence[str], face: Face, room: tuple[float, float], *, smallest: float, lines: int
) -> list[Fitted]:
    """All in one size: the largest in which every one of them has room."""
    width, height = room

    def fitted(text: str, size: float) -> Fitted:
        sized = replace(face, size=min(face.size, size))
        high = min(lines * sized.line_height, max(height, sized.line_height))
        return fit(text or " ", sized, width, high, smallest=smallest, most_lines=lines)

    size = min((fitted(text, face.size).face.size for text in texts), default=face.size)
    return [fitted(text, size) for text in texts]


def _bar(
    desk: Desk,
    scene: ChartScene,
    index: int,
    place: tuple[int, int, float, int],
    began: float,
) -> Layer:
    """A bar that comes out of the axis, its far end round."""
    zero, top, length, thick = place
    long = max(2.0, abs(length))
    palette = desk.palette
    colours: dict[Shade, int] = {
        "plain": palette.accent,
        "lit": palette.accent,
        "dim": palette.muted,
    }

    @lru_cache(maxsize=2)
    def patch(shade: Shade) -> Patch:
        def draw(canvas: Any) -> None:
            paint = skia.Paint(Color=argb(colours[shade]), AntiAlias=True)
            radius = min(8 * desk.unit, long / 2)
            # The corners at the axis are square: the rounded ones lie outside of the patch.
            left = -2 * radius if length >= 0 else 0.0
            rect = skia.Rect.MakeXYWH(left, 0, long + 2 * radius, thick)
            canvas.drawRoundRect(rect, radius, radius, paint)

        return draw_patch(long, thick, draw)

    def layer(seconds: float) -> Draw | None:
        grown = _eased(seconds, began)
        if grown == 0:
            return None
        drawn = patch(shade_at(scene.marks, index, seconds))
        if length >= 0:
            clip = Rect(zero, 0, desk.stage.width, desk.stage.height)
            return Draw(drawn, zero - (1 - grown) * drawn.width, top, clip=clip)
        clip = Rect(0, 0, zero, desk.stage.height)
        return Draw(drawn, zero - grown * drawn.width, top, clip=clip)

    return layer


def _axis(desk: Desk, x: int, top: float, height: float) -> Layer:
    paint = skia.Paint(Color=argb(desk.palette.muted))
    width = even(max(2.0, 3 * desk.unit))
    patch = draw_patch(width, height, lambda canvas: canvas.drawPaint(paint))
    placed = Draw(patch, x - width, even(top))
    return rising(lambda _: placed, 0.1, desk)


# --- a line ----------------------------------------------------------------------------------


def _line(desk: Desk, scene: ChartScene, room: Rect) -> list[Layer]:
    """The values over time, drawn from left to right; the telling ones are written out."""
    unit, palette = desk.unit, desk.palette
    face = Face(desk.style.body, 600, 36 * unit, -0.005, 1.15)
    below, above = 70 * unit, 64 * unit
    inset = 90 * unit
    left, right = room.left + inset, room.right - inset
    top, bottom = room.top + above, room.bottom - below
    low, high = min(scene.values), max(scene.values)
    # From zero where that costs less than half of the height, as it tells sizes truly.
    low = 0.0 if 0 <= low < 0.5 * high else low
    count = len(scene.values)
    points = [
        (
            left + (right - left) * index / max(1, count - 1),
            bottom - (bottom - top) * ((value - low) / ((high - low) or 1.0)),
        )
        for index, value in enumerate(scene.values)
    ]
    layers = [
        _ground(desk, room, bottom),
        _drawn_line(desk, points, bottom, even((4 if count > 30 else 7) * unit)),
    ]
    span = points[-1][0] - points[0][0] or 1.0
    room_of_text: dict[str, Any] = {"smallest": 18 * unit, "most_lines": 1}
    for index in _telling(scene):
        x, y = points[index]
        part = (x - points[0][0]) / span
        seen = GROW_START + 0.05 + 1.4 * part
        layers.append(rising(_dot(desk, x, y), seen, desk))
        text = fit(scene.texts[index] or " ", face, 2.6 * inset, above, **room_of_text)
        away = 20 * unit
        under = _in_a_valley(points, index) and y + away + text.height < bottom
        top_of_text = y + away if under else y - away - text.height
        at = (_within(x - text.width / 2, text.width, room), top_of_text)
        layers.append(
            rising(block(desk, "value", text, at, room=room, colour=palette.ink), seen, desk)
        )
    plain = replace(face, weight=400)
    for index in _ticks(scene, plain, right - left):
        label = fit(scene.labels[index] or " ", plain, 2.6 * inset, below, **room_of_text)
        at = (_within(points[index][0] - label.width / 2, label.width, room), bottom + 16 * unit)
        layers.append(
            rising(block(desk, "label", label, at, room=room, colour=palette.muted), 0.2, desk)
        )
    return layers


def _in_a_valley(points: Sequence[tuple[float, float]], index: int) -> bool:
    """Whether the line rises on both sides of the point, so that its value has room below it."""
    beside = [*points[max(0, index - 1) : index], *points[index + 1 : index + 2]]
    return all(y <= points[index][1] for _, y in beside)


def _within(x: float, width: float, room: Rect) -> float:
    return min(max(x, room.left), room.right - width)


def _telling(scene: ChartScene) -> list[int]:
    """The points whose values are written: first, last, lowest, highest, and those spoken of."""
    values = scene.values
    chosen = {0, len(values) - 1, values.index(min(values)), values.index(max(values))}
    apart = max(1, len(values) // 8)
    kept: list[int] = []
    for index in [*dict.fromkeys(mark.index for mark in scene.marks), *sorted(chosen)]:
        if all(abs(index - other) >= apart for other in kept):
            kept.append(index)
    return sorted(kept)


def _ticks(scene: ChartScene, face: Face, width: float) -> list[int]:
    """The labels that have room beside each other, evenly back from the last."""
    widest = max(line_width(label, face) for label in scene.labels) + face.size
    most = max(1, int(width / widest))
    every = max(1, -(-(len(scene.labels) - 1) // most))
    return list(range(len(scene.labels) - 1, -1, -every))


def _ground(desk: Desk, room: Rect, bottom: float) -> Layer:
    paint = skia.Paint(Color=argb(desk.palette.muted))
    height = even(max(2.0, 3 * desk.unit))
    patch = draw_patch(room.width, height, lambda canvas: canvas.drawPaint(paint))
    placed = Draw(patch, room.left, even(bottom))
    return rising(lambda _: placed, 0.1, desk)


def _drawn_line(
    desk: Desk, points: Sequence[tuple[float, float]], bottom: float, thick: float
) -> Layer:
    """The line with a tint below it, uncovered from left to right."""
    palette = desk.palette
    left, right = even(points[0][0] - 2 * thick), even(points[-1][0] + 2 * thick)
    top = even(min(y for _, y in points) - 2 * thick)
    moved = [skia.Point(x - left, y - top) for x, y in points]

    def draw(canvas: Any) -> None:
        ends = [
            skia.Point(moved[-1].x(), bottom - top),
            skia.Point(moved[0].x(), bottom - top),
        ]
        tint = skia.Paint(Color=argb(palette.accent), AntiAlias=True)
        tint.setAlphaf(0.16)
        canvas.drawPath(skia.Path.Polygon([*moved, *ends], True), tint)
        line = skia.Paint(
            Color=argb(palette.accent),
            AntiAlias=True,
            Style=skia.Paint.kStroke_Style,
            StrokeWidth=thick,
            StrokeJoin=skia.Paint.kRound_Join,
            StrokeCap=skia.Paint.kRound_Cap,
        )
        canvas.drawPath(skia.Path.Polygon(moved, False), line)

    patch = draw_patch(right - left, bottom - top + 2 * thick, draw)

    def layer(seconds: float) -> Draw | None:
        part = min(1.0, max(0.0, (seconds - GROW_START) / 1.4))
        shown = even(left + (right - left) * part)
        if shown <= left:
            return None
        return Draw(patch, left, top, clip=Rect(left, 0, shown, desk.stage.height))

    return layer


def _dot(desk: Desk, x: float, y: float) -> Layer:
    radius = 13 * desk.unit
    palette = desk.palette

    def draw(canvas: Any) -> None:
        middle = radius + 2
        outer = skia.Paint(Color=argb(palette.accent), AntiAlias=True)
        inner = skia.Paint(Color=argb(palette.page), AntiAlias=True)
        canvas.drawCircle(middle, middle, radius, outer)
        canvas.drawCircle(middle, middle, radius * 0.5, inner)

    patch = draw_patch(2 * radius + 4, 2 * radius + 4, draw)
    placed = Draw(patch, x - radius - 2, y - radius - 2)
    return lambda _: placed
