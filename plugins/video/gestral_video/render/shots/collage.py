"""Pictures that stand together, each in a field of its own."""

from dataclasses import replace

from gestral_video.render.compositor import Layer, Rect
from gestral_video.render.pictures import is_photograph, read_picture
from gestral_video.render.shots.desk import Desk, Drawn, even
from gestral_video.render.shots.parts import headed_page, rising
from gestral_video.render.shots.pictures import drifting, floating
from gestral_video.storyboard.storyboard import CollageScene

__all__ = ("collage_shot",)

STEP_SECONDS = 0.5
"""From one picture to the next."""
MOST_CUT = 0.42
"""Of a photograph as much may be cut to fill its field; others are shown whole."""


def collage_shot(desk: Desk, scene: CollageScene) -> Drawn:
    """The pictures under the section's heading, moving slowly, one after another."""
    background, room = headed_page(desk, desk.room())
    layers: list[Layer] = []
    fields = _fields(room, len(scene.pictures), desk)
    for index, (shown, field) in enumerate(zip(scene.pictures, fields, strict=False)):
        inset = round(16 * desk.unit)
        inner = replace(
            field,
            left=field.left + inset,
            top=field.top + inset,
            right=field.right - inset,
            bottom=field.bottom - inset,
        )
        picture = read_picture(shown.picture)
        high, wide = picture.shape[:2]
        kept = (wide / high) / (field.width / field.height)
        cut = is_photograph(picture) and MOST_CUT <= kept <= 1 / MOST_CUT
        layer = drifting(desk, picture, field) if cut else floating(desk, picture, inner)
        layers.append(rising(layer, 0.1 + STEP_SECONDS * index, desk))
    return background, layers


def _fields(room: Rect, count: int, desk: Desk) -> list[Rect]:
    """The room, parted: one large field beside (or above) the others, or four alike."""
    gap = even(24 * desk.unit)
    wide = desk.stage.wide
    if count == 1:
        return [_evened(room)]
    first, rest = _cut(room, 0.58 if count == 3 else 0.5, gap, across=wide)
    if count == 2:
        return [first, rest]
    more = list(_cut(rest, 0.5, gap, across=not wide))
    return [first, *more] if count == 3 else [*_cut(first, 0.5, gap, across=not wide), *more]


def _cut(rect: Rect, share: float, gap: int, *, across: bool) -> tuple[Rect, Rect]:
    if across:
        first = even((rect.width - gap) * share)
        parts = (
            replace(rect, right=rect.left + first),
            replace(rect, left=rect.left + first + gap),
        )
    else:
        first = even((rect.height - gap) * share)
        parts = (
            replace(rect, bottom=rect.top + first),
            replace(rect, top=rect.top + first + gap),
        )
    return _evened(parts[0]), _evened(parts[1])


def _evened(rect: Rect) -> Rect:
    """The largest rectangle inside whose sides are even, as clips and planes must be."""
    return Rect(
        -(-rect.left // 2) * 2, -(-rect.top // 2) * 2, rect.right // 2 * 2, rect.bottom // 2 * 2
    )
