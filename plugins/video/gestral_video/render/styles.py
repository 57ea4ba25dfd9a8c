"""Styles: colours, letters and backgrounds, as data plus one small drawing function each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gestral.errors import InputError
from gestral_video.render.fonts import Family
from gestral_video.render.raster import skia
from gestral_video.storyboard.storyboard import Transition

__all__ = ("STYLES", "Palette", "Style", "contrast", "draw_tile", "style")


@dataclass(frozen=True)
class Palette:
    """The colours of one look, as 0xRRGGBB.

    Attributes:
        page: Behind everything.
        shapes: Of the background's figures; text may lie on any of them.
        ink: Text.
        muted: Text that is not being spoken, details.
        accent: The word being spoken, bars, bullets.
    """

    page: int
    shapes: tuple[int, ...]
    ink: int
    muted: int
    accent: int


@dataclass(frozen=True)
class Style:
    """How a video looks.

    Attributes:
        id: Its name in storyboards and on the command line.
        palettes: One for each look, counted round.
        display: The family of titles, headings and quotes.
        body: The family of everything else but code.
        display_weight: Of titles.
        body_weight: Of spoken text.
        caption_box: Behind captions, 0xAARRGGBB; `caption_ink` and `caption_accent` lie on it.
        code: Colours of the code window, by role.
        emblem: Colours of the tiles on cards without a picture.
        background: Draws the page's figures: canvas, width, height, palette, look.
        turn: How a new section comes in.
    """

    id: str
    palettes: tuple[Palette, ...]
    display: Family
    body: Family
    display_weight: int
    body_weight: int
    emblem: tuple[int, ...]
    background: Callable[[Any, int, int, Palette, int], None]
    caption_box: int = 0xE60B0E14
    caption_ink: int = 0xFFFFFF
    caption_accent: int = 0xFFB38A
    code_page: int = 0x14182B
    code_bar: int = 0x1D2340
    code_pygments: str = "one-dark"
    turn: Transition = "slide"


def style(id: str) -> Style:  # noqa: A002 - the storyboard's word
    """The style of this id.

    Raises:
        InputError: There is none.
    """
    try:
        return STYLES[id]
    except KeyError:
        raise InputError(
            f"There is no style called {id!r}.", hint=f"Choose one of: {', '.join(STYLES)}."
        ) from None


def contrast(first: int, second: int) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""

    def luminance(colour: int) -> float:
        channels = ((colour >> shift & 255) / 255 for shift in (16, 8, 0))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _paint(colour: int, **settings: Any) -> Any:
    return skia.Paint(Color=0xFF000000 | colour, AntiAlias=True, **settings)


def _discs(canvas: Any, width: int, height: int, palette: Palette, look: int) -> None:
    """Large quiet discs that reach in from two corners, others for every look."""
    unit = min(width, height)
    corners = (
        ((1.0, 0.0), (0.0, 1.0)),
        ((1.0, 1.0), (0.0, 0.0)),
        ((0.0, 1.0), (1.0, 0.0)),
    )[look % 3]
    for (x, y), radius, colour in zip(corners, (0.62, 0.34), palette.shapes, strict=False):
        canvas.drawCircle(x * width, y * height, radius * unit, _paint(colour))
    (x, y), _ = corners
    ring = _paint(palette.shapes[1], Style=skia.Paint.kStroke_Style, StrokeWidth=unit * 0.004)
    canvas.drawCircle(x * width, y * height, 0.74 * unit, ring)


def _grid(canvas: Any, width: int, height: int, palette: Palette, look: int) -> None:
    """A grid of dots under a slanted field, others for every look."""
    unit = min(width, height)
    step = unit / 18
    slant = (0.62, 0.30, 0.50)[look % 3] * width
    if look % 2:
        corners = [(0, 0), (slant, 0), (0, height * 0.9)]
    else:
        corners = [(width, height * 0.1), (width, height), (slant, height)]
    field = skia.Path.Polygon([skia.Point(*corner) for corner in corners], True)
    canvas.drawPath(field, _paint(palette.shapes[0]))
    dot = _paint(palette.shapes[1])
    for row in range(int(height / step) + 1):
        for column in range(int(width / step) + 1):
            canvas.drawCircle((column + 0.5) * step, (row + 0.5) * step, unit * 0.0026, dot)


def draw_tile(canvas: Any, side: float, colours: tuple[int, ...], number: int) -> None:
    """One tile of an emblem: which figure in which two colours follows from the number."""
    number, ground = divmod(number, len(colours))
    number, other = divmod(number, len(colours) - 1)
    figure, quarter = number % 6, number // 6 % 4
    paint = _paint(colours[(ground + 1 + other) % len(colours)])
    canvas.save()
    canvas.clipRect(skia.Rect.MakeWH(side, side))
    canvas.drawRect(skia.Rect.MakeWH(side, side), _paint(colours[ground]))
    canvas.rotate(90 * quarter, side / 2, side / 2)
    if figure == 0:
        canvas.drawCircle(0, 0, side, paint)
    elif figure == 1:
        canvas.drawCircle(side / 2, 0, side / 2, paint)
    elif figure == 2:
        canvas.drawCircle(side / 2, side / 2, side * 0.36, paint)
    elif figure == 3:
        corners = [skia.Point(0, 0), skia.Point(side, 0), skia.Point(0, side)]
        canvas.drawPath(skia.Path.Polygon(corners, True), paint)
    elif figure == 4:
        for radius, colour in ((1.0, other), (0.7, -1), (0.4, other)):
            ring = _paint(colours[(ground + 1 + colour) % len(colours)])
            canvas.drawCircle(0, 0, side * radius, ring)
    canvas.restore()


STYLES: dict[str, Style] = {
    known.id: known
    for known in (
        Style(
            id="daylight",
            display="serif",
            body="sans",
            display_weight=600,
            body_weight=600,
            emblem=(0xF6E9D8, 0xFCE0CC, 0x1E2A47, 0xB93A12, 0xE9A23B, 0x86A9A3),
            background=_discs,
            palettes=(
                Palette(0xFBF7F0, (0xF6E9D8, 0xFCE0CC), 0x1B1B24, 0x66626C, 0xB93A12),
                Palette(0xF1F4F8, (0xE2EAF3, 0xFBE3D3), 0x17202E, 0x5B6472, 0xB23A14),
                Palette(0x1E2A47, (0x25345A, 0x2B3B63), 0xFFFFFF, 0xB4BED6, 0xFFB38A),
            ),
        ),
        Style(
            id="midnight",
            display="sans",
            body="sans",
            display_weight=800,
            body_weight=600,
            emblem=(0x111936, 0x1A2450, 0x6EE0F5, 0x3D5BDC, 0x7C5CFF, 0x0F2B3D),
            background=_grid,
            caption_accent=0x7DE3F4,
            caption_box=0xE6060914,
            code_page=0x10152A,
            code_bar=0x1A2140,
            turn="wipe",
            palettes=(
                Palette(0x0B1020, (0x131C40, 0x29335A), 0xF4F6FB, 0x9AA5C2, 0x6EE0F5),
                Palette(0x120E26, (0x1E1744, 0x352B60), 0xF6F4FD, 0xA9A2C6, 0x6EE0F5),
                Palette(0x08181F, (0x0D2A36, 0x1F4452), 0xF1F8FA, 0xA6BCC4, 0x6EE0F5),
            ),
        ),
    )
}
