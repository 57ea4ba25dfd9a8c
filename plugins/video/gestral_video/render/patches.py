"""Patches: what is drawn once and blended often, as the planes that the encoder takes.

A patch holds luma, both chroma planes at half its size, and opacity, in BT.709 limited range with
colours multiplied by opacity. Blending it needs one multiplication and one addition a sample, and
no conversion of the frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from gestral_video.render.raster import skia

__all__ = ("Patch", "Plane", "Planes", "draw_patch", "opaque_patch", "to_rgb")

Plane = npt.NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Luma of height x width and both chroma planes of half as much."""

# ITU-R BT.709, 8 bits, limited range, for red, green and blue of 0 to 255; the last column carries
# the offset, which opacity multiplies with the rest.
_LUMA = np.array([0.2126, 0.7152, 0.0722]) * 219 / 255
_BLUE = (np.array([0.0, 0.0, 1.0]) - [0.2126, 0.7152, 0.0722]) / 1.8556 * 224 / 255
_RED = (np.array([1.0, 0.0, 0.0]) - [0.2126, 0.7152, 0.0722]) / 1.5748 * 224 / 255
_MATRIX = np.array(
    [[*_LUMA, 16 / 255], [*_BLUE, 128 / 255], [*_RED, 128 / 255], [0, 0, 0, 1]], np.float32
)


@dataclass(frozen=True, eq=False)
class Patch:
    """A picture with opacity, in planes. `alpha` is None where all of it is opaque."""

    planes: Planes
    alpha: Plane | None = None
    alpha_half: Plane | None = None

    @property
    def width(self) -> int:
        """Pixels, even."""
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        """Pixels, even."""
        return int(self.planes[0].shape[0])


def draw_patch(width: float, height: float, draw: Callable[[Any], None]) -> Patch:
    """A patch of at least this size, filled by drawing on a transparent skia canvas."""
    wide, high = _even(width), _even(height)
    pixels = np.zeros((high, wide, 4), np.uint8)
    surface = skia.Surface.MakeRasterDirect(
        skia.ImageInfo.Make(wide, high, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType), pixels
    )
    with surface as canvas:
        draw(canvas)
    y, u, v, alpha = cv2.split(cv2.transform(pixels, _MATRIX))
    half = (wide // 2, high // 2)
    return Patch(
        (np.asarray(y), _half(u, half), _half(v, half)), np.asarray(alpha), _half(alpha, half)
    )


def opaque_patch(rgb: npt.NDArray[np.uint8]) -> Patch:
    """A patch without transparency, of an image of even height and width in RGB."""
    high, wide = rgb.shape[:2]
    y, u, v = cv2.split(cv2.transform(rgb, _OPAQUE_MATRIX))
    half = (wide // 2, high // 2)
    return Patch((np.asarray(y), _half(u, half), _half(v, half)))


_OPAQUE_MATRIX = np.array([[*_LUMA, 16], [*_BLUE, 128], [*_RED, 128]], np.float32)


def to_rgb(planes: Planes) -> npt.NDArray[np.uint8]:
    """The planes as an RGB image, for posters and previews."""
    high, wide = planes[0].shape
    full = [cv2.resize(plane, (wide, high), interpolation=cv2.INTER_LINEAR) for plane in planes]
    inverse = np.linalg.inv(_OPAQUE_MATRIX[:, :3].astype(np.float64))
    offset = -inverse @ _OPAQUE_MATRIX[:, 3]
    matrix = np.hstack([inverse, offset[:, None]]).astype(np.float32)
    return np.asarray(cv2.transform(cv2.merge(full), matrix), np.uint8)


def _half(plane: Any, size: tuple[int, int]) -> Plane:
    """The plane at half its size; each sample is the mean of four, its place their middle."""
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _even(length: float) -> int:
    return max(2, int(np.ceil(length / 2)) * 2)
