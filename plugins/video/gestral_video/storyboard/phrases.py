"""Phrases: a sentence's words in portions that a person can read at once.

Burned-in captions, WebVTT, SRT and the parts of a sentence too long for one scene are all made
here, so that they break at the same places.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from unicodedata import category, east_asian_width

import msgspec

from gestral_video.segmentation import breakable, letters
from gestral_video.storyboard.seams import seam
from gestral_video.storyboard.storyboard import Cue, CueWord

__all__ = (
    "LINE_LENGTH",
    "LONGEST",
    "Phrase",
    "broken",
    "columns",
    "joiner",
    "line_count",
    "phrases",
    "pieces",
    "portions",
)

LINE_LENGTH = 42
"""Columns of a caption line: letters of Latin text, by the usual guides."""

WIDE = LINE_LENGTH / 16
"""Columns that a Chinese, Japanese or Korean character counts for: a line holds 16 of them, by
Netflix's "Timed Text Style Guides" for these languages."""

LONGEST = 7.0
"""Seconds that one caption may stand, by the same guides."""


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the screen at one time: one or two lines of words, times as in the cue."""

    lines: tuple[tuple[CueWord, ...], ...]
    joiner: str = " "

    @property
    def start(self) -> float:
        """When its first word is heard."""
        return self.lines[0][0].start

    @property
    def end(self) -> float:
        """When its last word has been heard, at most `LONGEST` after the start."""
        return min(self.lines[-1][-1].end, self.start + LONGEST)

    @property
    def text(self) -> tuple[str, ...]:
        """Its lines as text."""
        return tuple(self.joiner.join(word.text for word in line) for line in self.lines)


def joiner(cue: Cue) -> str:
    """What stands between the cue's words: a space, or nothing in scripts without spaces."""
    words = [word.text for word in cue.words]
    return "" if len(words) > 1 and "".join(words) == cue.text else " "


def phrases(cue: Cue, *, line_length: int = LINE_LENGTH) -> tuple[Phrase, ...]:
    """Split a cue into phrases of at most two lines of `line_length` columns and 7 seconds.

    Breaks fall after punctuation where they can, part no article from its noun and leave no single
    word behind where they need not. A word longer than a line is cut. A cue without words has no
    phrases.
    """
    space = joiner(cue)
    words = pieces(cue.words, line_length)

    def fits(portion: Sequence[CueWord]) -> bool:
        if portion[-1].end - portion[0].start > LONGEST:
            return False
        return line_count(portion, line_length, space) <= 2

    return tuple(
        Phrase(lines=broken(portion, line_length, space), joiner=space)
        for portion in portions(words, fits)
    )


def portions(
    words: Sequence[CueWord],
    fits: Callable[[Sequence[CueWord]], bool],
    cost: Callable[[Sequence[CueWord], CueWord | None], float] | None = None,
) -> tuple[tuple[CueWord, ...], ...]:
    """Cut words into portions, each one that `fits`, in the best places.

    The best cut has the least sum of the portions' costs (dynamic programming, as in Knuth and
    Plass's paragraphs). A single word counts as fitting. `fits` must hold for any part of what it
    holds for. `cost` is told a portion and the word after it, if there is one; by default a
    portion costs one, more when a seam is torn or a word left alone.
    """
    price = cost or _cost
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        after = words[end] if end < len(words) else None
        choices = []
        for start in range(end - 1, -1, -1):
            portion = words[start:end]
            if len(portion) > 1 and not fits(portion):
                break
            choices.append((best[start][0] + price(portion, after), start))
        best.append(min(choices))
    cuts = [len(words)]
    while cuts[-1] > 0:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    return tuple(tuple(words[start:end]) for start, end in pairwise(cuts))


def _cost(portion: Sequence[CueWord], after: CueWord | None) -> float:
    torn = seam(portion[-1].text, after.text) if after else 0.0
    orphan = 0.7 if len(portion) == 1 else 0.0
    # The square of the length keeps portions of one sentence about equally long.
    length = sum(columns(word.text) + 1 for word in portion) / 84
    return 1.0 + torn + orphan + 0.4 * length * length


def columns(text: str) -> float:
    """The length of a text: wide characters count `WIDE`, accents of their own nothing."""
    return sum(map(_width, text))


@cache
def _width(character: str) -> float:
    if category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    return WIDE if east_asian_width(character) in "WF" else 1.0


def pieces(words: Sequence[CueWord], length: int) -> list[CueWord]:
    """The words, those longer than `length` columns cut into pieces that share their time."""
    return [piece for word in words for piece in _cut(word, length)]


def _cut(word: CueWord, length: int) -> list[CueWord]:
    if columns(word.text) <= length:
        return [word]
    texts = [""]
    for part in _small(word.text, length):
        if texts[-1] and columns(texts[-1] + part) > length:
            texts.append("")
        texts[-1] += part
    seconds = (word.end - word.start) / sum(map(len, texts))
    cut, at = [], word.start
    for text in texts:
        cut.append(CueWord(text=text, start=at, end=at + len(text) * seconds))
        at += len(text) * seconds
    return cut


def _small(text: str, length: int) -> Iterator[str]:
    """The text where a line may break, and letter by letter where it may not for a whole line."""
    for part in breakable(text):
        yield from [part] if columns(part) <= length else letters(part)


def line_count(words: Sequence[CueWord], length: int, space: str = " ") -> int:
    """How many lines of `length` columns the words need at least."""
    count, used = 0, float("inf")
    for word in words:
        wide = columns(word.text)
        used += len(space) + wide
        if used > length:
            count, used = count + 1, wide
    return count


def broken(
    words: Sequence[CueWord], length: int, space: str = " "
) -> tuple[tuple[CueWord, ...], ...]:
    """As few lines of `length` columns as will do, even and broken at good seams."""

    def long(line: Sequence[CueWord]) -> float:
        return sum(columns(word.text) for word in line) + len(space) * (len(line) - 1)

    def cost(line: Sequence[CueWord], after: CueWord | None) -> float:
        share = long(line) / length
        orphan = 0.5 if len(line) == 1 else 0.0
        torn = 0.8 * seam(line[-1].text, after.text) if after else 0.0
        return 10.0 + torn + orphan + share * share

    return portions(words, lambda line: long(line) <= length, cost)
