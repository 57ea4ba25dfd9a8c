"""Text: measured, broken into balanced lines, fitted into rooms, and drawn.

Shaping is HarfBuzz's (inside skia's paragraphs), one line a paragraph; where lines break is decided
here, because a fitted size, a balanced break and a word in another colour all need to ask.
Lengths are pixels of the output.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from math import inf
from typing import Any

from gestral_video.render.fonts import Family, collection, font_style, shown, with_families
from gestral_video.render.raster import skia
from gestral_video.segmentation import breakable, letters

__all__ = (
    "Face",
    "Fitted",
    "Line",
    "Run",
    "draw_line",
    "fit",
    "line_width",
    "runs_leftwards",
)

# Scripts that part words by spaces break only there: an address stays in one piece if it can. In
# the others, from Thai on, a line may end wherever ICU says.
_SPACELESS = re.compile(
    "[\u0e00-\u1dff\u2e80-\uabff\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00010000-\U0003ffff]"
)
SHORT_RUN = 8
"""Letters: so short a word of a script without spaces is not broken among words with spaces."""
_UNICODE = skia.Unicodes.ICU.Make()
_LEFTWARDS, _RIGHTWARDS, _END_OF_ISOLATE = "\u2067", "\u2066", "\u2069"


@dataclass(frozen=True)
class Face:
    """How letters look: family, weight, size in pixels, tracking and leading in shares of it."""

    family: Family
    weight: int
    size: float
    tracking: float = 0.0
    leading: float = 1.25

    @property
    def line_height(self) -> float:
        """From one baseline to the next, in pixels."""
        return self.size * self.leading


@dataclass(frozen=True)
class Run:
    """Some of a line's text in one colour (ARGB)."""

    text: str
    colour: int


@dataclass(frozen=True)
class Line:
    """A line of text.

    Attributes:
        tokens: Its pieces; spaces belong to the piece before them.
        words: For each token, which word of the whole text it belongs to.
        paragraph: Which paragraph of the whole text it belongs to.
        leftwards: Whether its paragraph runs from right to left.
    """

    tokens: tuple[str, ...]
    words: tuple[int, ...]
    paragraph: int = 0
    leftwards: bool = False

    @property
    def text(self) -> str:
        """What it says, without the space at its end."""
        return "".join(self.tokens).rstrip()


@dataclass(frozen=True)
class Fitted:
    """Text laid out in a room: what a test asks to know that nothing overflows."""

    lines: tuple[Line, ...]
    face: Face
    gap: float
    trimmed: bool

    @property
    def width(self) -> float:
        """Of the longest line."""
        return max((line_width(line.text, self.face) for line in self.lines), default=0.0)

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(line.text for line in self.lines)

    @property
    def leftwards(self) -> bool:
        """Whether it begins on the right."""
        return bool(self.lines) and self.lines[0].leftwards

    def left(self, line: Line, room: float) -> float:
        """Where a line starts in a room of this width: at its right edge if it runs leftwards."""
        return room - line_width(line.text, self.face) if line.leftwards else 0.0

    @property
    def tops(self) -> tuple[float, ...]:
        """Where each line starts, down from the first."""
        return tuple(
            index * self.face.line_height + line.paragraph * self.gap * self.face.size
            for index, line in enumerate(self.lines)
        )

    @property
    def height(self) -> float:
        """Of all lines, with the gaps between paragraphs."""
        return self.tops[-1] + self.face.line_height if self.lines else 0.0


def fit(
    text: str,
    face: Face,
    width: float,
    height: float,
    *,
    smallest: float,
    most_lines: int = 99,
    gap: float = 0.0,
    word_starts: Sequence[int] = (),
) -> Fitted:
    """Lay text out as large as the room allows, in balanced lines.

    Args:
        text: Paragraphs are parted by line feeds.
        face: With the size that the text has at most.
        width: Of the room.
        height: Of the room.
        smallest: The size below which the text is trimmed with an ellipsis rather than made
            smaller, in pixels.
        most_lines: Of which a caption or label may have no more.
        gap: Between paragraphs, in shares of the size.
        word_starts: Where each word starts in the text, for lines that must tell words apart.
    """
    tokens = list(_tokens(text, word_starts))
    size = face.size
    while True:
        sized = replace(face, size=size)
        fitted = Fitted(tuple(_broken(tokens, sized, width)), sized, gap, trimmed=False)
        roomy = fitted.height <= height + 0.01 and fitted.width <= width + 0.5
        if roomy and len(fitted.lines) <= most_lines:
            return _directed(replace(fitted, lines=_balanced(tokens, sized, width)), text)
        if size <= smallest:
            return _directed(_trimmed(fitted, width, height, most_lines), text)
        size = max(smallest, size * 0.95)


def _directed(fitted: Fitted, text: str) -> Fitted:
    """With its direction told to its lines: all paragraphs of a text run the same way."""
    leftwards = runs_leftwards(text)
    lines = tuple(replace(line, leftwards=leftwards) for line in fitted.lines)
    return replace(fitted, lines=lines)


