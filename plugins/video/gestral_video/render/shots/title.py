"""The opening card."""

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import draw_patch
from gestral_video.render.pictures import is_photograph, read_picture
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, argb
from gestral_video.render.shots.parts import (
    accent_bar,
    block,
    emblem,
    line_draws,
    one_line,
    page,
    rising,
    small,
    split,
)
from gestral_video.render.shots.pictures import drifting, picture_layers
from gestral_video.render.text import Face, fit
from gestral_video.storyboard.storyboard import TitleScene

__all__ = ("title_shot",)


def title_shot(desk: Desk, scene: TitleScene) -> Drawn:
    """Title, site and byline beside a picture, or alone on the page."""
    unit, palette = desk.unit, desk.palette
    layers: list[Layer] = []
    panel, room = split(desk, desk.room(scene.title))
    if scene.picture:
        layers += _panel_picture(desk, scene.picture, panel)
    else:
        layers += emblem(desk, scene.title, panel)
    kicker = fit(scene.site_name, small(desk, 600), room.width, 50 * unit, **one_line(desk))
    detail = fit(scene.detail, small(desk, 400), room.width, 50 * unit, **one_line(desk))
    face = Face(desk.style.display, desk.style.display_weight, 96 * unit, -0.018, 1.12)
    gap, bar = 34 * unit, 7 * unit
    top_height = kicker.height + gap if scene.site_name else 0.0
    detail_height = detail.height + gap if scene.detail else 0.0
    title = fit(
        scene.title,
        face,
        room.width,
        room.height - top_height - bar - gap - detail_height,
        smallest=44 * unit,
        most_lines=7,
    )
    used = top_height + bar + gap + title.height + detail_height
    x, y = room.left, room.top + (room.height - used) / 2
    if scene.site_name:
        layers.append(
            rising(
                block(desk, "site", kicker, (x, y), room=room, colour=palette.accent), 0.05, desk
            )
        )
    y += top_height
    layers.append(rising(accent_bar(desk, title, (x, y), room=room), 0.1, desk))
    y += bar + gap
    for index, draw in enumerate(
        line_draws(desk, "title", title, (x, y), room=room, colour=palette.ink)
    ):
        layers.append(rising(draw, 0.15 + 0.09 * index, desk))
    y += title.height + gap
    if scene.detail:
        layers.append(
            rising(
                block(desk, "detail", detail, (x, y), room=room, colour=palette.muted), 0.5, desk
            )
        )
    return page(desk), layers


def _panel_picture(desk: Desk, path: str, panel: Rect) -> list[Layer]:
    """A photograph fills the panel however it must be cut; anything else is shown whole on it."""
    picture = read_picture(path)
    if is_photograph(picture):
        return [drifting(desk, picture, panel)]
    paint = skia.Paint(Color=argb(desk.palette.shapes[1]))
    tint = draw_patch(panel.width, panel.height, lambda canvas: canvas.drawPaint(paint))
    behind = Draw(tint, panel.left, panel.top)
    return [lambda _: behind, *picture_layers(desk, path, panel)]
