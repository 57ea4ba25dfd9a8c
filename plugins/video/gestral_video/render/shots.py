"""From a scene to a shot: its background and its layers, each drawn once and placed by the time.

One function makes the shot of each kind of scene. What a shot's text is and where it must stay is
kept in `Shot.placed`, so that a test can ask whether anything overflows.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch, draw_patch, opaque_patch
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
from gestral_video.render.stage import Stage
from gestral_video.render.styles import Palette, Style, draw_tile
from gestral_video.render.syntax import coloured_lines
from gestral_video.render.text import Face, Fitted, Run, draw_line, fit, line_width
from gestral_video.storyboard.phrases import Phrase, phrases
from gestral_video.storyboard.storyboard import (
    CaptionMode,
    ClosingScene,
    CodeScene,
    Cue,
    CueWord,
    ImageScene,
    ListScene,
    QuoteScene,
    Scene,
    TextScene,
    TitleScene,
)

__all__ = ("Placed", "Shot", "make_shot")

RISE_SECONDS = 0.5
RISE_LEAD = 0.12
"""Seconds before its first word that a line starts to rise: the eye is slower than the ear."""
ZOOM = 1.08


@dataclass(frozen=True)
class Placed:
    """Something laid out: where it is, the room it was given, and whether it had to be cut."""

    what: str
    rect: Rect
    room: Rect
    trimmed: bool = False


@dataclass(frozen=True)
class Shot:
    """What a scene looks like at any time."""

    background: Patch
    layers: tuple[Layer, ...]
    placed: tuple[Placed, ...] = ()

    def at(self, seconds: float) -> list[Draw | None]:
        """The layers' draws, the lowest first."""
        return [layer(seconds) for layer in self.layers]


@dataclass
class _Desk:
    """What the functions below share while they make one shot."""

    scene: Scene
    stage: Stage
    style: Style
    captions: CaptionMode
    placed: list[Placed]

    @property
    def palette(self) -> Palette:
        return self.style.palettes[self.scene.look % len(self.style.palettes)]

    @property
    def unit(self) -> float:
        return self.stage.unit

    @property
    def karaoke(self) -> bool:
        return self.captions == "karaoke"

    def place(self, what: str, fitted: Fitted, at: tuple[float, float], room: Rect) -> None:
        x, y = at
        rect = Rect(round(x), round(y), round(x + fitted.width), round(y + fitted.height))
        self.placed.append(Placed(what, rect, room, fitted.trimmed))


def make_shot(scene: Scene, stage: Stage, style: Style, captions: CaptionMode) -> Shot:
    """Lay a scene out and draw its layers."""
    desk = _Desk(scene, stage, style, captions, [])
    match scene:
        case TitleScene():
            background, layers = _title(desk, scene)
        case TextScene():
            background, layers = _text(desk, scene)
        case QuoteScene():
            background, layers = _quote(desk, scene)
        case ListScene():
            background, layers = _list(desk, scene)
        case CodeScene():
            background, layers = _code(desk, scene)
        case ImageScene():
            background, layers = _image(desk, scene)
        case ClosingScene():
            background, layers = _closing(desk, scene)
    layers = [*layers, *_captions(desk), _progress(desk)]
    return Shot(background, tuple(layers), tuple(desk.placed))


# --- kinds of scenes -------------------------------------------------------------------------


def _title(desk: _Desk, scene: TitleScene) -> tuple[Patch, list[Layer]]:
    """Title, site and byline beside a picture, or alone on the page."""
    unit, palette = desk.unit, desk.palette
    room, layers = desk.stage.content(captions=bool(_captioned(desk))), list[Layer]()
    panel, room = _split(desk, room)
    if scene.picture:
        layers += _panel_picture(desk, scene.picture, panel)
    else:
        layers += _emblem(desk, scene.title, panel)
    kicker = fit(scene.site_name, _small(desk, 600), room.width, 50 * unit, **_one_line(desk))
    detail = fit(scene.detail, _small(desk, 400), room.width, 50 * unit, **_one_line(desk))
    face = Face(desk.style.display, desk.style.display_weight, 96 * unit, -0.018, 1.12)
    gap, bar = 34 * unit, 7 * unit
    top_height = kicker.height + gap if scene.site_name else 0.0
    detail_height = detail.height + gap if scene.detail else 0.0
    title = fit(
        scene.title,
        face,
        room.width,
        room.height - top_height - bar - gap - detail_height,
        smallest=44 * unit,
        most_lines=7,
    )
    used = top_height + bar + gap + title.height + detail_height
    x, y = room.left, room.top + (room.height - used) / 2
    if scene.site_name:
        layers.append(
            _rising(
                _block(desk, "site", kicker, (x, y), room=room, colour=palette.accent), 0.05, desk
            )
        )
    y += top_height
    layers.append(_rising(_bar(desk, x, y), 0.1, desk))
    y += bar + gap
    for index, draw in enumerate(
        _line_draws(desk, "title", title, (x, y), room=room, colour=palette.ink)
    ):
        layers.append(_rising(draw, 0.15 + 0.09 * index, desk))
    y += title.height + gap
    if scene.detail:
        layers.append(
            _rising(
                _block(desk, "detail", detail, (x, y), room=room, colour=palette.muted), 0.5, desk
            )
        )
    return _page(desk), layers


