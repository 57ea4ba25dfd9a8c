"""From a shot and a time to a frame: only what changed since the frame before is composed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np

from gestral_video.render.patches import Patch, Plane, Planes

__all__ = ("Canvas", "Draw", "Layer", "Rect")


@dataclass(frozen=True)
class Rect:
    """A rectangle of pixels; right and bottom are outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        """Whether no pixel is inside."""
        return self.right <= self.left or self.bottom <= self.top

    def meets(self, other: "Rect") -> bool:
        """Whether some pixel is inside both."""
        return not self.within(other).empty

    def within(self, other: "Rect") -> "Rect":
        """What both have in common."""
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def around(self, other: "Rect") -> "Rect":
        """The smallest that holds both."""
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Draw:
    """A patch at a place.

    Attributes:
        patch: What is drawn.
        x: Of its left edge, in pixels of the frame, fractions included.
        y: Of its upper edge.
        scale: Of its size.
        opacity: 0 to 1.
        clip: Outside which nothing of it is seen; even numbers.
    """

    patch: Patch
    x: float
    y: float
    scale: float = 1.0
    opacity: float = 1.0
    clip: Rect | None = None

    @property
    def rect(self) -> Rect:
        """The even rectangle that it may touch."""
        right = self.x + self.patch.width * self.scale
        bottom = self.y + self.patch.height * self.scale
        rect = Rect(
            floor(self.x / 2) * 2, floor(self.y / 2) * 2, ceil(right / 2) * 2, ceil(bottom / 2) * 2
        )
        return rect.within(self.clip) if self.clip else rect

    @property
    def in_place(self) -> bool:
        """Whether its samples fall on the frame's, so that nothing need be resampled."""
        return self.scale == 1 and self.x % 2 == 0 and self.y % 2 == 0


Layer = Callable[[float], Draw | None]
"""What a layer shows at a time, in seconds from the start of its scene; None when nothing."""


class Canvas:
    """Planes of a frame that are kept in step with the layers of one shot."""

    def __init__(self, planes: Planes, background: Patch) -> None:
        """Args: the planes to compose into, and the opaque patch of their size behind it all."""
        height, width = planes[0].shape
        self._planes = planes
        self._background = background
        self._frame = Rect(0, 0, width, height)
        self._shown: list[Draw | None] | None = None

    def show(self, draws: Sequence[Draw | None]) -> bool:
        """Compose these layers, the lowest first; tell whether anything changed."""
        dirty = [self._frame] if self._shown is None else self._dirty(self._shown, draws)
        self._shown = list(draws)
        for rect in dirty:
            self._compose(rect, [draw for draw in draws if draw and draw.rect.meets(rect)])
        return bool(dirty)

    def _dirty(self, before: Sequence[Draw | None], now: Sequence[Draw | None]) -> list[Rect]:
        """Where something changed: rectangles that do not meet."""
        dirty: list[Rect] = []
        for old, new in zip(before, now, strict=True):
            if old == new:
                continue
            for draw in (old, new):
                if draw is None:
                    continue
                rect = draw.rect.within(self._frame)
                while meeting := next((other for other in dirty if other.meets(rect)), None):
                    dirty.remove(meeting)
                    rect = rect.around(meeting)
                if not rect.empty:
                    dirty.append(rect)
        return dirty

    def _compose(self, rect: Rect, draws: Sequence[Draw]) -> None:
        covered = draws and draws[0].patch.alpha is None and draws[0].rect.within(rect) == rect
        if not (covered and draws[0].opacity == 1):
            self._blend(Draw(self._background, 0, 0), rect)
        for draw in draws:
            self._blend(draw, rect.within(draw.rect))

    def _blend(self, draw: Draw, rect: Rect) -> None:
        patch = draw.patch
        alphas = (patch.alpha, patch.alpha_half, patch.alpha_half)
        for plane, source, alpha, step in zip(
            self._planes, patch.planes, alphas, (1, 2, 2), strict=True
        ):
            target = plane[
                rect.top // step : rect.bottom // step, rect.left // step : rect.right // step
            ]
            colour = _placed(source, draw, rect, step, opaque=alpha is None)
            if alpha is None and draw.opacity == 1:
                target[:] = colour
                continue
            if alpha is None:
                cover: Plane = np.full(colour.shape, 255, np.uint8)
            else:
                cover = _placed(alpha, draw, rect, step, opaque=False)
            if draw.opacity < 1:
                colour = cv2.convertScaleAbs(colour, alpha=draw.opacity)  # type: ignore[assignment]
                cover = cv2.convertScaleAbs(cover, alpha=draw.opacity)  # type: ignore[assignment]
            kept = cv2.multiply(target, cv2.bitwise_not(cover), scale=1 / 255)
            target[:] = cv2.add(kept, colour)


def _placed(source: Plane, draw: Draw, rect: Rect, step: int, *, opaque: bool) -> Plane:
    """The part of the patch's plane that falls on the rectangle, resampled where it must be."""
    width, height = (rect.right - rect.left) // step, (rect.bottom - rect.top) // step
    if draw.in_place:
        left, top = (rect.left - int(draw.x)) // step, (rect.top - int(draw.y)) // step
        return source[top : top + height, left : left + width]
    inverse = 1 / draw.scale
    # Sample centres lie half a sample inside; both planes share the corner that the patch is at.
    across = (rect.left / step + 0.5 - draw.x / step) * inverse - 0.5
    down = (rect.top / step + 0.5 - draw.y / step) * inverse - 0.5
    matrix = np.array([[inverse, 0, across], [0, inverse, down]], np.float64)
    border = cv2.BORDER_REPLICATE if opaque else cv2.BORDER_CONSTANT
    return np.asarray(
        cv2.warpAffine(
            source,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        ),
        np.uint8,
    )
