"""A table: its header, and rows of which the one that is spoken of stands out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, Placed, argb, even
from gestral_video.render.shots.parts import draw_fitted, headed_page, rising
from gestral_video.render.text import Face, Fitted, fit, line_width
from gestral_video.storyboard.storyboard import Mark, TableScene

__all__ = ("Shade", "below_title", "shade_at", "table_shot", "title_line")

Shade = Literal["plain", "lit", "dim"]
"""How a row or bar looks: as all do, spoken of, or while another is spoken of."""

_NUMERIC = re.compile(r"[-+−]?\W{0,2}\d.*")  # noqa: RUF001 - the minus sign is meant


@dataclass(frozen=True)
class _Grid:
    """Cells laid out: the rows that find room, the header first where there is one."""

    rows: tuple[tuple[Fitted, ...], ...]
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    gap: float
    face: Face


def table_shot(desk: Desk, scene: TableScene) -> Drawn:
    """The caption, the header over a rule, the rows, and how many are not shown."""
    unit, palette = desk.unit, desk.palette
    background, room = headed_page(desk, desk.room())
    layers: list[Layer] = []
    if scene.caption:
        title, bottom = title_line(desk, scene.caption, room)
        layers.append(title)
        room = replace(room, top=bottom)
    foot = round(56 * unit)
    grid = _laid_out(desk, scene, replace(room, bottom=room.bottom - foot))
    header = 1 if scene.header else 0
    used = sum(grid.heights)
    more = _more(scene, len(grid.rows) - header)
    y = room.top + below_title(desk, room.height - used - (foot if more else 0), scene.caption)
    for index, (cells, height) in enumerate(zip(grid.rows, grid.heights, strict=True)):
        rect = Rect(room.left, round(y), round(room.left + _width(grid)), round(y + height))
        trimmed = any(cell.trimmed for cell in cells)
        desk.placed.append(Placed("row", rect, room, trimmed))
        patches = _row_patches(desk, grid, index, header=index < header, numeric=_numeric(scene))
        layers.append(
            rising(
                _row(patches, scene.marks, index - header, (room.left - _pad(desk), y)),
                0.1 + 0.07 * index,
                desk,
            )
        )
        y += height
    if more:
        face = Face(desk.style.body, 400, 32 * unit)
        told = fit(more, face, room.width, foot, smallest=22 * unit, most_lines=1)
        desk.place("more", told, (room.left, y + 14 * unit), room)
        patch = draw_patch(
            told.width + 4,
            told.height,
            lambda canvas: draw_fitted(canvas, told, 0, 0, palette.muted),
        )
        placed = Draw(patch, room.left, even(y + 14 * unit))
        layers.append(rising(lambda _: placed, 0.1 + 0.07 * len(grid.rows), desk))
    return background, layers


def title_line(desk: Desk, text: str, room: Rect) -> tuple[Layer, int]:
    """What a table or chart shows, over it, and where the room below starts."""
    face = Face(desk.style.display, desk.style.display_weight, 52 * desk.unit, -0.01, 1.2)
    fitted = fit(
        " ".join(text.split()),
        face,
        room.width,
        2 * face.line_height,
        smallest=32 * desk.unit,
        most_lines=2,
    )
    desk.place("title", fitted, (room.left, room.top), room)
    patch = draw_patch(
        fitted.width + face.size * 0.2,
        fitted.height,
        lambda canvas: draw_fitted(canvas, fitted, 0, 0, desk.palette.ink),
    )
    placed = Draw(patch, room.left, even(room.top))
    return rising(lambda _: placed, 0.05, desk), room.top + even(fitted.height + 24 * desk.unit)


def below_title(desk: Desk, free: float, title: str) -> float:
    """How far down what is lower than its room starts: in the middle, but near its title."""
    return min(free / 2, 48 * desk.unit) if title else free / 2


def shade_at(marks: Sequence[Mark], index: int, seconds: float) -> Shade:
    """How a row looks at a time."""
    spoken = [mark.index for mark in marks if mark.start <= seconds]
    if not spoken:
        return "plain"
    return "lit" if spoken[-1] == index else "dim"


def _laid_out(desk: Desk, scene: TableScene, room: Rect) -> _Grid:
    """The cells as large as the room allows; in the smallest size, as many rows as find room."""
    unit = desk.unit
    rows = ([scene.header] if scene.header else []) + list(scene.rows)
    rows = [tuple(" ".join(cell.split()) for cell in row) for row in rows]
    size, smallest = 50 * unit, 32 * unit
    while True:
        grid = _grid(desk, rows, size, room.width)
        if sum(grid.heights) <= room.height and not any(
            cell.trimmed for row in grid.rows for cell in row
        ):
            return grid
        if size <= smallest:
            break
        size = max(smallest, size * 0.93)
    marked = {mark.index + bool(scene.header) for mark in scene.marks}
    while sum(grid.heights) > room.height and len(grid.rows) > 1:
        # The last row that nobody speaks of goes first, so that those that are lit are kept.
        goes = max((i for i in range(len(grid.rows)) if i not in marked), default=0)
        goes = goes or len(grid.rows) - 1
        kept = [i for i in range(len(grid.rows)) if i != goes]
        grid = replace(
            grid,
            rows=tuple(grid.rows[i] for i in kept),
            heights=tuple(grid.heights[i] for i in kept),
        )
    return grid


def _grid(desk: Desk, rows: Sequence[tuple[str, ...]], size: float, width: float) -> _Grid:
    face = Face(desk.style.body, 500, size, -0.005, 1.22)
    columns = max((len(row) for row in rows), default=0)
    gap = min(1.1 * size, width / (3 * columns + 1))
    natural = [
        max((line_width(row[column], face) for row in rows), default=0.0) + 1
        for column in range(columns)
    ]
    longest = [
        max((line_width(word, face) for row in rows for word in row[column].split()), default=0.0)
        for column in range(columns)
    ]
    widths = _shared(natural, longest, width - gap * max(0, columns - 1))
    lines = 2 if desk.stage.wide else 3
    cells = tuple(
        tuple(
            fit(cell, face, room, lines * face.line_height, smallest=size, most_lines=lines)
            for cell, room in zip(row, widths, strict=True)
        )
        for row in rows
    )
    heights = tuple(max(cell.height for cell in row) + 0.62 * size for row in cells)
    return _Grid(cells, tuple(widths), heights, gap, face)


def _shared(natural: Sequence[float], longest: Sequence[float], room: float) -> list[float]:
    """Widths of columns: what each would like; where it is too much, the widest are cut down alike.

    No column becomes narrower than its longest word, unless the words alone are too much.
    """
    if sum(natural) <= room:
        # A table that is narrower than its room is spread a little, so that it does not huddle.
        spread = min(1.6, room / max(1.0, sum(natural)))
        return [width * spread for width in natural]
    fair = room / len(natural)
    floors = longest if sum(longest) < room else [min(word, fair) for word in longest]

    def widths(most: float) -> list[float]:
        return [max(least, min(w, most)) for w, least in zip(natural, floors, strict=True)]

    low, high = 0.0, max(natural)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(widths(middle)) <= room else (low, middle)
    return widths(low)


def _numeric(scene: TableScene) -> list[bool]:
    """Which columns hold numbers: these are set to the right."""
    columns = len(scene.rows[0]) if scene.rows else 0
    return [
        all(_NUMERIC.fullmatch(row[column]) for row in scene.rows if row[column])
        for column in range(columns)
    ]


def _row_patches(
    desk: Desk, grid: _Grid, index: int, *, header: bool, numeric: Sequence[bool]
) -> Callable[[Shade], Patch]:
    """The row in each shade; drawn with a margin to the left for the band behind a lit row."""
    palette, unit, pad = desk.palette, desk.unit, _pad(desk)
    width, height = _width(grid) + 2 * pad, grid.heights[index]
    cells = grid.rows[index]

    @lru_cache(maxsize=3)
    def patch(shade: Shade) -> Patch:
        def draw(canvas: Any) -> None:
            if shade == "lit":
                band = skia.Rect.MakeXYWH(0, 2 * unit, width, height - 4 * unit)
                colour = skia.Paint(Color=argb(palette.accent), AntiAlias=True)
                canvas.drawRoundRect(band, 10 * unit, 10 * unit, colour)
            else:
                rule = skia.Paint(Color=argb(palette.accent if header else palette.muted))
                rule.setAlphaf(1.0 if header else 0.28)
                thick = (4 if header else 2) * unit
                canvas.drawRect(
                    skia.Rect.MakeXYWH(pad, height - thick, width - 2 * pad, thick), rule
                )
            ink = palette.page if shade == "lit" else palette.ink
            colour_ = palette.muted if header or shade == "dim" else ink
            left = float(pad)
            columns = zip(cells, grid.widths, numeric, strict=True)
            for column, (cell, room, right) in enumerate(columns):
                shift = room - cell.width if right and column else 0.0
                draw_fitted(canvas, cell, left + shift, (height - cell.height) / 2, colour_)
                left += room + grid.gap

        return draw_patch(width, height, draw)

    return patch


def _row(
    patches: Callable[[Shade], Patch], marks: Sequence[Mark], index: int, at: tuple[float, float]
) -> Layer:
    x, y = even(at[0]), even(at[1])

    def layer(seconds: float) -> Draw:
        # A header is no row: nobody speaks of it, and it does not step back.
        shade = shade_at(marks, index, seconds) if index >= 0 else "plain"
        return Draw(patches(shade), x, y)

    return layer


def _width(grid: _Grid) -> float:
    return sum(grid.widths) + grid.gap * max(0, len(grid.widths) - 1)


def _pad(desk: Desk) -> int:
    return even(20 * desk.unit)


def _more(scene: TableScene, shown: int) -> str:
    """How much of the table is not shown."""
    rows, columns = scene.more_rows + len(scene.rows) - shown, scene.more_columns
    told = [
        f"{count} more {noun}{'s' * (count > 1)}"
        for count, noun in ((rows, "row"), (columns, "column"))
        if count
    ]
    return " and ".join(told)