def _split(desk: _Desk, room: Rect) -> tuple[Rect, Rect]:
    """The panel for a picture, beside or above the text, and what is left of the room."""
    stage, unit = desk.stage, desk.unit
    if stage.wide:
        panel = Rect(_even(stage.width * 0.5625), 0, stage.width, stage.height)
        return panel, replace(room, right=panel.left - round(72 * unit))
    # Whole rows of an emblem's tiles, of which five fill the width.
    tile = stage.width / 5
    panel = Rect(0, 0, stage.width, _even(int(0.48 * stage.height / tile + 0.01) * tile))
    return panel, replace(room, top=panel.bottom + round(56 * unit))


def _panel_picture(desk: _Desk, path: str, panel: Rect) -> list[Layer]:
    """A photograph fills the panel however it must be cut; anything else is shown whole on it."""
    picture = read_picture(path)
    if is_photograph(picture):
        return [_drifting(desk, picture, panel)]
    paint = skia.Paint(Color=_argb(desk.palette.shapes[1]))
    tint = draw_patch(panel.width, panel.height, lambda canvas: canvas.drawPaint(paint))
    behind = Draw(tint, panel.left, panel.top)
    return [lambda _: behind, *_picture_layers(desk, path, panel)]


def _emblem(desk: _Desk, told: str, panel: Rect) -> list[Layer]:
    """Tiles that fill the panel, another pattern for every text, coming up one after another."""
    rows = max(2, round(panel.height / (216 * desk.unit)))
    side = panel.height / rows
    columns = ceil(panel.width / side - 0.05)
    layers: list[Layer] = []
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        number = int.from_bytes(hashlib.sha256(f"{told} {index}".encode()).digest()[:4], "big")
        x, y = panel.left + column * side, panel.top + row * side
        patch = draw_patch(
            side,
            side,
            lambda canvas, number=number: draw_tile(  # type: ignore[misc]
                canvas, side + 2, desk.style.emblem, number
            ),
        )
        placed = Draw(patch, _even(x), _even(y), clip=panel)
        layers.append(_rising(lambda _, d=placed: d, 0.03 * (row + column), desk))  # type: ignore[misc]
    return layers


def _text(desk: _Desk, scene: TextScene) -> tuple[Patch, list[Layer]]:
    """The sentences in large letters, each line rising when its first word is spoken."""
    room = desk.stage.content(captions=bool(_captioned(desk)))
    text = "\n".join(scene.lines)
    if scene.heading and _letters(text) == _letters(scene.heading):
        return _chapter(desk, text, room)
    background, room = _headed_page(desk, room)
    face = Face(desk.style.body, desk.style.body_weight, 96 * desk.unit, -0.018, 1.25)
    return background, _spoken_text(desk, text, face, room)


def _chapter(desk: _Desk, text: str, room: Rect) -> tuple[Patch, list[Layer]]:
    """A spoken heading: a title of its own, under the accent bar."""
    unit, style = desk.unit, desk.style
    face = Face(style.display, style.display_weight, 120 * unit, -0.018, 1.12)
    bar, gap = 8 * unit, 48 * unit
    inner = replace(room, top=room.top + round(bar + gap))
    fitted = _fit_spoken(desk, text, face, inner)
    top = inner.top + (inner.height - fitted.height) / 2
    layers = _spoken_layers(desk, text, fitted, inner, top)
    return _page(desk), [_rising(_bar(desk, room.left, top - gap), 0.0, desk), *layers]


