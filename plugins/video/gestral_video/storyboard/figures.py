"""Key figures: which sentences have their point in one number, and which number that is.

A sentence is a key figure when it has at most `MOST_LETTERS` characters and exactly one number, and
that number is, in order of rank,

| Rank | Number | Such as |
|---|---|---|
| 1 | a share, unless it is all | 12.5 %, 40 percent |
| 2 | an amount of money | $3.2 billion, 20 euros |
| 3 | a multiple | 3×, 2.5x, 10 times |
| 4 | a count of something: of 10 at least, or with a unit | 1,200 readers, 4.5 ms |

Years, dates, times, versions, names with a number ("Python 3", "step 4") and ordinals are no
numbers in this sense and do no harm beside one. The clause around the number is its label: the
sentence's own words, before and after the number, in the order of reading.
"""

# ruff: noqa: RUF001, RUF002  # typographic marks are what this file is about

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from gestral_video.articles.article import Paragraph
from gestral_video.script.vocabulary import MONTHS, UNITS
from gestral_video.storyboard.groups import Common, Group, Part
from gestral_video.storyboard.storyboard import Cue, FigureScene

__all__ = ("Figure", "feature_figures", "figure_scene", "key_figure")

MOST_LETTERS = 150
"""Of a sentence whose point is one number."""
MOST_LABEL_WORDS = 10
"""On either side of the number."""
MOST_FIGURE_LETTERS = 16
"""More digits than these are an identity, no amount."""
SECONDS_APART = 20.0
"""From the start of one key figure to the next: what stands out must be rare."""


@dataclass(frozen=True)
class Figure:
    """A number as it is written, with the words of its clause.

    Attributes:
        before: The words that lead to the number; may be empty.
        text: The number with its sign, scale and unit, as written.
        after: The words after it; may be empty, but not both.
        rank: 1 to 4, the lower the better.
        start: Where the number starts in the sentence.
    """

    before: str
    text: str
    after: str
    rank: int
    start: int


_NUMBER = r"\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:thousand|million|billion|trillion|bn|mn|[kKmMbB])\b"
_MONTH = "|".join(sorted({*MONTHS.values(), *(name.title() for name in MONTHS)}, key=len)[::-1])
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_FREE = r"(?<![\w.,:/#−+-])"
"""The number begins here, and is no part of a word, version, address or range."""
_ENDS = r"(?![\w%:/]|[.,]\d|[-–−]\w)"
_RANKED = tuple(
    (rank, re.compile(pattern))
    for rank, pattern in (
        (1, rf"{_FREE}[-+−]?(?:{_NUMBER})\s?(?:%|per ?cent\b)"),
        (2, rf"{_FREE}[-−]?(?:US|A|C)?[$€£¥](?:{_NUMBER})(?:[\s-]?{_SCALE})?{_ENDS}"),
        (2, rf"{_FREE}(?:{_NUMBER})(?:\s{_SCALE})?\s(?:dollars|euros|pounds|USD|EUR|GBP)\b"),
        (3, rf"{_FREE}(?:{_NUMBER})(?:\s?[×x]|\stimes)(?!\w|\s?\d)"),
        (4, rf"{_FREE}(?:{_NUMBER})(?:\s?(?:{_SCALE}|{_UNIT})(?!\w))?{_ENDS}"),
    )
)
_NO_NUMBER = re.compile(
    rf"(?:{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\b(?:,? \d{{4}})?"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}\b|\b\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.)(?!\w)"
    r"|\b(?:1[5-9]|20)\d{2}s?\b(?![,.]\d)|\b\d+(?:st|nd|rd|th)\b|\bv?\d+(?:\.\d+){2,}\b|\bv\d[\d.]*"
    r"|\b[A-Za-z]+[-.]?\d[\w.]*"
)
"""Dates, times, years, ordinals, versions, names that end in digits."""
_ALL = re.compile(r"100\s?(?:%|per ?cent)")
"""Means "quite" more often than it measures."""
_NAMED = re.compile(
    r"(?:[A-Z][\w+#.]*|figure|fig\.|table|chapter|section|part|step|page|version|rule|level|line"
    r"|number|no\.|item|question|answer|day|week|episode|release|number of) $",
)
"""What stands before a number that only tells one thing from another."""
_COUNTED = re.compile(
    r"\s(?!(?:a|an|and|are|as|at|be|became|becomes|but|by|can|for|from|had|has|have|if|in|into|is"
    r"|it|may|must|of|on|or|so|than|that|the|then|to|was|were|when|which|while|will|with|would)\b)"
    r"[^\W\d_]"
)
"""The word after a number that counts: a noun or what leads to one."""
_OPENS = re.compile(
    r"^(?:About|Around|Over|Under|More than|Less than|Fewer than|Nearly|Almost|Some|Only|Just|Up to"
    r"|At least|At most|Within|In|With|After|Every|The|Roughly|Approximately) $"
)
"""What a sentence may begin with before its number: no name, though it has a capital."""
_CLAUSE = re.compile(r"[,;:!?…—–()\[\]\"“”]|\.(?=\s|$)")


