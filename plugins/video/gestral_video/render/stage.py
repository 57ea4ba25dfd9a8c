"""The stage: the size of the frame and where on it things may stand, for every format.

Lengths in the design are thousandths-and-eighty of the shorter side (`unit` is one of them), so
that a small preview is the same picture.
"""

from dataclasses import dataclass

from gestral_video.render.compositor import Rect
from gestral_video.storyboard.storyboard import Format

__all__ = ("Stage", "stage")

_SIZES: dict[Format, tuple[int, int]] = {
    "16:9": (1920, 1080),
    "9:16": (1080, 1920),
    "1:1": (1080, 1080),
    "4:5": (1080, 1350),
}
# Left and right, above, below: in 9:16 the platforms' own buttons lie over the lower sixth.
_MARGINS: dict[Format, tuple[int, int, int]] = {
    "16:9": (144, 96, 84),
    "9:16": (80, 220, 330),
    "1:1": (80, 84, 76),
    "4:5": (80, 96, 92),
}


@dataclass(frozen=True)
class Stage:
    """Where things may stand, in pixels.

    Attributes:
        width: Of the frame.
        height: Of the frame.
        unit: One 1080th of the shorter side.
        safe: The frame within its margins.
        band: The captions' place, at the bottom of `safe`.
    """

    format: Format
    width: int
    height: int
    unit: float
    safe: Rect
    band: Rect

    @property
    def frame(self) -> Rect:
        """All of it."""
        return Rect(0, 0, self.width, self.height)

    @property
    def wide(self) -> bool:
        """Whether it is wider than high."""
        return self.width > self.height

    def content(self, *, captions: bool) -> Rect:
        """The place for a scene's own things: above the captions' place when there are captions."""
        bottom = self.band.top - round(32 * self.unit) if captions else self.safe.bottom
        return Rect(self.safe.left, self.safe.top, self.safe.right, bottom)


def stage(format: Format, scale: float = 1.0) -> Stage:  # noqa: A002 - the word that people use
    """The stage of a format; `scale` below 1 gives previews and tests fewer pixels."""
    width, height = (_even(side * scale) for side in _SIZES[format])
    unit = min(width, height) / 1080
    sides, above, below = (_even(margin * unit) for margin in _MARGINS[format])
    safe = Rect(sides, above, width - sides, height - below)
    band = Rect(sides, safe.bottom - _even(164 * unit), width - sides, safe.bottom)
    return Stage(format, width, height, unit, safe, band)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
