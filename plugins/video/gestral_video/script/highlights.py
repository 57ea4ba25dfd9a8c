"""Choosing the sentences that tell a post in about 75 seconds.

What is asked of the choice, in order: it begins as the post begins; every main section has its say;
it ends as the post ends; what is left of the time goes to the sentences that say most (`rank`).
No sentence is taken that cannot stand alone, unless the sentence that it leans on is taken too.
"""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
from collections.abc import Sequence

import msgspec

from gestral_video.articles.article import Article, Code, Image, ListBlock, Paragraph, Table
from gestral_video.script.lines import MOST_WORDS, Line, word_count
from gestral_video.script.rank import overlap, text_rank

__all__ = ("choose",)

WORDS_PER_SECOND = 2.4
"""The default voice's pace over whole posts, its pauses included."""
SECONDS = 75.0
"""What is aimed at."""
MOST_SECONDS = 90.0
"""A post that can be told in full within these is told in full."""
MOST_SECTIONS = 5
"""More chapters than these would be a list of headings."""
ENDING = 6
"""Sentences, from the last one back, in which a post comes to its end."""
FEWEST_WORDS = 5
MOST_LEANING = 2
"""A sentence that needs more than these before it would crowd out others."""
OPENING_SHARE = 0.35
"""Of the time, for the paragraphs that say what the post is about."""
NEIGHBOUR_BONUS = 0.25
"""A sentence reads better after the one it follows in the post."""
MOST_ITEMS = 5
MOST_HEADING_WORDS = 9

_LEANS = re.compile(
    r"(?:(?:and|but|or|so|yet|because|which|nor) |"
    r"(?:this|that|these|those|it|its|they|them|their|he|she|his|her|him|such|both|neither|another"
    r"|here|there|then|thus|hence|also|instead|otherwise|similarly|likewise|meanwhile|moreover"
    r"|furthermore|additionally|however|therefore|nevertheless|nonetheless|besides|consequently"
    r"|conversely|again|still|finally|lastly|second|secondly|third|thirdly|next|later|afterwards"
    r"|overall|unfortunately|luckily|fortunately|indeed|that's|it's|they're|he's|she's|there's"
    r"|here's|same|one|others|following|great|hi|hello|hey|yes|no|ok|okay|well|sure|too|either|even|only)\b|"
    r"(?:for (?:example|instance)|in (?:addition|contrast|other words|fact|short|turn|particular|"
    r"practice)|on the (?:other|one) hand|as (?:a result|such|shown|you can see|mentioned|noted|"
    r"described|seen|before|above|explained)|of course|at the same time|not (?:only|all)|"
    r"to (?:do|avoid|fix|solve|address|achieve) (?:so|this|that|it|these)|what's more|after all|"
    r"the (?:same|latter|former|above|following|first|second|third|other|next|last|reason|result|"
    r"answer|difference|problem is|idea is|point is)|"
    r"(?:in|on|at|by|for|from|with|of|to|after|before|during|since|under|like|using|given"
    r"|because of|due to|based on|unlike|despite|while|if|when|once|although|as) "
    r"(?:this|that|these|those|it|they|them|he|she|such|both|his|her|their|all of (?:this|these))"
    r")\b)",
    re.IGNORECASE,
)
"""Openings that lean on what was said before."""
_LEANS_LATER = re.compile(
    r"(?:\S+ ){1,5}?(?:then|also|likewise|therefore|thus|too|instead|however|though|here"
    r"|all those)\b"
    r"|.{0,60}?\b(?:these|those|such|this)\b(?! (?:post|article|blog|year|week|month|day|guide"
    r"|tutorial|release|chapter|survey|time|is why)\b)",
    re.IGNORECASE,
)
"""The same, a few words into the sentence."""
_POINTS = re.compile(
    r"\b(?:below|above|the following|as follows|figure \d|fig\. ?\d|table \d|listing \d|footnote"
    r"|this (?:post|article) is|click|subscribe|sign up|follow us|read more|newsletter|share this"
    r"|cookies?|posted (?:by|on|in)|all rights reserved|originally published|learn more"
    r"|read the (?:full|rest)|see also|update:|edit:)\b",
    re.IGNORECASE,
)
"""Words that point at the page, which a listener does not see."""
_LONG_NUMBER = re.compile(r"\d{5}")
_ENDS_WELL = re.compile(r"[.!?…。！？।]['\"”’)\]]*$")
_SHOWN = (Code, Image, ListBlock, Table)