def runs_leftwards(text: str) -> bool:
    """Whether text runs from right to left: more than two of five words do.

    The first letter alone (UAX #9) would turn an English sentence that begins with a Hebrew word.
    The share is that of Google's Closure library (`goog.i18n.bidi.estimateDirection`).
    """
    if text.isascii():
        return False
    words = [_strong(word) for word in text.split()]
    return words.count("R") > 0.4 * (words.count("R") + words.count("L"))


def _strong(word: str) -> str:
    """L or R after the word's first letter, or nothing for a number or a sign."""
    kinds = map(unicodedata.bidirectional, word)
    first = next((kind for kind in kinds if kind in {"L", "R", "AL"}), "")
    return first.replace("AL", "R")


def line_width(text: str, face: Face) -> float:
    """Of one line, from the first letter's advance to the last's."""
    return _share(text, face.family, face.weight, face.tracking) * face.size if text else 0.0


def draw_line(
    canvas: Any,
    x: float,
    top: float,
    runs: Sequence[Run],
    face: Face,
    *,
    leftwards: bool | None = None,
) -> None:
    """Draw one line whose box starts at `x`, `top` and is `face.line_height` high.

    It runs as most of its words do unless it is told whether it runs leftwards.
    """
    paragraph = _paragraph(tuple(runs), face, leftwards)
    # Capitals, about 0.72 of the size in all our families, stand in the middle of the line.
    baseline = top + face.line_height / 2 + 0.36 * face.size
    paragraph.paint(canvas, x, baseline - paragraph.AlphabeticBaseline)


