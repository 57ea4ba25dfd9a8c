"""Phrases: a sentence's words in portions that a person can read at once.

Burned-in captions, WebVTT, SRT and the parts of a sentence too long for one scene are all made
here, so that they break at the same places.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from unicodedata import east_asian_width

import msgspec

from gestral_video.storyboard.storyboard import Cue, CueWord

__all__ = ("LINE_LENGTH", "LONGEST", "Phrase", "joiner", "phrases", "portions")

LINE_LENGTH = 42
"""Characters a caption line may have, by the usual guides for Latin text; a Chinese, Japanese or
Korean one counts as two."""

LONGEST = 7.0
"""Seconds that one caption may stand, by the same guides."""

_SENTENCE_END = tuple(".!?…。！？")  # noqa: RUF001 - full-width marks are meant
_CLAUSE_END = tuple(",;:)—–、，；：")  # noqa: RUF001 - full-width marks are meant


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


def phrases(cue: Cue, *, line_length: int = LINE_LENGTH, lines: int = 2) -> tuple[Phrase, ...]:
    """Split a cue into phrases of at most `lines` lines of `line_length` characters and 7 seconds.

    Breaks fall after punctuation where they can and leave no single word behind where they need
    not. A word longer than a line is cut. A cue without words has no phrases.
    """
    space = joiner(cue)
    words = [piece for word in cue.words for piece in _cut(word, line_length)]

    def fits(portion: Sequence[CueWord]) -> bool:
        if portion[-1].end - portion[0].start > LONGEST:
            return False
        return len(_greedy_lines(portion, line_length, space)) <= lines

    return tuple(
        Phrase(lines=_balanced_lines(portion, line_length, space), joiner=space)
        for portion in portions(words, fits)
    )


def portions(
    words: Sequence[CueWord], fits: Callable[[Sequence[CueWord]], bool]
) -> tuple[tuple[CueWord, ...], ...]:
    """Cut words into as few portions as will do, each one that `fits`, in the best places.

    The best cut has the least sum of the portions' costs (dynamic programming, as in Knuth and
    Plass's paragraphs): every portion costs, less so when it ends a sentence or clause, more so
    when it is a word alone. A single word counts as fitting. `fits` must hold for any part of
    what it holds for.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        choices = []
        for start in range(end - 1, -1, -1):
            portion = words[start:end]
            if len(portion) > 1 and not fits(portion):
                break
            last = end == len(words)
            choices.append((best[start][0] + _cost(portion, last=last), start))
        best.append(min(choices))
    cuts = [len(words)]
    while cuts[-1] > 0:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    return tuple(tuple(words[start:end]) for start, end in pairwise(cuts))


def _cost(portion: Sequence[CueWord], *, last: bool) -> float:
    text = portion[-1].text
    if last or text.endswith(_SENTENCE_END):
        end = 0.0
    else:
        end = 0.2 if text.endswith(_CLAUSE_END) else 0.6
    orphan = 0.7 if len(portion) == 1 else 0.0
    # The square of the length keeps portions of one sentence about equally long.
    length = sum(len(word.text) + 1 for word in portion) / 84
    return 1.0 + end + orphan + 0.4 * length * length


def _columns(text: str) -> int:
    """The length of a text in letters, wide ones counted twice."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _cut(word: CueWord, length: int) -> list[CueWord]:
    """The word, in pieces no longer than `length` that share its time by their letters."""
    if _columns(word.text) <= length:
        return [word]
    most = length // 2 if _columns(word.text) > len(word.text) else length
    seconds = (word.end - word.start) / len(word.text)
    return [
        CueWord(
            text=word.text[at : at + most],
            start=word.start + at * seconds,
            end=word.start + min(at + most, len(word.text)) * seconds,
        )
        for at in range(0, len(word.text), most)
    ]


def _length(line: Sequence[CueWord], space: str) -> int:
    return sum(_columns(word.text) for word in line) + len(space) * (len(line) - 1)


def _greedy_lines(
    words: Sequence[CueWord], length: int, space: str
) -> tuple[tuple[CueWord, ...], ...]:
    lines: list[list[CueWord]] = []
    used = 0
    for word in words:
        longer = used + len(space) + _columns(word.text)
        if lines and longer <= length:
            lines[-1].append(word)
            used = longer
        else:
            lines.append([word])
            used = _columns(word.text)
    return tuple(tuple(line) for line in lines)


def _balanced_lines(
    words: Sequence[CueWord], length: int, space: str
) -> tuple[tuple[CueWord, ...], ...]:
    """As many lines as greedy filling gives, the longest of them as short as can be."""
    lines = _greedy_lines(words, length, space)
    for shorter in range(length - 1, 0, -1):
        narrower = _greedy_lines(words, shorter, space)
        if len(narrower) > len(lines) or max(_length(line, space) for line in narrower) > shorter:
            break
        lines = narrower
    return lines
