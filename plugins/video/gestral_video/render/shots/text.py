"""Sentences in large letters."""

from gestral_video.render.shots.desk import Desk, Drawn
from gestral_video.render.shots.parts import headed_page
from gestral_video.render.shots.spoken import spoken_text
from gestral_video.render.text import Face
from gestral_video.storyboard.storyboard import TextScene

__all__ = ("text_shot",)


def text_shot(desk: Desk, scene: TextScene) -> Drawn:
    """The sentences in large letters, each line rising when its first word is spoken."""
    text = "\n".join(scene.lines)
    background, room = headed_page(desk, desk.room(text))
    face = Face(desk.style.body, desk.style.body_weight, 96 * desk.unit, -0.018, 1.25)
    return background, spoken_text(desk, text, face, room)