def _quote(desk: _Desk, scene: QuoteScene) -> tuple[Patch, list[Layer]]:
    """A large mark, the words, and whose they are."""
    stage, unit, palette = desk.stage, desk.unit, desk.palette
    room = stage.content(captions=bool(_captioned(desk)))
    mark_face = Face("serif", 600, 300 * unit, leading=1.0)
    indent = _even(168 * unit) if stage.wide else 0
    above = 0 if stage.wide else _even(150 * unit)
    author = f"— {scene.author}" if scene.author else ""
    author_face = Face(desk.style.body, 400, 40 * unit)
    below = _even(90 * unit) if author else 0
    inner = replace(room, left=room.left + indent, top=room.top + above, bottom=room.bottom - below)
    face = Face(desk.style.display, desk.style.display_weight, 88 * unit, -0.012, 1.24)
    fitted = _fit_spoken(desk, scene.text, face, inner)
    top = inner.top + (inner.height - fitted.height) / 2
    author_fit = fit(author, author_face, inner.width, 60 * unit, **_one_line(desk))

    def draw(canvas: Any) -> None:
        x = room.left - 14 * unit
        y = top - 46 * unit if stage.wide else top - 176 * unit
        draw_line(canvas, x, y, [Run("“", _argb(palette.accent))], mark_face)
        if author:
            y = top + fitted.height + 30 * unit
            desk.place("author", author_fit, (inner.left, y), room)
            _draw_fitted(canvas, author_fit, inner.left, y, palette.muted)

    background = _page(desk, draw)
    return background, _spoken_layers(desk, scene.text, fitted, inner, top)


def _list(desk: _Desk, scene: ListScene) -> tuple[Patch, list[Layer]]:
    """Items one below the other; each rises with its words, its marker lit while it is spoken."""
    stage, unit, palette = desk.stage, desk.unit, desk.palette
    background, room = _headed_page(desk, stage.content(captions=bool(_captioned(desk))))
    marker_width = _even((96 if scene.numbers else 64) * unit)
    inner = replace(room, left=room.left + marker_width)
    face = Face(desk.style.body, 600, 70 * unit, -0.012, 1.24)
    items = [" ".join(item.split()) for item in scene.items]
    fitted = fit("\n".join(items), face, inner.width, inner.height, smallest=26 * unit, gap=0.6)
    top = inner.top + (inner.height - fitted.height) / 2
    desk.place("items", fitted, (inner.left, top), room)
    layers: list[Layer] = []
    for index, start in enumerate(scene.item_starts[: len(items)]):
        lines = [i for i, line in enumerate(fitted.lines) if line.paragraph == index]
        if not lines:
            break
        offset = fitted.tops[lines[0]]
        part = replace(
            fitted, lines=tuple(replace(fitted.lines[i], paragraph=0) for i in lines), gap=0.0
        )
        number = f"{scene.numbers[index]}." if index < len(scene.numbers) else ""

        def item_patch(lit: bool, part: Fitted = part, number: str = number) -> Patch:
            def draw(canvas: Any) -> None:
                colour = palette.accent if lit else palette.muted
                _draw_marker(canvas, number, part.face, colour, unit)
                _draw_fitted(canvas, part, marker_width, 0, palette.ink)

            return draw_patch(marker_width + part.width + 4, part.height, draw)

        patches = lru_cache(item_patch)
        ends = [*scene.item_starts[1:], scene.duration + 1]
        end = ends[index] if index < len(ends) else scene.duration + 1

        def item(
            seconds: float,
            patches: Callable[[bool], Patch] = patches,
            y: float = top + offset,
            end: float = end,
        ) -> Draw:
            return Draw(patches(seconds < end), room.left, round(y / 2) * 2)

        layers.append(_rising(item, _rise_start(start), desk))
    return background, layers


