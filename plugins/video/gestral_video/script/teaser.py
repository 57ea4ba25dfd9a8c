"""A teaser: the title, the one or two most telling sentences that can stand alone, and where to
read on, in about a quarter of a minute.

Of all pairs and single sentences that fit the time, the one with the highest sum is taken: how much
each says about the whole post (`Choice.interest`), less where it has fewer than a dozen words, and
0.3 more for one of the post's first sentences. Sentences that say the title again are passed over,
and those that speak of the author.
"""

from collections.abc import Sequence
from itertools import combinations

from gestral_video.articles.article import Article
from gestral_video.script.highlights import Choice, shown_with
from gestral_video.script.lines import Line, spoken_length, word_count
from gestral_video.script.rank import overlap
from gestral_video.script.standing import of_the_author

__all__ = ("tease",)

MOST_LENGTH = 27
"""Words of five letters, the title's and the sentences': with the closing card some 15 seconds."""
FEWEST_LEFT = 12
"""Of these, so many are for sentences, however long the title is."""
CANDIDATES = 60
"""Of the best sentences pairs are tried."""
OPENING, OPENING_BONUS = 6, 0.3
FULL_WORDS = 12
SAYS_THE_TITLE = 0.7
"""A sentence with more of the title's words says it again."""


def tease(article: Article, lines: Sequence[Line]) -> list[Line]:
    """The sentences of the teaser, in their order; without title and closing words."""
    choice = Choice(article, lines)
    left = max(FEWEST_LEFT, MOST_LENGTH - spoken_length(article.title))
    length = {i: spoken_length(choice.alone[i].text) for i in range(len(lines))}
    telling = choice.standing_alone()
    worth = {
        i: choice.interest[i] * min(1.0, word_count(lines[i].text) / FULL_WORDS)
        + OPENING_BONUS * (number < OPENING)
        for number, i in enumerate(telling)
    }
    fresh = [
        i
        for i in telling
        if overlap(lines[i].text, article.title) <= SAYS_THE_TITLE
        and not of_the_author(lines[i].text)
    ]
    for candidates in (fresh, telling):
        best = sorted(candidates, key=lambda i: (-worth[i], i))
        fair = [i for i in best if length[i] <= left][:CANDIDATES]
        sets: list[tuple[int, ...]] = [(i,) for i in fair]
        sets += [
            pair for pair in combinations(fair, 2) if length[pair[0]] + length[pair[1]] <= left
        ]
        if sets:
            taken = max(sets, key=lambda some: (sum(worth[i] for i in some), -min(some)))
            return shown_with(article, [choice.alone[i] for i in sorted(taken)])
    short = sorted(telling, key=lambda i: (length[i], i)) or [
        i for i, line in enumerate(lines) if line.kind != "heading"
    ]
    return shown_with(article, [choice.alone[i] for i in short[:1]])
