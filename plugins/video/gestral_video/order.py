"""What somebody asked for: how much of a post is told, and in which form."""

from typing import Annotated, Literal

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
        voice: The id of who reads it, such as `hibari:heart`; empty for the first voice that
            speaks the language.
        writer: The plugin that writes the script; empty for the post's own words.
        language: BCP 47 tag of the language to tell it in, which takes a writer that translates;
            empty for the post's own.
    """

    mode: Mode = "highlights"
    captions: CaptionMode = "karaoke"
    format: Format = "16:9"
    style: StyleName = "daylight"
    voice: Annotated[str, msgspec.Meta(max_length=200, examples=["hibari:heart"])] = ""
    writer: Annotated[str, msgspec.Meta(max_length=31, examples=[""])] = ""
    language: Annotated[
        str, msgspec.Meta(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$", examples=[""])
    ] = ""