def _code(desk: _Desk, scene: CodeScene) -> tuple[Patch, list[Layer]]:
    """A window with as much of the code as can be read."""
    stage, unit = desk.stage, desk.unit
    background, room = _headed_page(desk, stage.content(captions=bool(_captioned(desk))))
    bar, padding = _even(64 * unit), _even(40 * unit)
    advance = line_width("0" * 50, Face("mono", 400, 100)) / 5000
    inner_width, inner_height = room.width - 2 * padding, room.height - bar - 2 * padding
    leading, largest, smallest = 1.5, 42 * unit, 22 * unit
    lines = coloured_lines(
        scene.code,
        scene.language,
        desk.style.code_pygments,
        most_lines=int(inner_height / smallest / leading) + 1,
        most_columns=int(inner_width / smallest / advance) + 1,
    )
    columns = max((sum(len(text) for text, _ in line) for line in lines), default=1)
    size = min(
        largest,
        inner_width / max(columns, 1) / advance,
        inner_height / max(len(lines), 1) / leading,
    )
    face = Face("mono", 400, max(size, smallest), leading=leading)
    shown = _trimmed_code(
        lines, int(inner_width / (face.size * advance)), int(inner_height / face.line_height)
    )
    height = _even(bar + 2 * padding + len(shown) * face.line_height)
    top = _even(room.top + (room.height - height) / 2)
    shadow = _even(48 * unit)

    def draw(canvas: Any) -> None:
        canvas.translate(shadow, shadow)
        _draw_window(canvas, desk, (room.width, height), bar, scene.language)
        for index, line in enumerate(shown):
            runs = [Run(text, _argb(colour)) for text, colour in line]
            draw_line(canvas, padding, bar + padding + index * face.line_height, runs, face)

    patch = draw_patch(room.width + 2 * shadow, height + 2 * shadow, draw)
    widest = max((line_width("".join(t for t, _ in line), face) for line in shown), default=0)
    desk.placed.append(
        Placed(
            "code",
            Rect(
                room.left + padding,
                top + bar + padding,
                round(room.left + padding + widest),
                round(top + bar + padding + len(shown) * face.line_height),
            ),
            room,
            trimmed=shown != lines,
        )
    )
    window = Draw(patch, room.left - shadow, top - shadow)
    return background, [_rising(lambda _: window, 0.05, desk)]


def _image(desk: _Desk, scene: ImageScene) -> tuple[Patch, list[Layer]]:
    """The picture under a slow pan and zoom, its caption in a label."""
    stage = desk.stage
    room = stage.content(captions=bool(_captioned(desk)))
    labels: list[Layer] = []
    spoken = _letters(" ".join(cue.text for cue in scene.cues))
    caption = "" if _letters(scene.caption) in spoken else " ".join(scene.caption.split())
    if caption:
        label, bottom = _label(desk, caption, 34, at_top=True)
        labels.append(label)
        room = replace(room, top=bottom + round(30 * desk.unit))
    if scene.credit:
        labels.append(_label(desk, scene.credit, 24, at_top=False)[0])
    return _page(desk), [*_picture_layers(desk, scene.picture, stage.frame, room), *labels]


def _closing(desk: _Desk, scene: ClosingScene) -> tuple[Patch, list[Layer]]:
    """The site's name and where to read on."""
    unit, palette = desk.unit, desk.palette
    panel, room = _split(desk, desk.stage.content(captions=bool(_captioned(desk))))
    face = Face(desk.style.display, desk.style.display_weight, 96 * unit, -0.018, 1.15)
    name = fit(
        scene.site_name, face, room.width, room.height * 0.5, smallest=40 * unit, most_lines=3
    )
    address = fit(
        scene.address,
        Face(desk.style.body, 400, 40 * unit),
        room.width,
        room.height * 0.3,
        smallest=24 * unit,
        most_lines=3,
    )
    gap, bar = 36 * unit, 7 * unit
    used = name.height + gap + bar + (gap + address.height if scene.address else 0)
    x, y = room.left, room.top + (room.height - used) / 2
    layers = _emblem(desk, scene.site_name, panel)
    layers += [
        _rising(draw, 0.1 + 0.09 * index, desk)
        for index, draw in enumerate(
            _line_draws(desk, "site", name, (x, y), room=room, colour=palette.ink)
        )
    ]
    y += name.height + gap
    layers.append(_rising(_bar(desk, x, y), 0.3, desk))
    y += bar + gap
    if scene.address:
        block = _block(desk, "address", address, (x, y), room=room, colour=palette.muted)
        layers.append(_rising(block, 0.4, desk))
    return _page(desk), layers


# --- spoken text -----------------------------------------------------------------------------


def _fit_spoken(desk: _Desk, text: str, face: Face, room: Rect) -> Fitted:
    return fit(
        text,
        face,
        room.width,
        room.height,
        smallest=34 * desk.unit,
        most_lines=5 if desk.stage.wide else 8,
        gap=0.45,
        word_starts=_word_starts(text, desk.scene.cues),
    )


def _spoken_text(desk: _Desk, text: str, face: Face, room: Rect) -> list[Layer]:
    fitted = _fit_spoken(desk, text, face, room)
    return _spoken_layers(desk, text, fitted, room, room.top + (room.height - fitted.height) / 2)


