"""Choosing the sentences that tell a post in about 75 seconds.

What is asked of the choice, in order:

1. it begins as the post begins;
2. it ends as the post ends;
3. there is something to look at: up to two sentences that introduce code, one before a table, one
   that stands beside a picture, one list with the sentence that announces it, one quotation, if
   the post has them;
4. the longest sections have their say;
5. what is left of the time goes to the sentences with the highest score.

No sentence is taken that cannot stand alone (`standing`), unless the sentences that it leans on are
taken too. Items of a list are taken only with the sentence that announces them, unless the post has
nothing but lists. A heading is said only with a sentence from below it, a question only with its
answer: a heading that asks comes with the first sentence of its section or not at all.

| A sentence's score | |
|---|---|
| how much it says about the whole post (`rank`) | 0 to 1 |
| its share of the title's words | up to 0.5 |
| its share of its heading's words | up to 0.3 |
| it opens a paragraph | 0.3 |
| it introduces code of up to 15 lines: ends with a colon before it | 0.6 |
| it closes the paragraph before code, or stands beside a picture | 0.3 |
| it has words that are code, brackets, or a number of five digits or more | -0.3 each |
| it has a percentage, a price or a multiple | 0.3 |
| the next one takes it back ("But", "However") | -0.3 |
| the sentence before it is taken, when the time is filled up | 0.25 |
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from gestral_video.articles.article import Article, Block, Code, Image, ListBlock, Paragraph, Table
from gestral_video.script.aloud import on_its_own
from gestral_video.script.lines import FORMULA, Line, showing, spoken_length, word_count
from gestral_video.script.rank import overlap, text_rank
from gestral_video.script.standing import (
    advertises,
    announces,
    asks,
    can_be_said,
    is_scrap,
    leans,
    of_the_author,
)

__all__ = ("Choice", "choose", "plain_heading", "shown_with", "tidy")

WORDS_PER_SECOND = 2.4
"""The default voice's pace over whole posts, its pauses included, in words of five letters."""
SECONDS = 75.0
"""What is aimed at."""
MOST_SECONDS = 90.0
"""A post that can be told in full within these is told in full."""
MOST_SECTIONS = 5
"""More chapters than these would be a list of headings."""
ENDING = 6
"""Sentences, from the last one back, in which a post comes to its end."""
MOST_ENDING_LENGTH = 50
"""In words of five letters: an ending of more leaves too little time for the sections."""
MOST_LEANING = 2
"""A sentence that needs more than these before it would crowd out others."""
OPENING = 4
"""Sentences in which a post comes to its matter."""
OPENING_SHARE = 0.35
"""Of the time, for the paragraphs that say what the post is about."""
SHOWN_SHARE = 0.5
"""Of the time, at most, for sentences taken for what stands beside them."""
MOST_CODES = 2
MOST_CODE_LINES = 15
"""More than these are too small to be read."""
MOST_SHOWN_LENGTH, MOST_LIST_LENGTH = 45, 65
"""A group of sentences with more words of five letters is not taken for what stands beside it."""
NEIGHBOUR_BONUS = 0.25
MOST_ITEMS = 5
MOST_HEADING_WORDS = 12

