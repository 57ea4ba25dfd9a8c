"""Pictures: read, cut to fill a frame or fitted over a blurred enlargement of themselves."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from gestral.errors import InputError

__all__ = ("Pixels", "blurred", "cover", "fills", "is_photograph", "read_picture", "resized")

FORMATS = ("PNG", "JPEG")
"""What `articles.pictures.prepare` writes."""
PIXELS_LIMIT = 64_000_000
"""Pixels of one picture: those that were prepared have far fewer."""

Pixels = npt.NDArray[np.uint8]
"""An image of height x width x 3 in RGB."""


def read_picture(path: str) -> Pixels:
    """The picture of this file.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with Image.open(Path(path), formats=FORMATS) as image:
            _require_size(image)
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"The picture {path} cannot be read: {error}.") from error


def _require_size(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_LIMIT:
        raise ValueError("it has too many pixels")


def fills(picture: Pixels, width: int, height: int) -> bool:
    """Whether the picture may fill a frame of this size, its edges cut.

    It may when little is lost (at most a quarter of either side), when it is large enough (0.6 of
    the frame), and when it is a photograph.
    """
    high, wide = picture.shape[:2]
    lost = (wide / high) / (width / height)
    large = wide >= 0.6 * width and high >= 0.6 * height
    return 0.75 <= lost <= 1 / 0.75 and large and is_photograph(picture)


def is_photograph(picture: Pixels) -> bool:
    """Whether the picture is no drawing, chart or screen shot.

    Those have one colour (of 4096) over more than a quarter of their area, and cutting or covering
    them takes away what they tell.
    """
    small = cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA).astype(np.int32) // 16
    codes = small[..., 0] * 256 + small[..., 1] * 16 + small[..., 2]
    return bool(np.bincount(codes.ravel()).max() <= 0.25 * codes.size)


def cover(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture's middle, enlarged or reduced so that it fills the size."""
    high, wide = picture.shape[:2]
    scale = max(width / wide, height / high)
    across, down = min(wide, round(width / scale)), min(high, round(height / scale))
    left, top = (wide - across) // 2, (high - down) // 2
    return resized(picture[top : top + down, left : left + across], width, height)


def resized(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture in another size: means when reduced, cubic when enlarged."""
    smaller = width < picture.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def blurred(picture: Pixels, width: int, height: int, page: int) -> Pixels:
    """A background made of the picture: enlarged, blurred, drawn towards the page's colour."""
    small = cover(picture, max(2, width // 16), max(2, height // 16))
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), 4), np.uint8)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    colour = np.array([page >> 16 & 255, page >> 8 & 255, page & 255], np.float32)
    return np.asarray(large * 0.45 + colour * 0.55, np.uint8)