def _spoken_layers(desk: _Desk, text: str, fitted: Fitted, room: Rect, top: float) -> list[Layer]:
    """A layer for each line: it rises with its first word, and its words light up in turn.

    Text that is not what is spoken (a person may have changed it) rises at even intervals.
    """
    desk.place("text", fitted, (room.left, top), room)
    words = [word for cue in desk.scene.cues for word in cue.words]
    in_place = bool(_word_starts(text, desk.scene.cues))
    layers: list[Layer] = []
    for index, (line, offset) in enumerate(zip(fitted.lines, fitted.tops, strict=True)):
        if in_place:
            start = words[line.words[0]].start
        else:
            start = index * min(1.2, desk.scene.duration / (len(fitted.lines) + 1))
        y = round((top + offset) / 2) * 2
        patches = _lit_line(line.tokens, line.words, fitted.face, desk.palette)
        lit = words if in_place and desk.karaoke else None

        def draw(
            seconds: float,
            patches: Callable[[int | None], Patch] = patches,
            lit: Sequence[CueWord] | None = lit,
            y: float = y,
            span: tuple[int, int] = (min(line.words), max(line.words)),
        ) -> Draw:
            word = None if lit is None else _word_at(lit, seconds, *span)
            return Draw(patches(word), room.left, y)

        layers.append(_rising(draw, _rise_start(start), desk))
    return layers


def _lit_line(
    tokens: Sequence[str], words: Sequence[int], face: Face, palette: Palette
) -> Callable[[int | None], Patch]:
    """Patches of a line by the word being spoken: those before it in ink, those after it muted."""
    width = line_width("".join(tokens), face)

    @lru_cache(maxsize=2)
    def patch(word: int | None) -> Patch:
        def colour(of: int) -> int:
            if word is None or of < word:
                return palette.ink
            return palette.accent if of == word else palette.muted

        runs = [Run(t, _argb(colour(w))) for t, w in zip(tokens, words, strict=True)]
        margin = face.size * 0.1
        return draw_patch(
            width + 2 * margin, face.line_height, lambda canvas: draw_line(canvas, 0, 0, runs, face)
        )

    return patch


def _word_at(words: Sequence[CueWord], seconds: float, first: int, last: int) -> int | None:
    """Which word of `first` to `last` is spoken: none when all of them have been."""
    if seconds >= words[last].end:
        return None
    return max((i for i in range(first, last + 1) if words[i].start <= seconds), default=first - 1)


def _word_starts(text: str, cues: Sequence[Cue]) -> list[int]:
    """Where each spoken word starts in the text; empty unless the text is what is spoken."""
    starts, at = [], 0
    for cue in cues:
        for word in cue.words:
            while at < len(text) and text[at].isspace():
                at += 1
            if not text.startswith(word.text, at):
                return []
            starts.append(at)
            at += len(word.text)
    return starts if not text[at:].strip() else []


# --- captions --------------------------------------------------------------------------------


def _captioned(desk: _Desk) -> tuple[Cue, ...]:
    """The cues whose words the scene does not show by itself."""
    if not desk.karaoke:
        return ()
    match desk.scene:
        case TextScene(lines=lines):
            shown = "\n".join(lines)
        case QuoteScene(text=shown):
            pass
        case ListScene(items=items):
            shown = "\n".join(items)
        case TitleScene(title=shown):
            pass
        case _:
            shown = ""
    letters = _letters(shown)
    return tuple(cue for cue in desk.scene.cues if _letters(cue.text) not in letters)


def _captions(desk: _Desk) -> list[Layer]:
    """The caption box: two lines at most, the word being spoken in the accent colour."""
    stage, unit = desk.stage, desk.unit
    cues = _captioned(desk)
    if not cues:
        return []
    size = (46 if stage.wide else 50) * unit
    face = Face(desk.style.body, 600, size, -0.005, 1.3)
    shown = [p for cue in cues for p in phrases(cue, line_length=42 if stage.wide else 30)]
    draws: list[tuple[float, float, Callable[[int], Draw]]] = []
    for phrase, after in zip(shown, [*shown[1:], None], strict=True):
        # A box that blinks is worse than one that stays: short silences are bridged.
        end = phrase.lines[-1][-1].end + 0.25
        if after is not None and after.start - end < 0.4:
            end = after.start
        draws.append((phrase.start, end, _caption(desk, phrase, face)))

    def layer(seconds: float) -> Draw | None:
        for (start, end, draw), phrase in zip(draws, shown, strict=True):
            if start <= seconds < end:
                words = [word for line in phrase.lines for word in line]
                return draw(sum(word.start <= seconds for word in words) - 1)
        return None

    return [layer]


