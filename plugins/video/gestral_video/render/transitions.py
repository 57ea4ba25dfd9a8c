"""Transitions: how a scene comes in, within its first moments, over the last frame before it.

All of them work on planes, move by fractions of a sample, and start and end without a jolt.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from gestral_video.render.patches import Plane, Planes
from gestral_video.storyboard.storyboard import Transition

__all__ = ("TRANSITION_SECONDS", "come_in")

TRANSITION_SECONDS: Mapping[Transition, float] = {
    "cut": 0.0,
    "dissolve": 0.4,
    "slide": 0.5,
    "wipe": 0.5,
}
"""How long each takes."""

SOFTNESS = 0.16
"""Width of a wipe's edge, as a part of the way that it goes."""


def come_in(kind: Transition, under: Planes, over: Planes, part: float, into: Planes) -> None:
    """Compose the frame in which `part` of the transition is done.

    Slides and wipes go along the longer side: sideways, or upwards in an upright frame.

    Args:
        kind: Of the transition; a cut shows the new scene at once.
        under: The last frame of the scene before.
        over: The frame of the scene that comes in.
        part: 0 to 1, of the time.
        into: Where to compose; it must not share memory with the others.
    """
    height, width = into[0].shape
    upright = height > width
    for below, above, target in zip(under, over, into, strict=True):
        _MIXES[kind](below, above, part, target, upright)


_Mix = Callable[[Plane, Plane, float, Plane, bool], None]


def _cut(_: Plane, over: Plane, __: float, into: Plane, ___: bool) -> None:
    into[:] = over


def _dissolve(under: Plane, over: Plane, part: float, into: Plane, _: bool) -> None:
    eased = part * part * (3 - 2 * part)
    into[:] = cv2.addWeighted(under, 1 - eased, over, eased, 0)


def _slide(under: Plane, over: Plane, part: float, into: Plane, upright: bool) -> None:
    """The new frame pushes the old one out."""
    axis = 0 if upright else 1
    extent = under.shape[axis]
    whole, rest = divmod(_settling(part) * extent, 1)
    strip = np.concatenate((under, over, over.take([-1], axis)), axis)
    here, next_ = (
        strip[at : at + extent] if upright else strip[:, at : at + extent]
        for at in (int(whole), int(whole) + 1)
    )
    into[:] = cv2.addWeighted(here, 1 - rest, next_, rest, 0)


def _wipe(under: Plane, over: Plane, part: float, into: Plane, upright: bool) -> None:
    """A soft edge passes over the frame, the new one behind it."""
    if upright:
        under, over, into = (plane[::-1].T for plane in (under, over, into))
    extent = under.shape[1]
    soft = SOFTNESS * extent
    edge = _settling(part) * (extent + soft)
    share = np.clip((edge - 0.5 - np.arange(extent)) / soft, 0, 1)
    # Behind the edge and ahead of it there is nothing to compute.
    first, last = np.count_nonzero(share == 1), np.count_nonzero(share)
    share = np.rint(share * share * (3 - 2 * share) * 256).astype(np.uint16)
    into[:, :first] = over[:, :first]
    into[:, last:] = under[:, last:]
    middle = slice(first, last)
    into[:, middle] = (
        under[:, middle] * (256 - share[middle]) + over[:, middle] * share[middle] + 128
    ) >> 8


_MIXES: Mapping[Transition, _Mix] = {
    "cut": _cut,
    "dissolve": _dissolve,
    "slide": _slide,
    "wipe": _wipe,
}


def _settling(part: float) -> float:
    """Starts gently, is soon most of the way there, and takes its time to come to rest: the first
    word is spoken before the transition ends."""
    return 1 - (1 - part) ** 3 * (1 + 3 * part)
