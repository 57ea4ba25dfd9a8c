"""A picture."""

from dataclasses import replace

from gestral_video.render.compositor import Layer
from gestral_video.render.shots.desk import Desk, Drawn, bare
from gestral_video.render.shots.parts import label, page
from gestral_video.render.shots.pictures import picture_layers
from gestral_video.storyboard.storyboard import ImageScene

__all__ = ("image_shot",)


def image_shot(desk: Desk, scene: ImageScene) -> Drawn:
    """The picture under a slow pan and zoom, its caption in a label."""
    stage = desk.stage
    room = desk.room()
    labels: list[Layer] = []
    spoken = bare(" ".join(cue.text for cue in scene.cues))
    caption = "" if bare(scene.caption) in spoken else " ".join(scene.caption.split())
    if caption:
        told, bottom = label(desk, caption, 34, at_top=True)
        labels.append(told)
        room = replace(room, top=bottom + round(30 * desk.unit))
    if scene.credit:
        labels.append(label(desk, scene.credit, 24, at_top=False)[0])
    return page(desk), [*picture_layers(desk, scene.picture, stage.frame, room), *labels]
