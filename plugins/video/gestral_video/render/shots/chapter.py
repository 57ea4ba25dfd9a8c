"""A section's heading on a card of its own."""

from dataclasses import replace

from gestral_video.render.shots.desk import Desk, Drawn
from gestral_video.render.shots.parts import accent_bar, page, rising
from gestral_video.render.shots.spoken import fit_spoken, spoken_layers
from gestral_video.render.text import Face
from gestral_video.storyboard.storyboard import ChapterScene

__all__ = ("chapter_shot",)


def chapter_shot(desk: Desk, scene: ChapterScene) -> Drawn:
    """The heading as a title, under the accent bar."""
    unit, style, room = desk.unit, desk.style, desk.room(scene.text)
    face = Face(style.display, style.display_weight, 120 * unit, -0.018, 1.12)
    bar, gap = 8 * unit, 48 * unit
    inner = replace(room, top=room.top + round(bar + gap))
    fitted = fit_spoken(desk, scene.text, face, inner)
    top = inner.top + (inner.height - fitted.height) / 2
    layers = spoken_layers(desk, scene.text, fitted, inner, top)
    accent = accent_bar(desk, fitted, (room.left, top - gap), room=room)
    return page(desk), [rising(accent, 0.0, desk), *layers]