def choose(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The lines that tell the article in about `SECONDS`, in their order."""
    if sum(word_count(line.text) for line in lines) <= MOST_SECONDS * WORDS_PER_SECOND:
        return list(lines)
    choice = _Choice(article, lines)
    choice.take_beginning()
    choice.take_ending()
    choice.take_sections()
    choice.fill()
    return _shown_with(article, choice.taken_lines())


class _Choice:
    """The lines taken so far, within a budget of words."""

    def __init__(self, article: Article, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.taken: set[int] = set()
        self.left = int(SECONDS * WORDS_PER_SECOND) - word_count(article.title)
        self.headings = {line.section: i for i, line in enumerate(lines) if line.kind == "heading"}
        self.following = _following(article)
        self.scores = self._scores(article)
        self.groups = {
            i: group for i in range(len(lines)) if (group := self._group(i)) and self._fair(group)
        }

    def _scores(self, article: Article) -> list[float]:
        ranks = text_rank([line.text for line in self.lines])
        scores = []
        for index, line in enumerate(self.lines):
            heading = self.headings.get(line.section)
            under = self.lines[heading].text if heading is not None else ""
            score = ranks[index]
            score += 0.5 * overlap(line.text, article.title) + 0.3 * overlap(line.text, under)
            score += 0.3 * line.first * (line.kind == "prose")
            score += 0.3 * (line.last and self._shows(line))
            score -= 0.5 * (line.kind == "item") + 0.6 * bool(_POINTS.search(line.text))
            score -= 0.3 * ("(" in line.text) + 0.5 * bool(_LONG_NUMBER.search(line.text))
            scores.append(score)
        return scores

    def _shows(self, line: Line) -> bool:
        """Stands before code or a picture, so that there is something to look at."""
        return isinstance(self.following.get(line.block_ids[0]), Code | Image)

    def _group(self, index: int) -> tuple[int, ...]:
        """The lines that must be taken together with a line; empty if it cannot be taken at all."""
        if not _stands(self.lines[index]):
            return ()
        start = index
        while self._leans(start):
            start -= 1
            if start < 0 or index - start > MOST_LEANING or not self._same_breath(start, start + 1):
                return ()
        group = tuple(range(start, index + 1))
        return group + self._announced(index) if self._announces(index) else group

    def _leans(self, index: int) -> bool:
        line = self.lines[index]
        if line.kind == "description":
            return False
        text = _bare(line.text)
        # Whoever is quoted is named first, and a quotation is told from its beginning.
        return line.kind == "quote" or bool(_LEANS.match(text) or _LEANS_LATER.match(text))

    def _same_breath(self, before: int, after: int) -> bool:
        """Said in one paragraph, or in two of one section that follow each other."""
        first, second = self.lines[before], self.lines[after]
        if second.kind == "quote":
            return first.block_ids == second.block_ids
        return (
            first.kind == "prose"
            and second.kind == "prose"
            and first.section == second.section
            and _stands(first)
            and not first.text.endswith(":")
        )

    def _announces(self, index: int) -> bool:
        return self.lines[index].text.endswith(":")

    def _announced(self, index: int) -> tuple[int, ...]:
        """The items of the list that a line announces; nothing may be announced and not come."""
        block = self.following.get(self.lines[index].block_ids[0])
        items = [
            i
            for i in range(index + 1, len(self.lines))
            if block is not None and block.id in self.lines[i].block_ids
        ]
        return tuple(items) if isinstance(block, ListBlock) else ()

    def _fair(self, group: tuple[int, ...]) -> bool:
        last = self.lines[group[-1]]
        if last.text.endswith(":"):
            return isinstance(self.following.get(last.block_ids[0]), Code | Image | Table)
        items = sum(self.lines[i].kind == "item" for i in group)
        return items <= MOST_ITEMS or items == len(group)

    def _cost(self, group: Sequence[int]) -> int:
        new = [i for i in group if i not in self.taken]
        heading = self._heading_of(group[-1])
        extra = [heading] if heading is not None and heading not in self.taken else []
        return sum(word_count(self.lines[i].text) for i in (*new, *extra))

    def _heading_of(self, index: int) -> int | None:
        heading = self.headings.get(self.lines[index].section)
        if heading is None or word_count(self.lines[heading].text) > MOST_HEADING_WORDS:
            return None
        spoken = sum(1 for i in self.headings.values() if i in self.taken)
        return heading if heading in self.taken or spoken < MOST_SECTIONS else None

    def _take(self, index: int, *, reserve: int = 0) -> bool:
        group = self.groups.get(index, ())
        if not group or index in self.taken or self._cost(group) > self.left - reserve:
            return False
        heading = self._heading_of(index)
        self.left -= self._cost(group)
        self.taken.update(group)
        if heading is not None:
            self.taken.add(heading)
        return True

    def _best(self, candidates: Sequence[int]) -> list[int]:
        return sorted(candidates, key=lambda i: (-self.scores[i], i))

    def take_beginning(self) -> None:
        """The first sentence that can stand alone, and what follows it for `OPENING_SHARE`."""
        reserve = int(self.left * (1 - OPENING_SHARE))
        prose = [i for i, line in enumerate(self.lines) if line.kind == "prose"]
        first = next((i for i in prose if self._take(i)), None)
        if first is None:
            return
        for index in prose:
            same_section = self.lines[index].section == self.lines[first].section
            if index > first and (not same_section or not self._take(index, reserve=reserve)):
                return

    def take_ending(self) -> None:
        """The best of the last sentences, if possible from the last section."""
        prose = [i for i, line in enumerate(self.lines) if line.kind == "prose"][-ENDING:]
        last = [i for i in prose if self.lines[i].section == self.lines[prose[-1]].section]
        others = [i for i in prose if i not in last]
        any(self._take(index) for index in (*self._best(last), *self._best(others)))

    def take_sections(self) -> None:
        """The best sentence of each section, the longest sections first."""
        sections: dict[int, list[int]] = {}
        for index, line in enumerate(self.lines):
            if line.kind in ("prose", "quote", "item"):
                sections.setdefault(line.section, []).append(index)
        longest = sorted(sections, key=lambda s: -len(sections[s]))[:MOST_SECTIONS]
        for section in longest:
            if not self.taken & set(sections[section]):
                any(self._take(index) for index in self._best(sections[section])[:4])

    def fill(self) -> None:
        """The best of what is left, while there is time."""
        rest = [i for i, line in enumerate(self.lines) if line.kind in ("prose", "quote", "item")]
        while rest:
            best = max(rest, key=lambda i: self.scores[i] + NEIGHBOUR_BONUS * (i - 1 in self.taken))
            rest.remove(best)
            self._take(best)

    def taken_lines(self) -> list[Line]:
        return [_unnumbered(self.lines[i]) for i in sorted(self.taken)]


_HEADING_NUMBER = re.compile(r"^\d{1,2}[.)] (?=\S)")


def _unnumbered(line: Line) -> Line:
    """A heading without its number, which makes no sense once other headings are left out."""
    if line.kind != "heading":
        return line
    return msgspec.structs.replace(line, text=_HEADING_NUMBER.sub("", line.text))


def _bare(text: str) -> str:
    return text.lstrip("\"“‘'(")


def _stands(line: Line) -> bool:
    """Can be said at all: a whole sentence of a fair length, without loose quotes or brackets."""
    text = line.text
    fair = FEWEST_WORDS <= word_count(text) <= MOST_WORDS
    whole = bool(_ENDS_WELL.search(text)) or text.endswith(":") or line.kind == "item"
    begins = text[0].isupper() or not text[0].isascii() or text[0] in "\"'" or text[0].isdigit()
    paired = (
        text.count("(") == text.count(")")
        and text.count('"') % 2 == 0
        and text.count("“") == text.count("”")
    )
    letters = sum(c.isalpha() or c.isspace() for c in text) >= 0.75 * len(text)
    whole = whole and not text.endswith("?")  # its answer may not be taken
    return fair and whole and begins and paired and letters and "://" not in text


def _following(article: Article) -> dict[str, Code | Image | ListBlock | Table]:
    """For every paragraph the block after it, where that is one to be looked at."""
    return {
        before.id: after
        for before, after in zip(article.blocks, article.blocks[1:], strict=False)
        if isinstance(before, Paragraph) and isinstance(after, _SHOWN)
    }


def _shown_with(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The lines, citing the pictures, code, lists and tables that stand beside them."""
    order = {block.id: index for index, block in enumerate(article.blocks)}
    cited = {block_id for line in lines for block_id in line.block_ids}
    shown: list[Line] = []
    for index, line in enumerate(lines):
        upcoming = lines[index + 1 :]
        here = order[line.block_ids[0]]
        again = bool(upcoming) and upcoming[0].block_ids[0] == line.block_ids[0]
        beside = []
        if line.kind != "heading" and not again:
            for block in article.blocks[here + 1 : here + 3]:
                if not isinstance(block, _SHOWN) or block.id in cited:
                    break
                beside.append(block.id)
        cited.update(beside)
        shown.append(msgspec.structs.replace(line, block_ids=(*line.block_ids, *beside)))
    return shown
