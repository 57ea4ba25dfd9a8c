"""Code in a window."""

from typing import Any

from gestral_video.render.compositor import Draw, Rect
from gestral_video.render.patches import draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, Placed, argb, even
from gestral_video.render.shots.parts import headed_page, rising
from gestral_video.render.syntax import coloured_lines
from gestral_video.render.text import Face, Run, draw_line, line_width
from gestral_video.storyboard.storyboard import CodeScene

__all__ = ("code_shot",)


def code_shot(desk: Desk, scene: CodeScene) -> Drawn:
    """A window with as much of the code as can be read."""
    unit = desk.unit
    background, room = headed_page(desk, desk.room())
    bar, padding = even(64 * unit), even(40 * unit)
    advance = line_width("0" * 50, Face("mono", 400, 100)) / 5000
    inner_width, inner_height = room.width - 2 * padding, room.height - bar - 2 * padding
    leading, largest, smallest = 1.5, 42 * unit, 22 * unit
    lines = coloured_lines(
        scene.code,
        scene.language,
        desk.style.code_pygments,
        most_lines=int(inner_height / smallest / leading) + 1,
        most_columns=int(inner_width / smallest / advance) + 1,
    )
    columns = max((sum(len(text) for text, _ in line) for line in lines), default=1)
    size = min(
        largest,
        inner_width / max(columns, 1) / advance,
        inner_height / max(len(lines), 1) / leading,
    )
    face = Face("mono", 400, max(size, smallest), leading=leading)
    shown = _trimmed_code(
        lines, int(inner_width / (face.size * advance)), int(inner_height / face.line_height)
    )
    height = even(bar + 2 * padding + len(shown) * face.line_height)
    top = even(room.top + (room.height - height) / 2)
    shadow = even(48 * unit)

    def draw(canvas: Any) -> None:
        canvas.translate(shadow, shadow)
        _draw_window(canvas, desk, (room.width, height), bar, scene.language)
        for index, line in enumerate(shown):
            runs = [Run(text, argb(colour)) for text, colour in line]
            draw_line(canvas, padding, bar + padding + index * face.line_height, runs, face)

    patch = draw_patch(room.width + 2 * shadow, height + 2 * shadow, draw)
    widest = max((line_width("".join(t for t, _ in line), face) for line in shown), default=0)
    desk.placed.append(
        Placed(
            "code",
            Rect(
                room.left + padding,
                top + bar + padding,
                round(room.left + padding + widest),
                round(top + bar + padding + len(shown) * face.line_height),
            ),
            room,
            trimmed=shown != lines,
        )
    )
    window = Draw(patch, room.left - shadow, top - shadow)
    return background, [rising(lambda _: window, 0.05, desk)]


def _draw_window(canvas: Any, desk: Desk, size: tuple[float, float], bar: float, name: str) -> None:
    """The code's window: a shadow, a bar with three dots, the language's name."""
    unit, style, (width, height) = desk.unit, desk.style, size
    rect, radius = skia.Rect.MakeWH(width, height), 20 * unit
    blur = skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 18 * unit)
    shadow = skia.Paint(Color=0x59000000, AntiAlias=True, MaskFilter=blur)
    canvas.drawRoundRect(rect.makeOffset(0, 10 * unit), radius, radius, shadow)
    canvas.save()
    canvas.clipRRect(skia.RRect.MakeRectXY(rect, radius, radius), doAntiAlias=True)
    canvas.drawRect(rect, skia.Paint(Color=argb(style.code_page)))
    canvas.drawRect(skia.Rect.MakeWH(width, bar), skia.Paint(Color=argb(style.code_bar)))
    canvas.restore()
    edge = skia.Paint(
        Color=0x26FFFFFF, AntiAlias=True, Style=skia.Paint.kStroke_Style, StrokeWidth=2 * unit
    )
    canvas.drawRoundRect(rect, radius, radius, edge)
    for index, colour in enumerate((0xFF5F57, 0xFEBC2E, 0x28C840)):
        dot = skia.Paint(Color=argb(colour), AntiAlias=True)
        canvas.drawCircle((40 + 34 * index) * unit, bar / 2, 9 * unit, dot)
    if name:
        face = Face("mono", 400, 26 * unit)
        x = width - 40 * unit - line_width(name, face)
        draw_line(canvas, x, (bar - face.line_height) / 2, [Run(name, 0xFFA7B0CC)], face)


def _trimmed_code(
    lines: list[list[tuple[str, int]]], columns: int, rows: int
) -> list[list[tuple[str, int]]]:
    """The code's first lines, with an ellipsis where something is left out."""
    shown = []
    for line in lines[:rows]:
        if sum(len(text) for text, _ in line) <= columns:
            shown.append(line)
            continue
        cut: list[tuple[str, int]] = []
        left = columns - 1
        for text, colour in line:
            cut.append((text[:left], colour))
            left -= len(text[:left])
        shown.append([*cut, ("…", 0xA7B0CC)])
    if len(lines) > rows and shown:
        shown[-1] = [("…", 0xA7B0CC)]
    return shown
