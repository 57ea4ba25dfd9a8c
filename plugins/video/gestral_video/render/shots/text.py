"""Sentences in large letters."""

from dataclasses import replace

from gestral_video.render.compositor import Rect
from gestral_video.render.shots.desk import Desk, Drawn, bare
from gestral_video.render.shots.parts import BAR, accent_bar, headed_page, page, rising
from gestral_video.render.shots.spoken import fit_spoken, spoken_layers, spoken_text
from gestral_video.render.text import Face
from gestral_video.storyboard.storyboard import TextScene

__all__ = ("text_shot",)


def text_shot(desk: Desk, scene: TextScene) -> Drawn:
    """The sentences in large letters, each line rising when its first word is spoken."""
    text = "\n".join(scene.lines)
    room = desk.room(text)
    if scene.heading and bare(text) == bare(scene.heading):
        return _chapter(desk, text, room)
    background, room = headed_page(desk, room)
    face = Face(desk.style.body, desk.style.body_weight, 96 * desk.unit, -0.018, 1.25)
    return background, spoken_text(desk, text, face, room)


def _chapter(desk: Desk, text: str, room: Rect) -> Drawn:
    """A spoken heading: a title of its own, under the accent bar."""
    unit, style = desk.unit, desk.style
    face = Face(style.display, style.display_weight, 120 * unit, -0.018, 1.12)
    bar, gap = 8 * unit, 48 * unit
    inner = replace(room, top=room.top + round(bar + gap))
    fitted = fit_spoken(desk, text, face, inner)
    top = inner.top + (inner.height - fitted.height) / 2
    layers = spoken_layers(desk, text, fitted, inner, top)
    x = room.right - BAR * unit if fitted.leftwards else room.left
    return page(desk), [rising(accent_bar(desk, x, top - gap), 0.0, desk), *layers]