def _caption(desk: _Desk, phrase: Phrase, face: Face) -> Callable[[int], Draw]:
    unit, band, style = desk.unit, desk.stage.band, desk.style
    pad_x, pad_y = 30 * unit, 14 * unit
    widest = max(line_width(line, face) for line in phrase.text)
    # Phrases are cut by their letters, of which some are wide: such a phrase is set smaller.
    face = replace(face, size=face.size * min(1.0, (band.width - 2 * pad_x) / widest))
    widths = [line_width(line, face) for line in phrase.text]
    width, height = max(widths) + 2 * pad_x, len(widths) * face.line_height + 2 * pad_y
    x = _even(desk.stage.width / 2 - width / 2)
    y = _even(band.top + (band.height - height) / 2 if desk.stage.wide else band.top)
    desk.placed.append(
        Placed(
            "caption",
            Rect(x, y, round(x + width), round(y + height)),
            band,
        )
    )

    @lru_cache(maxsize=2)
    def patch(spoken: int) -> Patch:
        def draw(canvas: Any) -> None:
            box = skia.Paint(Color=style.caption_box, AntiAlias=True)
            canvas.drawRoundRect(skia.Rect.MakeWH(width, height), 16 * unit, 16 * unit, box)
            number = 0
            for index, line in enumerate(phrase.lines):
                runs = []
                for word in line:
                    lit = style.caption_accent if number == spoken else style.caption_ink
                    space = phrase.joiner if word is not line[-1] else ""
                    runs.append(Run(word.text + space, _argb(lit)))
                    number += 1
                left = (width - widths[index]) / 2
                draw_line(canvas, left, pad_y + index * face.line_height, runs, face)

        return draw_patch(width, height, draw)

    return lambda spoken: Draw(patch(spoken), x, y)


def _progress(desk: _Desk) -> Layer:
    """A thin line along the lower edge that grows while the scene lasts."""
    stage, duration = desk.stage, desk.scene.duration
    height = _even(6 * desk.unit)
    colour = skia.Paint(Color=_argb(desk.palette.accent))
    line = draw_patch(
        stage.width,
        height,
        lambda canvas: canvas.drawRect(skia.Rect.MakeWH(stage.width, height), colour),
    )
    return lambda seconds: Draw(
        line, stage.width * (seconds / duration - 1), stage.height - height, clip=stage.frame
    )


# --- pictures --------------------------------------------------------------------------------


def _picture_layers(desk: _Desk, path: str, frame: Rect, room: Rect | None = None) -> list[Layer]:
    """A picture in a frame: filling it, or whole within `room`.

    Behind a whole photograph lies a blurred enlargement of itself; a drawing or screen shot stays
    on the page, for its blurred figures would only be in its way.
    """
    picture = read_picture(path)
    if fills(picture, frame.width, frame.height):
        return [_drifting(desk, picture, frame)]
    if room is None:
        inset = round(56 * desk.unit)
        room = Rect(
            frame.left + inset, frame.top + inset, frame.right - inset, frame.bottom - inset
        )
    whole = _floating(desk, picture, room)
    if not is_photograph(picture):
        return [whole]
    behind = Draw(
        opaque_patch(blurred(picture, frame.width, frame.height, desk.palette.page)),
        frame.left,
        frame.top,
    )
    return [lambda _: behind, whole]


def _drifting(desk: _Desk, picture: Pixels, frame: Rect) -> Layer:
    """The picture over all of the frame, slowly enlarged or reduced while it glides aside."""
    duration, look = desk.scene.duration, desk.scene.look
    large = cover(picture, _even(frame.width * ZOOM), _even(frame.height * ZOOM))
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


def _floating(desk: _Desk, picture: Pixels, room: Rect) -> Layer:
    """The whole picture with round corners and a shadow, slowly growing within the room."""
    unit, duration = desk.unit, desk.scene.duration
    high, wide = picture.shape[:2]
    # Not above twice its size: an icon blown up tells nothing more.
    scale = min(room.width / wide, room.height / high, 2.0 * max(unit, 0.5))
    width, height = _even(wide * scale - 1), _even(high * scale - 1)
    margin = _even(44 * unit)
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


# --- parts that several kinds share ----------------------------------------------------------


def _page(desk: _Desk, draw: Callable[[Any], None] | None = None) -> Patch:
    """The style's background, with what never moves drawn onto it."""
    stage, palette = desk.stage, desk.palette
    pixels = np.zeros((stage.height, stage.width, 4), np.uint8)
    with skia.Surface(pixels) as canvas:
        canvas.clear(_argb(palette.page))
        desk.style.background(canvas, stage.width, stage.height, palette, desk.scene.look)
        if draw:
            draw(canvas)
    return opaque_patch(np.ascontiguousarray(pixels[..., :3]))