def _tokens(text: str, word_starts: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Pieces between which a line may break, with the word that each belongs to."""
    word, at = 0, 0
    for token in _breakable(text):
        while word + 1 < len(word_starts) and word_starts[word + 1] <= at:
            word += 1
        yield token, word
        at += len(token)


def _breakable(text: str) -> Iterator[str]:
    """The text in pieces that stay whole: words where words are parted by spaces."""
    run: list[str] = []
    for piece in breakable(text):
        run.append(piece)
        if piece[-1].isspace():
            yield from _joined(run)
            run = []
    yield from _joined(run)


def _joined(run: Sequence[str]) -> Iterator[str]:
    """What stands between two spaces: whole if it is short or of a script that uses them."""
    short = sum(map(len, run)) <= SHORT_RUN
    token = ""
    for piece in run:
        if token and not short and (_SPACELESS.match(token[-1]) or _SPACELESS.match(piece)):
            yield token
            token = ""
        token += piece
    if token:
        yield token


def _broken(tokens: Sequence[tuple[str, int]], face: Face, width: float) -> list[Line]:
    """Greedy lines, none of them wider than the room unless a single letter is."""
    lines = _greedy(tokens, face, width)
    for tighter in (0.985, 0.96, 0.9, 0.8):
        # Letters at the seams of tokens may come out wider together than apart.
        if all(line_width(line.text, face) <= width + 0.5 for line in lines):
            break
        lines = _greedy(tokens, face, width * tighter)
    return lines


def _greedy(tokens: Sequence[tuple[str, int]], face: Face, width: float) -> list[Line]:
    """Lines filled one after another; a token wider than the room is cut."""
    lines: list[Line] = []
    line: list[tuple[str, int]] = []
    paragraph, used = 0, 0.0

    def end_line() -> None:
        nonlocal line, used
        if line:
            lines.append(_line(line, paragraph))
        line, used = [], 0.0

    for token, word in tokens:
        for piece in _cut(token, face, width):
            if line and used + line_width(piece.rstrip(), face) > width:
                end_line()
            line.append((piece, word))
            used += _advance(piece, face)
        if "\n" in token:
            end_line()
            paragraph += 1
    end_line()
    return lines


def _trimmed(fitted: Fitted, width: float, height: float, most_lines: int) -> Fitted:
    """The lines that find room, the last of them ending in an ellipsis."""
    bottom = [top + fitted.face.line_height for top in fitted.tops]
    room = max(1, min(most_lines, sum(at <= height + 0.01 for at in bottom)))
    kept = fitted.lines[:room]
    last = _with_ellipsis(kept[-1], fitted.face, width)
    return replace(fitted, lines=(*kept[:-1], last), trimmed=True)


def _advance(piece: str, face: Face) -> float:
    """The width of a piece with the space at its end."""
    bare = piece.rstrip()
    space = line_width("n n", face) - line_width("nn", face) if bare != piece else 0.0
    return line_width(bare, face) + space


def _line(tokens: Sequence[tuple[str, int]], paragraph: int) -> Line:
    return Line(tuple(text for text, _ in tokens), tuple(word for _, word in tokens), paragraph)


def _cut(token: str, face: Face, width: float) -> Iterator[str]:
    """The token in pieces that find room; no letter is parted from its accents."""
    # Letters are hardly ever narrower: an endless token is not measured whole again and again.
    most = int(width / (0.15 * face.size)) + 8
    if len(token) <= most and line_width(token.rstrip(), face) <= width:
        yield token
        return
    bare = token.rstrip()
    parts = letters(bare)
    while len(parts) > 1:
        low, high = 1, min(len(parts), most)
        while low < high:
            middle = (low + high + 1) // 2
            if line_width("".join(parts[:middle]), face) <= width:
                low = middle
            else:
                high = middle - 1
        if low == len(parts):
            break
        # An address reads better when it is cut at one of its own seams.
        seams = [i + 1 for i in range(low // 2, low) if parts[i] in "/-_.=&?"]
        cut = seams[-1] if seams else low
        yield "".join(parts[:cut])
        parts = parts[cut:]
    yield "".join(parts) + token[len(bare) :]


def _balanced(tokens: Sequence[tuple[str, int]], face: Face, width: float) -> tuple[Line, ...]:
    """As many lines as greedy filling gives, the longest of each paragraph as short as can be."""
    paragraphs: list[list[tuple[str, int]]] = [[]]
    for token, word in tokens:
        paragraphs[-1].append((token, word))
        if "\n" in token:
            paragraphs.append([])
    return tuple(
        replace(line, paragraph=number)
        for number, paragraph in enumerate(paragraphs)
        for line in _balanced_paragraph(paragraph, face, width)
    )


def _balanced_paragraph(
    tokens: Sequence[tuple[str, int]], face: Face, width: float
) -> Sequence[Line]:
    best = _broken(tokens, face, width)
    count = len(best)
    if count < 2:
        return best
    narrow, wide = width / count * 0.8, width
    for _ in range(8):
        middle = (narrow + wide) / 2
        lines = _broken(tokens, face, middle)
        if len(lines) <= count:
            wide, best = middle, lines
        else:
            narrow = middle
    even = _least_ragged(tokens, face, max(line_width(line.text, face) for line in best))
    return even if len(even) == count else best


def _least_ragged(tokens: Sequence[tuple[str, int]], face: Face, width: float) -> list[Line]:
    """The lines whose free space, squared and summed, is least; none when a token is too wide."""
    bare = [line_width(text.rstrip(), face) for text, _ in tokens]
    if not tokens or max(bare) > width:
        return []
    ends = [0.0, *accumulate(_advance(text, face) for text, _ in tokens)]
    cost, cut = [0.0] + [inf] * len(tokens), [0] * (len(tokens) + 1)
    for end in range(1, len(tokens) + 1):
        for start in range(end - 1, -1, -1):
            free = width + 0.5 - (ends[end - 1] - ends[start] + bare[end - 1])
            if free < 0:
                break
            if cost[start] + free * free < cost[end]:
                cost[end], cut[end] = cost[start] + free * free, start
    lines: list[Line] = []
    end = len(tokens)
    while end:
        lines.insert(0, _line(tokens[cut[end] : end], 0))
        end = cut[end]
    fits = all(line_width(line.text, face) <= width + 0.5 for line in lines)
    return lines if fits else []


def _with_ellipsis(line: Line, face: Face, width: float) -> Line:
    tokens = list(zip(line.tokens, line.words, strict=True))
    while tokens:
        text, word = tokens.pop()
        text = text.rstrip()
        while text:
            ended = _line([*tokens, (text.rstrip(" ,;:.-") + "…", word)], line.paragraph)
            if line_width(ended.text, face) <= width:
                return ended
            text = "".join(letters(text)[:-1])
    return Line(("…",), (0,), line.paragraph)


@lru_cache(maxsize=20_000)
def _share(text: str, family: Family, weight: int, tracking: float) -> float:
    """The width of a line in shares of the size: letters are not hinted, so it grows in step."""
    face = Face(family, weight, 100.0, tracking)
    return float(_paragraph((Run(text, 0xFF000000),), face).MaxIntrinsicWidth) / 100


def _paragraph(runs: tuple[Run, ...], face: Face, leftwards: bool | None = None) -> Any:
    layout = skia.textlayout
    builder = layout.ParagraphBuilder.make(layout.ParagraphStyle(), collection(), _UNICODE)

    def add(text: str, names: Sequence[str], colour: int) -> None:
        style = layout.TextStyle()
        style.setFontFamilies(list(names))
        style.setFontSize(face.size)
        style.setFontStyle(font_style(face.weight))
        style.setLetterSpacing(face.tracking * face.size)
        style.setColor(colour)
        builder.pushStyle(style)
        builder.addText(text)
        builder.pop()

    whole = "".join(run.text for run in runs)
    turned = runs_leftwards(whole) if leftwards is None else leftwards
    # The binding cannot set a paragraph's direction: an isolate around all of it can.
    add(_LEFTWARDS if turned else _RIGHTWARDS, (), 0)
    for run in runs:
        drawn = shown(run.text, face.family, face.weight)
        for text, names in with_families(drawn, face.family, face.weight):
            add(text, names, run.colour)
    add(_END_OF_ISOLATE, (), 0)
    paragraph = builder.Build()
    paragraph.layout(1e7)
    return paragraph
