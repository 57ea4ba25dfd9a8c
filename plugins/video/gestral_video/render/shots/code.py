"""Code in a window."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, Placed, argb, even
from gestral_video.render.shots.parts import RISE_LEAD, headed_page, rising
from gestral_video.render.syntax import coloured_lines
from gestral_video.render.text import Face, Run, draw_line, line_width
from gestral_video.segmentation import letters
from gestral_video.storyboard.storyboard import CodeScene

__all__ = ("code_shot",)


SCROLL_SECONDS = 0.5
READABLE = 30
"""Units: the size of letters below which code is rather scrolled than shown whole, if it can be."""
MOST_LINES = 400
"""Of code that is drawn; the window scrolls to none further down."""
LEADING, PADDING, BAR = 1.5, 40, 64


@dataclass(frozen=True)
class _View:
    """The code's lines, the face they are set in, and how many of them the window shows."""

    lines: list[list[tuple[str, int]]]
    face: Face
    rows: int
    trimmed: bool


def code_shot(desk: Desk, scene: CodeScene) -> Drawn:
    """A window with as much of the code as can be read; it scrolls to the lines spoken of."""
    unit = desk.unit
    background, room = headed_page(desk, desk.room())
    bar, padding = even(BAR * unit), even(PADDING * unit)
    view = _view(desk, scene, (room.width - 2 * padding, room.height - bar - 2 * padding))
    line = view.face.line_height
    height = even(bar + 2 * padding + view.rows * line)
    top = even(room.top + (room.height - height) / 2)
    shadow = even(48 * unit)

    def draw(canvas: Any) -> None:
        canvas.translate(shadow, shadow)
        _draw_window(canvas, desk, (room.width, height), bar, scene.language)

    window = Draw(
        draw_patch(room.width + 2 * shadow, height + 2 * shadow, draw),
        room.left - shadow,
        top - shadow,
    )
    inner = Rect(room.left, top + bar, room.right, top + height)
    text = _text_patch(view)
    visible = round(view.rows * line)
    desk.placed.append(
        Placed(
            "code",
            Rect(
                inner.left + padding,
                inner.top + padding,
                inner.left + padding + text.width,
                inner.top + padding + visible,
            ),
            room,
            view.trimmed,
        )
    )
    # Half a padding above and below shows that there is more.
    clip = Rect(
        inner.left, inner.top + even(padding / 2), inner.right, inner.bottom - even(padding / 2)
    )
    scrolled = _scroll(scene, len(view.lines), view.rows)

    def code(seconds: float) -> Draw:
        y = inner.top + padding - scrolled(seconds) * line
        return Draw(text, inner.left + padding, y, clip=clip)

    layers: list[Layer] = [lambda _: window, code]
    if scene.marks:
        layers.insert(1, _band(desk, scene, (inner, clip), view, scrolled))
    if scene.transition == "cut":
        return background, layers  # the same code was there before
    return background, [rising(layer, 0.05, desk) for layer in layers]


def _view(desk: Desk, scene: CodeScene, room: tuple[float, float]) -> _View:
    """The code set as large as the room allows; what cannot be shown is cut with an ellipsis."""
    (width, height), unit = room, desk.unit
    advance = line_width("0" * 50, Face("mono", 400, 100)) / 5000
    largest, smallest = 42 * unit, 22 * unit
    marked = max((mark.index for mark in scene.marks), default=-1) + 1
    fitting = int(height / smallest / LEADING)
    lines = coloured_lines(
        scene.code,
        scene.language,
        desk.style.code_pygments,
        most_lines=min(MOST_LINES, marked + fitting) + 1,
        most_columns=int(width / smallest / advance) + 1,
    )
    columns = max((sum(_columns(text) for text, _ in line) for line in lines), default=1)
    across = width / max(columns, 1) / advance
    down = height / max(len(lines), 1) / LEADING
    if scene.marks:
        down = max(down, READABLE * unit)
    face = Face("mono", 400, max(min(largest, across, down), smallest), leading=LEADING)
    rows = int(height / face.line_height)
    most = len(lines) if scene.marks else rows
    shown = _trimmed_code(lines, int(width / (face.size * advance)), most)
    return _View(shown, face, min(rows, len(shown)), shown != lines)


def _text_patch(view: _View) -> Patch:
    widest = max(
        (line_width("".join(text for text, _ in line), view.face) for line in view.lines), default=0
    )

    def draw(canvas: Any) -> None:
        for index, line in enumerate(view.lines):
            runs = [Run(text, argb(colour)) for text, colour in line]
            y = index * view.face.line_height
            draw_line(canvas, 0, y, runs, view.face, leftwards=False)

    return draw_patch(max(widest, 2), max(1, len(view.lines)) * view.face.line_height, draw)


def _scroll(scene: CodeScene, lines: int, rows: int) -> Callable[[float], float]:
    """How many lines the code has moved up at a time; it never stops between two lines."""
    stops: list[tuple[float, float, int]] = []
    last = max(0, lines - rows)

    def at(seconds: float) -> float:
        position = 0.0
        for start, before, goal in stops:
            if seconds < start:
                break
            part = min(1.0, (seconds - start) / SCROLL_SECONDS)
            position = before + (goal - before) * part * part * (3 - 2 * part)
        return position

    for mark in scene.marks:
        now = at(mark.start)
        goal = stops[-1][2] if stops else 0
        # A line that is well in sight moves nothing.
        if not goal + 1 <= mark.index <= goal + rows - 2:
            goal = min(last, max(0, mark.index - rows // 2))
        stops.append((mark.start - RISE_LEAD, now, goal))
    return at


def _band(
    desk: Desk,
    scene: CodeScene,
    rects: tuple[Rect, Rect],
    view: _View,
    scrolled: Callable[[float], float],
) -> Layer:
    """The light behind the line that is spoken of, with a stroke in the accent colour."""
    inner, clip = rects
    unit, line = desk.unit, view.face.line_height

    def draw(canvas: Any) -> None:
        rect = skia.Rect.MakeWH(inner.width, line)
        canvas.drawRect(rect, skia.Paint(Color=0x26FFFFFF))
        stroke = skia.Paint(Color=argb(desk.style.caption_accent))
        canvas.drawRect(skia.Rect.MakeWH(8 * unit, line), stroke)

    patch = draw_patch(inner.width, line, draw)

    def layer(seconds: float) -> Draw | None:
        spoken = [mark for mark in scene.marks if mark.start - RISE_LEAD <= seconds]
        if not spoken or spoken[-1].index >= len(view.lines):
            return None
        row = spoken[-1].index - scrolled(seconds)
        opacity = min(1.0, (seconds - spoken[-1].start + RISE_LEAD) / 0.15 + 0.1)
        y = inner.top + PADDING * unit + row * line
        return Draw(patch, inner.left, y, opacity=opacity, clip=clip)

    return layer


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
        if sum(_columns(text) for text, _ in line) <= columns:
            shown.append(line)
            continue
        cut: list[tuple[str, int]] = []
        left: float = columns - 1
        for text, colour in line:
            kept = ""
            for letter in letters(text):
                left -= _columns(letter)
                if left < 0:
                    break
                kept += letter
            cut.append((kept, colour))
            if left < 0:
                break
        shown.append([*cut, ("…", 0xA7B0CC)])
    if len(lines) > rows and shown:
        shown[-1] = [("…", 0xA7B0CC)]
    return shown


def _columns(code: str) -> float:
    """The width of code in widths of its letters; those of other scripts may be wider."""
    if code.isascii():
        return len(code)
    face = Face("mono", 400, 100)
    return line_width(code, face) / line_width("0" * 50, face) * 50
