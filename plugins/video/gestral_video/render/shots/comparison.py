"""Two things side by side."""

from dataclasses import replace
from math import ceil
from typing import Any

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import draw_patch
from gestral_video.render.raster import skia
from gestral_video.render.shots.desk import Desk, Drawn, argb, even
from gestral_video.render.shots.parts import block, headed_page, rise_start, rising
from gestral_video.render.text import Face, Fitted, fit
from gestral_video.storyboard.storyboard import ComparisonScene

__all__ = ("comparison_shot",)


def comparison_shot(desk: Desk, scene: ComparisonScene) -> Drawn:
    """Two cards, beside or above each other: a name over its text, in one size for both."""
    unit = desk.unit
    shown = "\n".join(
        f"{name}: {text}" for name, text in zip(scene.names, scene.texts, strict=True)
    )
    background, room = headed_page(desk, desk.room(shown))
    pad, gap = round(44 * unit), 24 * unit
    largest = _cards(desk, room, room.height)[0]
    width, height = largest.width - 2 * pad, largest.height - 2 * pad
    name_face = Face(desk.style.display, desk.style.display_weight, 68 * unit, -0.015, 1.15)
    names = _alike(scene.names, name_face, (width, height * 0.3), 30 * unit)
    named = max(name.height for name in names) + gap
    text_face = Face(desk.style.body, 500, 58 * unit, -0.01, 1.26)
    texts = _alike(scene.texts, text_face, (width, height - named), 26 * unit)
    needed = named + max(text.height for text in texts) + 2 * pad
    cards = _cards(desk, room, needed)
    rooms = [
        Rect(card.left + pad, card.top + pad, card.right - pad, card.bottom - pad) for card in cards
    ]
    layers: list[Layer] = []
    for card, inner, name, text, spoken in zip(
        cards, rooms, names, texts, scene.starts, strict=True
    ):
        start = rise_start(spoken)
        layers.append(rising(_card(desk, card), start, desk))
        at = (inner.left, inner.top)
        below = (inner.left, inner.top + named)
        layers += [
            rising(
                block(desk, "name", name, at, room=inner, colour=desk.palette.accent), start, desk
            ),
            rising(
                block(desk, "text", text, below, room=inner, colour=desk.palette.ink), start, desk
            ),
        ]
    return background, layers


def _cards(desk: Desk, room: Rect, needed: float) -> tuple[Rect, Rect]:
    """Two places as high as is needed, in the middle of the room."""
    gap = even(40 * desk.unit)
    if desk.stage.wide:
        half, high = even((room.width - gap) / 2), min(room.height, ceil(needed))
        top = round(room.top + (room.height - high) / 2)
        left = Rect(room.left, top, room.left + half, top + high)
        return left, replace(left, left=room.right - half, right=room.right)
    high = min(ceil(needed), (room.height - gap) // 2)
    top = round(room.top + (room.height - gap - 2 * high) / 2)
    first = replace(room, top=top, bottom=top + high)
    return first, replace(room, top=top + high + gap, bottom=top + 2 * high + gap)


def _alike(
    texts: tuple[str, str], face: Face, room: tuple[float, float], smallest: float
) -> list[Fitted]:
    """Both in the size of the one that needs the smaller."""

    def fitted(text: str, size: float) -> Fitted:
        sized = replace(face, size=size)
        return fit(text or " ", sized, room[0], room[1], smallest=min(size, smallest))

    size = min(fitted(text, face.size).face.size for text in texts)
    return [fitted(text, size) for text in texts]


def _card(desk: Desk, rect: Rect) -> Layer:
    unit, palette = desk.unit, desk.palette

    def draw(canvas: Any) -> None:
        box = skia.Rect.MakeWH(rect.width, rect.height)
        canvas.drawRoundRect(
            box, 20 * unit, 20 * unit, skia.Paint(Color=argb(palette.shapes[0]), AntiAlias=True)
        )
        bar = skia.Rect.MakeWH(rect.width, 10 * unit)
        canvas.clipRRect(skia.RRect.MakeRectXY(box, 20 * unit, 20 * unit), doAntiAlias=True)
        canvas.drawRect(bar, skia.Paint(Color=argb(palette.accent)))

    patch = draw_patch(rect.width, rect.height, draw)
    placed = Draw(patch, even(rect.left), even(rect.top))
    return lambda _: placed