_TAKES_BACK = re.compile(r"(?:but|however|unfortunately|sadly)\b", re.IGNORECASE)
_CODE_WORD = re.compile(r"(?:^|\s)--?[A-Za-z]|\w[_=\\]\w|\w\(\)|\w/\w+/|\b_\w")
_FIGURE = re.compile(r"\d ?(?:%|percent\b|times\b|million\b|billion\b|x\b)|[$€£]\d", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{5}")
_SHOWN = (Code, Image, ListBlock, Table)


def choose(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The lines that tell the article in about `SECONDS`, in their order."""
    whole = tidy(lines)
    if sum(spoken_length(line.text) for line in whole) <= MOST_SECONDS * WORDS_PER_SECOND:
        return whole
    choice = Choice(article, lines)
    choice.take_beginning()
    choice.take_ending()
    choice.take_shown()
    choice.take_sections()
    choice.fill()
    return shown_with(article, choice.taken_lines() or _from_the_top(lines))


class Choice:
    """The lines taken so far, within a budget of words.

    Attributes:
        lines: All of the post's.
        alone: Each of them as it is said without the line before.
        groups: By line, the lines that must be taken together with it; none if it cannot be taken.
        scores: The module's table.
        interest: How much each says about the whole post, whatever its heading and title are.
    """

    def __init__(self, article: Article, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.alone = [_on_its_own(line) for line in lines]
        self.taken: set[int] = set()
        self.left = SECONDS * WORDS_PER_SECOND - spoken_length(article.title)
        self.headings = {line.section: i for i, line in enumerate(lines) if line.kind == "heading"}
        self.before, self.after = _neighbours(article)
        self.interest = self._interest()
        self.scores = self._scores(article)
        self.groups = {
            i: group for i in range(len(lines)) if (group := self._group(i)) and self._fair(group)
        }

    def _interest(self) -> list[float]:
        """The rows of the module's table that the line alone decides."""
        ranks = text_rank([line.text for line in self.lines])
        found = []
        for rank, line in zip(ranks, self.lines, strict=True):
            score = rank + 0.3 * bool(_FIGURE.search(line.text))
            score += 0.3 * line.first * (line.kind == "prose")
            score -= 0.3 * ("(" in line.text) + 0.3 * bool(_LONG_NUMBER.search(line.text))
            found.append(score - 0.3 * bool(_CODE_WORD.search(line.text)))
        return found

    def _scores(self, article: Article) -> list[float]:
        """The module's table."""
        scores = []
        for index, line in enumerate(self.lines):
            heading = self.headings.get(line.section)
            under = self.lines[heading].text if heading is not None else ""
            score = self.interest[index]
            score += 0.5 * overlap(line.text, article.title) + 0.3 * overlap(line.text, under)
            score += 0.6 if self._introduces(line) else 0.3 * self._shows(line)
            scores.append(score - 0.3 * self._taken_back(index))
        return scores

    def _shows(self, line: Line) -> bool:
        return (line.last and isinstance(self._next(line), Code)) or self._pictured(line)

    def _introduces(self, line: Line) -> bool:
        code = self._next(line)
        if not isinstance(code, Code) or len(code.text.splitlines()) > MOST_CODE_LINES:
            return False
        return line.text.endswith(":") and line.last

    def _pictured(self, line: Line) -> bool:
        previous = self.before.get(line.block_ids[0])
        return (line.last and isinstance(self._next(line), Image)) or (
            line.first and isinstance(previous, Image)
        )

    def _next(self, line: Line) -> Block | None:
        return self.after.get(line.block_ids[0])

    def _taken_back(self, index: int) -> bool:
        later = self.lines[index + 1] if index + 1 < len(self.lines) else None
        return (
            later is not None
            and not later.first
            and later.block_ids == self.lines[index].block_ids
            and bool(_TAKES_BACK.match(later.text))
        )

    def _group(self, index: int) -> tuple[int, ...]:
        """The lines that must be taken together with a line; empty if it cannot be taken at all."""
        if not can_be_said(self.lines[index]) or asks(self.lines[index]):
            return ()
        start = index
        while self._needs_more(start):
            start -= 1
            if start < 0 or index - start > MOST_LEANING or not self._same_breath(start, start + 1):
                return ()
        group = tuple(range(start, index + 1))
        return group + self._announced(index) if self._announces(index) else group

    def _needs_more(self, index: int) -> bool:
        """The sentence before a line must be said as well."""
        line = self.alone[index]
        answers = not line.first and index > 0 and asks(self.lines[index - 1])
        return answers or leans(line, opens_section=self._opens_section(index))

    def standing_alone(self) -> list[int]:
        """What can be said without any other line: prose, or items where there is nothing else."""
        return [i for i in self._told() if self.groups.get(i) == (i,) and not self._announces(i)]

    def _opens_section(self, index: int) -> bool:
        return self.headings.get(self.lines[index].section) == index - 1

    def _same_breath(self, before: int, after: int) -> bool:
        """Said in one paragraph, or in two of one section that follow each other."""
        first, second = self.lines[before], self.lines[after]
        if second.kind == "quote":
            return first.block_ids == second.block_ids
        return (
            first.kind == "prose"
            and second.kind == "prose"
            and first.section == second.section
            and can_be_said(first)
            and not first.text.endswith(":")
        )

    def _announces(self, index: int) -> bool:
        return self.lines[index].text.endswith(":")

    def _announced(self, index: int) -> tuple[int, ...]:
        """The items of the list that a line announces; nothing may be announced and not come."""
        block = self._next(self.lines[index])
        items = [
            i
            for i in range(index + 1, len(self.lines))
            if block is not None and block.id in self.lines[i].block_ids
        ]
        return tuple(items) if isinstance(block, ListBlock) else ()

    def _fair(self, group: tuple[int, ...]) -> bool:
        last = self.lines[group[-1]]
        if last.text.endswith(":"):
            # A picture that is announced may turn out not to be had.
            return last.last and isinstance(self._next(last), Code | Table)
        items = sum(self.lines[i].kind == "item" for i in group)
        return items <= MOST_ITEMS or items == len(group)

    def _length(self, group: Sequence[int]) -> float:
        return sum(spoken_length(self.lines[i].text) for i in group)

    def _cost(self, group: Sequence[int]) -> float:
        heading = self._heading_of(group)
        extra = [heading] if heading is not None and heading not in self.taken else []
        return self._length([*(i for i in group if i not in self.taken), *extra])

    def _heading_of(self, group: Sequence[int]) -> int | None:
        """The heading to be said with a group; one that asks needs the answer below it."""
        heading = self.headings.get(self.lines[group[-1]].section)
        if heading is None or word_count(self.lines[heading].text) > MOST_HEADING_WORDS:
            return None
        if announces(self.lines[heading].text):
            return None
        if asks(self.lines[heading]) and heading + 1 not in {*group, *self.taken}:
            return None
        spoken = sum(1 for i in self.headings.values() if i in self.taken)
        return heading if heading in self.taken or spoken < MOST_SECTIONS else None

    def _take(self, index: int, *, reserve: float = 0.0) -> bool:
        group = self.groups.get(index, ())
        if not group or index in self.taken or self._cost(group) > self.left - reserve:
            return False
        heading = self._heading_of(group)
        self.left -= self._cost(group)
        self.taken.update(group)
        if heading is not None:
            self.taken.add(heading)
        return True

    def _best(self, candidates: Sequence[int]) -> list[int]:
        return sorted(candidates, key=lambda i: (-self.scores[i], i))

    def _worth(self, index: int) -> float:
        """The mean score of all that is taken with a line: it must be worth hearing, too."""
        group = self.groups[index]
        return sum(self.scores[i] for i in group) / len(group)

    def _told(self) -> list[int]:
        """What posts are told in: prose, or items where there is nothing but lists."""
        prose = self._all("prose")
        return prose or self._all("item")

    def _all(self, *kinds: str) -> list[int]:
        return [i for i, line in enumerate(self.lines) if line.kind in kinds]

    def _tellable(self) -> list[int]:
        return sorted({*self._told(), *self._all("quote")})

    def take_beginning(self) -> None:
        """The first sentence that can stand alone, and what follows it for `OPENING_SHARE`.

        One about the author gives way to one about the matter, if that is near.
        """
        reserve = self.left * (1 - OPENING_SHARE)
        told = self._told()
        matter = [
            i
            for i in told[:OPENING]
            if not any(of_the_author(self.lines[j].text) for j in self.groups.get(i, ()))
        ]
        first = next((i for i in (*matter, *told) if self._take(i)), None)
        if first is None:
            return
        for index in told:
            same_section = self.lines[index].section == self.lines[first].section
            if index > first and (not same_section or not self._take(index, reserve=reserve)):
                return

    def take_ending(self) -> None:
        """The best of the last sentences that is short enough, if it can be of the last section."""
        told = self._told()
        last = [i for i in told if self.lines[i].section == self.lines[told[-1]].section]
        choices = (last[-ENDING:], last, told[-ENDING:])
        best = [index for choice in choices for index in self._best(choice)]
        fair = [i for i in best if self._length(self.groups.get(i, ())) <= MOST_ENDING_LENGTH]
        any(self._take(index) for index in (*fair, *best))

    def take_shown(self) -> None:
        """The best sentences that bring something to look at, a share of each kind."""
        reserve = self.left - SHOWN_SHARE * SECONDS * WORDS_PER_SECOND
        lines = self.lines
        code = [i for i in self.groups if lines[i].last and isinstance(self._next(lines[i]), Code)]
        tables = [
            i for i in self.groups if lines[i].last and isinstance(self._next(lines[i]), Table)
        ]
        pictured = [i for i in self.groups if self._pictured(lines[i])]
        lists = [i for i in self.groups if self._announces(i) and self._announced(i)]
        quotes = [i for i in self.groups if lines[i].kind == "quote"]
        for wanted, most, longest in (
            (code, MOST_CODES, MOST_SHOWN_LENGTH),
            (tables, 1, MOST_SHOWN_LENGTH),
            (pictured, 1, MOST_SHOWN_LENGTH),
            (lists, 1, MOST_LIST_LENGTH),
            (quotes, 1, MOST_SHOWN_LENGTH),
        ):
            for index in sorted(wanted, key=lambda i: (-self._worth(i), i)):
                if len(self.taken.intersection(wanted)) >= most:
                    break
                if self._length(self.groups[index]) <= longest:
                    self._take(index, reserve=reserve)

    def take_sections(self) -> None:
        """The best sentence of each section, the longest sections first."""
        sections: dict[int, list[int]] = {}
        for index in self._tellable():
            sections.setdefault(self.lines[index].section, []).append(index)
        longest = sorted(sections, key=lambda s: -len(sections[s]))[:MOST_SECTIONS]
        for section in longest:
            if not self.taken & set(sections[section]):
                any(self._take(index) for index in self._best(sections[section])[:8])

    def fill(self) -> None:
        """The best of what is left, while there is time."""
        rest = self._tellable()
        while rest:
            best = max(rest, key=lambda i: self.scores[i] + NEIGHBOUR_BONUS * (i - 1 in self.taken))
            rest.remove(best)
            self._take(best)

    def taken_lines(self) -> list[Line]:
        """In their order; where the line before is not told, without the word that joins them."""
        told = []
        for i in sorted(self.taken):
            joined = i - 1 in self.taken and self.lines[i - 1].kind != "heading"
            told.append(plain_heading(self.lines[i] if joined else self.alone[i]))
        return told


def tidy(lines: Sequence[Line], *, formulas: bool = False) -> list[Line]:
    """The lines without what says nothing aloud: scraps, what a page says to its readers at its
    end, headings with nothing below them and, unless wanted, formulas; all of them if nothing else
    is there."""
    said = [line for line in lines if not is_scrap(line) and (formulas or line.text != FORMULA)]
    while said and (advertises(said[-1]) or said[-1].kind == "heading"):
        said.pop()
    last_of_section = {line.section: line for line in said}
    kept = [line for line in said if last_of_section[line.section].kind != "heading"]
    return kept or list(lines)


def _from_the_top(lines: Sequence[Line]) -> list[Line]:
    """The first lines, where none can stand alone: at least one, up to `SECONDS`."""
    told: list[Line] = []
    length = 0.0
    for line in lines:
        length += spoken_length(line.text)
        if line.kind == "heading":
            continue
        if told and length > SECONDS * WORDS_PER_SECOND:
            break
        told.append(line)
    return told


_HEADING_NUMBER = re.compile(r"^\d{1,2}[.)] (?=\S)")
_CLOSING_BRACKET = re.compile(r"(?<=\w) \([^()]*\)$")


def plain_heading(line: Line) -> Line:
    """A heading without its number, which makes no sense once other headings are left out, and
    without a closing remark in brackets."""
    if line.kind != "heading":
        return line
    text = _CLOSING_BRACKET.sub("", _HEADING_NUMBER.sub("", line.text))
    return msgspec.structs.replace(line, text=text)


def _on_its_own(line: Line) -> Line:
    """The line as it is said without the one before, if it can be said so."""
    alone = msgspec.structs.replace(line, text=on_its_own(line.text))
    return alone if line.kind == "prose" and can_be_said(alone) else line


def _neighbours(article: Article) -> tuple[dict[str, Block], dict[str, Block]]:
    """For every paragraph the block before it and the block after it."""
    pairs = list(pairwise(article.blocks))
    before = {after.id: before for before, after in pairs if isinstance(after, Paragraph)}
    after = {before.id: after for before, after in pairs if isinstance(before, Paragraph)}
    return before, after


def shown_with(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The lines, citing the pictures, code, lists and tables that stand beside them."""
    order = {block.id: index for index, block in enumerate(article.blocks)}
    cited = {block_id for line in lines for block_id in line.block_ids}
    shown: list[Line] = []
    for index, line in enumerate(lines):
        upcoming = lines[index + 1 :]
        here = order[line.block_ids[0]]
        again = bool(upcoming) and upcoming[0].block_ids[0] == line.block_ids[0]
        beside: list[Block] = []
        if line.kind != "heading" and not again:
            for block in article.blocks[here + 1 : here + 3]:
                if not isinstance(block, _SHOWN) or block.id in cited:
                    break
                beside.append(block)
        cited.update(block.id for block in beside)
        shown.append(_citing(line, beside))
    return shown


def _citing(line: Line, beside: Sequence[Block]) -> Line:
    ids = tuple(block.id for block in beside)
    code = beside[0] if beside else None
    if isinstance(code, Code) and line.last:
        line, ids = showing(line, code), ids[1:]
    return msgspec.structs.replace(line, block_ids=(*line.block_ids, *ids))