def key_figure(sentence: str) -> Figure | None:
    """The number that the sentence is about, if it is about one."""
    if len(sentence) > MOST_LETTERS:
        return None
    skipped = [match.span() for match in _NO_NUMBER.finditer(sentence)]
    found: list[tuple[int, int, int]] = []
    for rank, pattern in _RANKED:
        for match in pattern.finditer(sentence):
            taken = [*skipped, *((start, end) for _, start, end in found)]
            if not any(match.start() < end and start < match.end() for start, end in taken):
                found.append((rank, *match.span()))
    known = [*skipped, *((start, end) for _, start, end in found)]
    others = any(
        not any(start <= digit.start() < end for start, end in known)
        for digit in re.finditer(r"\d", sentence)
    )
    if len(found) != 1 or others:
        return None
    rank, start, end = found[0]
    before, text, after = sentence[:start], sentence[start:end], sentence[end:]
    if (rank == 4 and not _counts(before, text, after)) or _ALL.fullmatch(text):
        return None
    cuts = [match.end() for match in _CLAUSE.finditer(before)]
    before = before[cuts[-1] :].strip() if cuts else before.strip()
    cut = _CLAUSE.search(after)
    after = (after[: cut.start()] if cut else after).strip()
    sides = [side for side in (before, after) if side]
    short = all(len(side.split()) <= MOST_LABEL_WORDS for side in sides)
    if not sides or not short or len(text) > MOST_FIGURE_LETTERS:
        return None
    return Figure(before, text, after, rank, start)


def _counts(before: str, text: str, after: str) -> bool:
    """Whether a number without sign counts something."""
    if _NAMED.search(before) and not _OPENS.match(before):
        return False
    number = re.match(_NUMBER, text)
    measured = bool(number and number.end() < len(text))
    # Without a unit, a fraction may be a version, and what comes next must be what is counted.
    counted = "." not in text and len(text) > 1 and bool(_COUNTED.match(after))
    return measured or counted


def feature_figures(groups: Sequence[Group]) -> list[Group]:
    """The groups, with the best key figures of paragraphs in groups of their own."""
    found: list[tuple[int, float, Part]] = []
    at = 0.0
    for group in groups:
        for part in group.parts:
            figure = _figure_of(group, part)
            if figure:
                found.append((figure.rank, at, part))
            at += part.length + part.pause
    chosen: dict[int, float] = {}
    for _, start, part in sorted(found, key=lambda one: one[:2]):
        if all(abs(start - other) >= SECONDS_APART for other in chosen.values()):
            chosen[id(part)] = start
    return [piece for group in groups for piece in _parted(group, chosen.keys())]


def _figure_of(group: Group, part: Part) -> Figure | None:
    """A sentence told whole, of a paragraph that no picture is shown for."""
    if group.kind != "text" or not isinstance(group.block, Paragraph):
        return None
    return key_figure(part.text) if part.text == part.sentence.text and part.words else None


def _parted(group: Group, featured: Collection[int]) -> Iterator[Group]:
    """The group, cut around the parts that are to stand alone."""
    rest: list[Part] = []
    for part in group.parts:
        if id(part) not in featured:
            rest.append(part)
            continue
        if rest:
            yield replace(group, parts=rest)
        rest = []
        yield replace(group, kind="figure", parts=[part])
    if rest:
        yield replace(group, parts=rest)


def figure_scene(common: Common, group: Group) -> FigureScene:
    """The scene of a group that `feature_figures` made."""
    figure = key_figure(group.text)
    assert figure is not None  # noqa: S101 - it was chosen for its figure
    begins, arrives = _spoken_span(common["cues"][0], figure)
    return FigureScene(
        **common,
        before=figure.before,
        figure=figure.text,
        after=figure.after,
        begins=begins,
        arrives=arrives,
    )


def _spoken_span(cue: Cue, figure: Figure) -> tuple[float, float]:
    """When the figure's first word begins and its last one ends, on the clock of the cue."""
    at, heard = 0, []
    for word in cue.words:
        at = cue.text.find(word.text, at)
        end = at + len(word.text)
        if at < figure.start + len(figure.text) and figure.start < end:
            heard.append(word)
        at = end
    return (heard[0].start, heard[-1].end) if heard else (cue.start, cue.end)
