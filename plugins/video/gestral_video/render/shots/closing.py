"""The last card."""

from gestral_video.render.shots.desk import Desk, Drawn
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


def closing_shot(desk: Desk, scene: ClosingScene) -> Drawn:
    """The site's name and where to read on."""
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
    layers += [
        rising(draw, 0.1 + 0.09 * index, desk)
        for index, draw in enumerate(
            line_draws(desk, "site", name, (x, y), room=room, colour=palette.ink)
        )
    ]
    y += name.height + gap
    layers.append(rising(accent_bar(desk, x, y), 0.3, desk))
    y += bar + gap
    if scene.address:
        told = block(desk, "address", address, (x, y), room=room, colour=palette.muted)
        layers.append(rising(told, 0.4, desk))
    return page(desk), layers
