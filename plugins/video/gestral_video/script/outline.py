"""An outline: every heading with the one sentence that tells most of its section, or its list.

The headings are those of the highest level that the post has more than one of; what lies under
lower ones belongs to the section above. A section that is mostly one short list is told by the
list, any other by its best sentence that can stand alone, those that open it before their equals,
else by two that lean on each other; a section that has none of these is told by its heading alone,
or not at all if it is the last. Sections that belong to the page, such as references and comments,
are left out.
"""

import re
from collections.abc import Iterator, Sequence

from gestral_video.articles.article import Article, Heading
from gestral_video.script.highlights import Choice, plain_heading, shown_with
from gestral_video.script.lines import Line, spoken_length, word_count
from gestral_video.script.standing import announces, of_the_author

__all__ = ("outline",)

MOST_LENGTH = 32
"""Words of five letters of a key sentence."""
MOST_ITEMS, MOST_ITEM_WORDS = 7, 14
OPENING, OPENING_BONUS = 2, 0.25
LIST_SHARE = 0.4
"""Of what a section says, for its list to tell it."""
MOST_HEADING_WORDS = 16
_OF_THE_PAGE = re.compile(
    r"(?:references?|foot ?notes?|notes|comments?|responses|related|further reading|see also"
    r"|about the authors?|share|acknowledge?ments?|credits?|sources|tags|bibliography|subscribe"
    r"|newsletter|read (?:more|next)|more (?:posts|articles|stories))\b[^a-z]*(?:posts|articles)?",
    re.IGNORECASE,
)


def outline(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The lines of the outline; empty where the post has no two headings."""
    choice = Choice(article, lines)
    sections = list(_sections(article, lines))
    if len(sections) < 3:
        return []
    told: list[Line] = []
    for section in sections:
        first = lines[section[0]]
        if first.kind == "heading":
            if _OF_THE_PAGE.fullmatch(first.text) or word_count(first.text) > MOST_HEADING_WORDS:
                continue
            if not announces(first.text):
                told.append(plain_heading(first))
        told += [choice.alone[i] for i in _list_of(choice, section) or _key(choice, section)]
    while told and told[-1].kind == "heading":
        told.pop()
    return shown_with(article, told)


def _sections(article: Article, lines: Sequence[Line]) -> Iterator[list[int]]:
    """The lines of each section, by number, its heading first; before them what opens the post."""
    levels = {block.id: block.level for block in article.blocks if isinstance(block, Heading)}
    at = {i: levels[line.block_ids[0]] for i, line in enumerate(lines) if line.kind == "heading"}
    several = [level for level in at.values() if list(at.values()).count(level) > 1]
    highest = min(several, default=0)
    starts = [i for i, level in at.items() if level <= highest]
    for start, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        if start < end:
            yield list(range(start, end))


def _list_of(choice: Choice, section: Sequence[int]) -> list[int]:
    """The section's first list with the sentence that announces it, if it tells the section."""
    lines = choice.lines
    items = [i for i in section if lines[i].kind == "item"]
    if not items:
        return []
    block = lines[items[0]].block_ids[0]
    items = [i for i in items if lines[i].block_ids[0] == block]
    said = sum(spoken_length(lines[i].text) for i in section if lines[i].kind != "heading")
    share = sum(spoken_length(lines[i].text) for i in items) / said
    short = all(word_count(lines[i].text) <= MOST_ITEM_WORDS for i in items)
    if not 1 < len(items) <= MOST_ITEMS or not short or share < LIST_SHARE:
        return []
    before = items[0] - 1
    announced = before in choice.groups and lines[before].text.endswith(":")
    return [before, *items] if announced else items


def _key(choice: Choice, section: Sequence[int]) -> list[int]:
    """The section's best sentence of a fair length, or the best that needs one before it."""
    alone = set(choice.standing_alone())
    groups: list[tuple[int, ...]] = [(i,) for i in section if i in alone] or [
        group
        for i in section
        if len(group := choice.groups.get(i, ())) <= 2
        and group
        and choice.lines[i].kind in {"prose", "item"}
        and not choice.lines[i].text.endswith(":")
    ]
    first = section[0] + (choice.lines[section[0]].kind == "heading")
    fair = [
        (
            choice.scores[group[-1]]
            + OPENING_BONUS * (group[0] < first + OPENING)
            - 0.5 * of_the_author(choice.lines[group[0]].text),
            -group[0],
            group,
        )
        for group in groups
        if sum(spoken_length(choice.lines[i].text) for i in group) <= MOST_LENGTH
    ]
    return list(max(fair)[2]) if fair else []
