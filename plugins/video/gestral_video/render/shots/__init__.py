"""From a scene to a shot: its background and its layers, each drawn once and placed by the time.

One file makes the shot of each kind of scene, with one function: it takes the desk and the scene,
asks `desk.room` for its place, and gives the background and the layers. What a shot's text is and
where it must stay is kept in `Shot.placed`, so that a test can ask whether anything overflows.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gestral_video.render.compositor import Draw, Layer
from gestral_video.render.patches import draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.captions import caption_layers
from gestral_video.render.shots.chapter import chapter_shot
from gestral_video.render.shots.chart import chart_shot
from gestral_video.render.shots.closing import closing_shot
from gestral_video.render.shots.code import code_shot
from gestral_video.render.shots.collage import collage_shot
from gestral_video.render.shots.comparison import comparison_shot
from gestral_video.render.shots.desk import Desk, Drawn, Placed, Shot, argb, even
from gestral_video.render.shots.figure import figure_shot
from gestral_video.render.shots.image import image_shot
from gestral_video.render.shots.list import list_shot
from gestral_video.render.shots.quote import quote_shot
from gestral_video.render.shots.table import table_shot
from gestral_video.render.shots.text import text_shot
from gestral_video.render.shots.title import title_shot
from gestral_video.render.stage import Stage
from gestral_video.render.styles import Style
from gestral_video.storyboard.storyboard import (
    CaptionMode,
    ChapterScene,
    ChartScene,
    ClosingScene,
    CodeScene,
    CollageScene,
    ComparisonScene,
    FigureScene,
    ImageScene,
    ListScene,
    QuoteScene,
    Scene,
    TableScene,
    TextScene,
    TitleScene,
)

__all__ = ("Placed", "Shot", "make_shot")


_SHOTS: Mapping[type[Scene], Callable[[Desk, Any], Drawn]] = {
    TitleScene: title_shot,
    ChapterScene: chapter_shot,
    TextScene: text_shot,
    FigureScene: figure_shot,
    QuoteScene: quote_shot,
    ListScene: list_shot,
    ComparisonScene: comparison_shot,
    CodeScene: code_shot,
    TableScene: table_shot,
    ChartScene: chart_shot,
    ImageScene: image_shot,
    CollageScene: collage_shot,
    ClosingScene: closing_shot,
}


def make_shot(scene: Scene, stage: Stage, style: Style, captions: CaptionMode) -> Shot:
    """Lay a scene out and draw its layers."""
    desk = Desk(scene, stage, style, captions)
    background, layers = _SHOTS[type(scene)](desk, scene)
    layers = [*layers, *caption_layers(desk), _progress(desk)]
    return Shot(background, tuple(layers), tuple(desk.placed))


def _progress(desk: Desk) -> Layer:
    """A thin line along the lower edge that grows while the scene lasts."""
    stage, duration = desk.stage, desk.scene.duration
    height = even(6 * desk.unit)
    colour = skia.Paint(Color=argb(desk.palette.accent))
    line = draw_patch(
        stage.width,
        height,
        lambda canvas: canvas.drawRect(skia.Rect.MakeWH(stage.width, height), colour),
    )
    return lambda seconds: Draw(
        line, stage.width * (seconds / duration - 1), stage.height - height, clip=stage.frame
    )
