"""Pictures that move slowly: filling a frame, or whole within it."""

from typing import Any

import numpy as np

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import draw_patch, opaque_patch
from gestral_video.render.pictures import (
    Pixels,
    blurred,
    cover,
    fills,
    is_photograph,
    read_picture,
    resized,
)
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Placed, even

__all__ = ("drifting", "floating", "picture_layers")

ZOOM = 1.08


def picture_layers(desk: Desk, path: str, frame: Rect, room: Rect | None = None) -> list[Layer]:
    """A picture in a frame: filling it, or whole within `room`.

    Behind a whole photograph lies a blurred enlargement of itself; a drawing or screen shot stays
    on the page, for its blurred figures would only be in its way.
    """
    picture = read_picture(path)
    if fills(picture, frame.width, frame.height):
        return [drifting(desk, picture, frame)]
    if room is None:
        inset = round(56 * desk.unit)
        room = Rect(
            frame.left + inset, frame.top + inset, frame.right - inset, frame.bottom - inset
        )
    whole = floating(desk, picture, room)
    if not is_photograph(picture):
        return [whole]
    behind = Draw(
        opaque_patch(blurred(picture, frame.width, frame.height, desk.palette.page)),
        frame.left,
        frame.top,
    )
    return [lambda _: behind, whole]


def drifting(desk: Desk, picture: Pixels, frame: Rect) -> Layer:
    """The picture over all of the frame, slowly enlarged or reduced while it glides aside."""
    duration, look = desk.scene.duration, desk.scene.look
    large = cover(picture, even(frame.width * ZOOM), even(frame.height * ZOOM))
    patch = opaque_patch(large)

    def draw(seconds: float) -> Draw:
        part = min(1.0, max(0.0, seconds / duration))
        zoom = 1 + (ZOOM - 1) * (part if look % 2 == 0 else 1 - part)
        scale = zoom / ZOOM
        aside = 0.3 + 0.4 * (part if look % 3 else 1 - part)
        over_x = patch.width * scale - frame.width
        over_y = patch.height * scale - frame.height
        return Draw(patch, frame.left - over_x * aside, frame.top - over_y * 0.5, scale, clip=frame)

    return draw


def floating(desk: Desk, picture: Pixels, room: Rect) -> Layer:
    """The whole picture with round corners and a shadow, slowly growing within the room."""
    unit, duration = desk.unit, desk.scene.duration
    high, wide = picture.shape[:2]
    # Not above twice its size: an icon blown up tells nothing more.
    scale = min(room.width / wide, room.height / high, 2.0 * max(unit, 0.5))
    width, height = even(wide * scale - 1), even(high * scale - 1)
    margin = even(44 * unit)
    image = skia.Image.fromarray(_with_alpha(resized(picture, width, height)))

    def paint(canvas: Any) -> None:
        rect = skia.Rect.MakeXYWH(margin, margin, width, height)
        radius = 18 * unit
        shadow = skia.Paint(
            Color=0x70000000,
            AntiAlias=True,
            MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 16 * unit),
        )
        canvas.drawRoundRect(rect.makeOffset(0, 8 * unit), radius, radius, shadow)
        canvas.save()
        canvas.clipRRect(skia.RRect.MakeRectXY(rect, radius, radius), doAntiAlias=True)
        canvas.drawImage(image, margin, margin)
        canvas.restore()

    patch = draw_patch(width + 2 * margin, height + 2 * margin, paint)
    across, down = (room.left + room.right) / 2, (room.top + room.bottom) / 2
    desk.placed.append(
        Placed(
            "picture",
            Rect(
                round(across - width / 2),
                round(down - height / 2),
                round(across + width / 2),
                round(down + height / 2),
            ),
            room,
        )
    )

    def draw(seconds: float) -> Draw:
        grown = 0.955 + 0.045 * min(1.0, seconds / duration)
        x, y = across - patch.width * grown / 2, down - patch.height * grown / 2
        return Draw(patch, x, y, grown, clip=desk.stage.frame)

    return draw


def _with_alpha(picture: Pixels) -> Pixels:
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return np.ascontiguousarray(np.concatenate([picture, opaque], axis=2))