def _headed_page(desk: _Desk, room: Rect) -> tuple[Patch, Rect]:
    """The page with the section's heading at the top, and the room below it."""
    heading, unit = desk.scene.heading, desk.unit
    if not heading:
        return _page(desk), room
    face = Face(desk.style.display, desk.style.display_weight, 42 * unit, -0.005, 1.2)
    bar_width, gap = 56 * unit, 26 * unit
    fitted = fit(
        heading,
        face,
        room.width - bar_width - gap,
        2 * face.line_height,
        smallest=28 * unit,
        most_lines=2,
    )
    desk.place("heading", fitted, (room.left + bar_width + gap, room.top), room)

    def draw(canvas: Any) -> None:
        bar = skia.Paint(Color=_argb(desk.palette.accent), AntiAlias=True)
        middle = room.top + fitted.face.line_height / 2
        rect = skia.Rect.MakeXYWH(room.left, middle - 3.5 * unit, bar_width, 7 * unit)
        canvas.drawRoundRect(rect, 3.5 * unit, 3.5 * unit, bar)
        _draw_fitted(canvas, fitted, room.left + bar_width + gap, room.top, desk.palette.muted)

    below = room.top + _even(fitted.height + 44 * unit)
    return _page(desk, draw), replace(room, top=below)


def _rising(draw: Layer, start: float, desk: _Desk) -> Layer:
    """The layer, from `start` on: it comes up a little while it fades in, ever slower."""
    way = 30 * desk.unit

    def layer(seconds: float) -> Draw | None:
        if seconds < start:
            return None
        drawn = draw(seconds)
        part = (seconds - start) / RISE_SECONDS
        if part >= 1 or drawn is None:
            return drawn
        left = (1 - part) ** 3
        return replace(drawn, y=drawn.y + way * left, opacity=1 - left)

    return layer


def _rise_start(spoken: float) -> float:
    """When to rise for a word: a little before it, but not over the scene before."""
    return max(spoken - RISE_LEAD, 0.16)


def _block(
    desk: _Desk, what: str, fitted: Fitted, at: tuple[float, float], *, room: Rect, colour: int
) -> Layer:
    """All lines of a text as one patch."""
    x, y = at
    desk.place(what, fitted, at, room)
    patch = draw_patch(
        fitted.width + fitted.face.size * 0.2,
        fitted.height,
        lambda canvas: _draw_fitted(canvas, fitted, 0, 0, colour),
    )
    placed = Draw(patch, _even(x), _even(y))
    return lambda _: placed


def _line_draws(
    desk: _Desk, what: str, fitted: Fitted, at: tuple[float, float], *, room: Rect, colour: int
) -> list[Layer]:
    """Every line of a text as a layer of its own, to rise one after another."""
    x, y = at
    desk.place(what, fitted, at, room)
    layers: list[Layer] = []
    for line, top in zip(fitted.lines, fitted.tops, strict=True):
        run = Run(line.text, _argb(colour))
        patch = draw_patch(
            line_width(line.text, fitted.face) + fitted.face.size * 0.2,
            fitted.face.line_height + fitted.face.size * 0.1,
            lambda canvas, run=run: draw_line(canvas, 0, 0, [run], fitted.face),  # type: ignore[misc]
        )
        placed = Draw(patch, _even(x), _even(y + top))
        layers.append(lambda _, placed=placed: placed)  # type: ignore[misc]
    return layers


def _bar(desk: _Desk, x: float, y: float) -> Layer:
    """The short accent bar."""
    width, height = 96 * desk.unit, 7 * desk.unit
    paint = skia.Paint(Color=_argb(desk.palette.accent), AntiAlias=True)
    patch = draw_patch(
        width,
        height,
        lambda canvas: canvas.drawRoundRect(
            skia.Rect.MakeWH(width, height), height / 2, height / 2, paint
        ),
    )
    placed = Draw(patch, _even(x), _even(y))
    return lambda _: placed


