"""What somebody asked for: how much of a post is told, and in which form."""

from typing import Literal

import msgspec

from gestral_video.script.script import Mode
from gestral_video.storyboard.storyboard import CaptionMode, Format

__all__ = ("Order", "StyleName")

StyleName = Literal["daylight", "midnight"]
"""How a video may look; see `render.styles`."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The choices that shape a video; the post is given beside it.

    Attributes:
        mode: How much of the post is told.
        captions: How captions are burned in.
        format: Width to height.
        style: The style's id.
    """

    mode: Mode = "highlights"
    captions: CaptionMode = "karaoke"
    format: Format = "16:9"
    style: StyleName = "daylight"
