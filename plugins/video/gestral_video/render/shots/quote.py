"""A quotation."""

from dataclasses import replace
from typing import Any

from gestral_video.render.shots.desk import Desk, Drawn, argb, even
from gestral_video.render.shots.parts import draw_fitted, flush, one_line, page
from gestral_video.render.shots.spoken import fit_spoken, spoken_layers
from gestral_video.render.text import Face, Run, draw_line, fit, line_width, runs_leftwards
from gestral_video.storyboard.storyboard import QuoteScene

__all__ = ("quote_shot",)


def quote_shot(desk: Desk, scene: QuoteScene) -> Drawn:
    """A large mark, the words, and whose they are."""
    stage, unit, palette = desk.stage, desk.unit, desk.palette
    room = desk.room(scene.text)
    mark_face = Face("serif", 600, 300 * unit, leading=1.0)
    indent = even(168 * unit) if stage.wide else 0
    above = 0 if stage.wide else even(150 * unit)
    author = f"— {scene.author}" if scene.author else ""
    author_face = Face(desk.style.body, 400, 40 * unit)
    below = even(90 * unit) if author else 0
    inner = replace(room, left=room.left + indent, top=room.top + above, bottom=room.bottom - below)
    mark_x = room.left - 14 * unit
    if runs_leftwards(scene.text):
        inner = replace(inner, left=room.left, right=room.right - indent)
        mark_x = room.right + 14 * unit - line_width("“", mark_face)
    face = Face(desk.style.display, desk.style.display_weight, 88 * unit, -0.012, 1.24)
    fitted = fit_spoken(desk, scene.text, face, inner)
    top = inner.top + (inner.height - fitted.height) / 2
    author_fit = fit(author, author_face, inner.width, 60 * unit, **one_line(desk))

    def draw(canvas: Any) -> None:
        y = top - 46 * unit if stage.wide else top - 176 * unit
        draw_line(canvas, mark_x, y, [Run("“", argb(palette.accent))], mark_face)
        if author:
            y = top + fitted.height + 30 * unit
            x = flush(author_fit, inner, inner.left)
            desk.place("author", author_fit, (x, y), room)
            draw_fitted(canvas, author_fit, x, y, palette.muted)

    background = page(desk, draw)
    return background, spoken_layers(desk, scene.text, fitted, inner, top)