def _label(desk: _Desk, text: str, size: float, *, at_top: bool) -> tuple[Layer, int]:
    """A small dark box with text that stays readable on any picture, and where it ends."""
    unit, safe, style = desk.unit, desk.stage.safe, desk.style
    pad_x, pad_y = 24 * unit, 13 * unit
    face = Face(style.body, 400, size * unit)
    room = min(safe.width, safe.height * 1.6) - 2 * pad_x
    fitted = fit(text, face, room, 120 * unit, smallest=size * 0.75 * unit, most_lines=2)
    width, height = fitted.width + 2 * pad_x, fitted.height + 2 * pad_y
    top = safe.top - 40 * unit if at_top else 20 * unit
    left = safe.left if at_top else desk.stage.width - width - 20 * unit
    desk.place("label", fitted, (left + pad_x, top + pad_y), desk.stage.frame)

    def draw(canvas: Any) -> None:
        box = skia.Paint(Color=style.caption_box, AntiAlias=True)
        canvas.drawRoundRect(skia.Rect.MakeWH(width, height), 12 * unit, 12 * unit, box)
        _draw_fitted(canvas, fitted, pad_x, pad_y, style.caption_ink)

    patch = draw_patch(width, height, draw)
    placed = Draw(patch, _even(left), _even(top))
    return _rising(lambda _: placed, 0.3, desk), placed.rect.bottom


def _draw_fitted(canvas: Any, fitted: Fitted, x: float, y: float, colour: int) -> None:
    for line, top in zip(fitted.lines, fitted.tops, strict=True):
        draw_line(canvas, x, y + top, [Run(line.text, _argb(colour))], fitted.face)


def _draw_marker(canvas: Any, number: str, face: Face, colour: int, unit: float) -> None:
    if number:
        draw_line(canvas, 0, 0, [Run(number, _argb(colour))], replace(face, weight=800))
        return
    side = face.size * 0.3
    rect = skia.Rect.MakeXYWH(2 * unit, face.line_height / 2 - side / 2, side, side)
    paint = skia.Paint(Color=_argb(colour), AntiAlias=True)
    canvas.drawRoundRect(rect, side * 0.25, side * 0.25, paint)


def _draw_window(
    canvas: Any, desk: _Desk, size: tuple[float, float], bar: float, name: str
) -> None:
    """The code's window: a shadow, a bar with three dots, the language's name."""
    unit, style, (width, height) = desk.unit, desk.style, size
    rect, radius = skia.Rect.MakeWH(width, height), 20 * unit
    blur = skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 18 * unit)
    shadow = skia.Paint(Color=0x59000000, AntiAlias=True, MaskFilter=blur)
    canvas.drawRoundRect(rect.makeOffset(0, 10 * unit), radius, radius, shadow)
    canvas.save()
    canvas.clipRRect(skia.RRect.MakeRectXY(rect, radius, radius), doAntiAlias=True)
    canvas.drawRect(rect, skia.Paint(Color=_argb(style.code_page)))
    canvas.drawRect(skia.Rect.MakeWH(width, bar), skia.Paint(Color=_argb(style.code_bar)))
    canvas.restore()
    edge = skia.Paint(
        Color=0x26FFFFFF, AntiAlias=True, Style=skia.Paint.kStroke_Style, StrokeWidth=2 * unit
    )
    canvas.drawRoundRect(rect, radius, radius, edge)
    for index, colour in enumerate((0xFF5F57, 0xFEBC2E, 0x28C840)):
        dot = skia.Paint(Color=_argb(colour), AntiAlias=True)
        canvas.drawCircle((40 + 34 * index) * unit, bar / 2, 9 * unit, dot)
    if name:
        face = Face("mono", 400, 26 * unit)
        x = width - 40 * unit - line_width(name, face)
        draw_line(canvas, x, (bar - face.line_height) / 2, [Run(name, 0xFFA7B0CC)], face)


def _trimmed_code(
    lines: list[list[tuple[str, int]]], columns: int, rows: int
) -> list[list[tuple[str, int]]]:
    """The code's first lines, with an ellipsis where something is left out."""
    shown = []
    for line in lines[:rows]:
        if sum(len(text) for text, _ in line) <= columns:
            shown.append(line)
            continue
        cut: list[tuple[str, int]] = []
        left = columns - 1
        for text, colour in line:
            cut.append((text[:left], colour))
            left -= len(text[:left])
        shown.append([*cut, ("…", 0xA7B0CC)])
    if len(lines) > rows and shown:
        shown[-1] = [("…", 0xA7B0CC)]
    return shown


def _small(desk: _Desk, weight: int) -> Face:
    return Face(desk.style.body, weight, 36 * desk.unit)


def _one_line(desk: _Desk) -> dict[str, Any]:
    return {"smallest": 24 * desk.unit, "most_lines": 1}


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _argb(colour: int) -> int:
    return 0xFF000000 | colour


def _even(length: float) -> int:
    return round(length / 2) * 2
