"""The last card."""

from typing import Any

import segno

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, Placed, even
from gestral_video.render.shots.parts import (
    accent_bar,
    block,
    emblem,
    line_draws,
    page,
    rising,
    split,
)
from gestral_video.render.text import Face, fit
from gestral_video.storyboard.storyboard import ClosingScene

__all__ = ("closing_shot",)

QUIET_MODULES = 4
CODE_SHARE = 0.78
"""Of the panel's shorter side, for the card with the code."""


def closing_shot(desk: Desk, scene: ClosingScene) -> Drawn:
    """The site's name and where to read on, in letters and as a QR code over the pattern."""
    unit, palette = desk.unit, desk.palette
    panel, room = split(desk, desk.room())
    face = Face(desk.style.display, desk.style.display_weight, 96 * unit, -0.018, 1.15)
    name = fit(
        scene.site_name, face, room.width, room.height * 0.5, smallest=40 * unit, most_lines=3
    )
    address = fit(
        scene.address,
        Face(desk.style.body, 400, 40 * unit),
        room.width,
        room.height * 0.3,
        smallest=24 * unit,
        most_lines=3,
    )
    gap, bar = 36 * unit, 7 * unit
    used = name.height + gap + bar + (gap + address.height if scene.address else 0)
    x, y = room.left, room.top + (room.height - used) / 2
    layers = emblem(desk, scene.site_name, panel)
    if scene.link:
        layers.append(rising(_code(desk, scene.link, panel), 0.2, desk))
    layers += [
        rising(draw, 0.1 + 0.09 * index, desk)
        for index, draw in enumerate(
            line_draws(desk, "site", name, (x, y), room=room, colour=palette.ink)
        )
    ]
    y += name.height + gap
    layers.append(rising(accent_bar(desk, name, (x, y), room=room), 0.3, desk))
    y += bar + gap
    if scene.address:
        told = block(desk, "address", address, (x, y), room=room, colour=palette.muted)
        layers.append(rising(told, 0.4, desk))
    return page(desk), layers


def _code(desk: Desk, link: str, panel: Rect) -> Layer:
    """A QR code of level M in black on a white card, its modules whole pixels.

    The card leaves a quiet zone of four modules on each side, as ISO/IEC 18004 asks.
    """
    matrix = segno.make_qr(link, error="m", boost_error=False).matrix
    modules = len(matrix) + 2 * QUIET_MODULES
    module = max(1, int(min(panel.width, panel.height) * CODE_SHARE / modules))
    side = module * modules
    left = even((panel.left + panel.right - side) / 2)
    top = even((panel.top + panel.bottom - side) / 2)
    desk.placed.append(Placed("code", Rect(left, top, left + side, top + side), panel))

    def draw(canvas: Any) -> None:
        card = skia.Rect.MakeWH(side, side)
        white = skia.Paint(Color=0xFFFFFFFF, AntiAlias=True)
        canvas.drawRoundRect(card, 2 * module, 2 * module, white)
        black = skia.Paint(Color=0xFF000000)
        for row, line in enumerate(matrix):
            for column, dark in enumerate(line):
                if dark:
                    x, y = ((at + QUIET_MODULES) * module for at in (column, row))
                    canvas.drawRect(skia.Rect.MakeXYWH(x, y, module, module), black)

    patch = draw_patch(side, side, draw)
    placed = Draw(patch, left, top)
    return lambda _: placed
