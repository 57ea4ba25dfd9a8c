"""The default script writer: it needs no model, and takes its sentences from the article."""

import re
from collections.abc import Callable, Mapping, Sequence

from gestral.errors import InputError
from gestral_video.articles.article import Article
from gestral_video.script.highlights import choose, tidy
from gestral_video.script.lines import TITLE_PAUSE, Line, introduced, lines_of
from gestral_video.script.outline import outline
from gestral_video.script.script import SITE_ID, TITLE_ID, Mode, Script
from gestral_video.script.teaser import tease
from gestral_video.script.writer import numbered

__all__ = ("write",)


def write(article: Article, mode: Mode = "highlights") -> Script:
    """Write a script.

    Every sentence is the article's own, save for short descriptions of what cannot be read aloud
    (code that no sentence introduces, tables) and for the words that announce a quotation; these
    say only names and counts of the blocks they describe.

    Args:
        article: The post.
        mode: `full` tells all of it, in order. `highlights` tells in 60 to 90 seconds how it
            begins, what its main sections say and how it ends; a post that is no longer than that
            is told in full. `teaser` takes about 15 seconds: the one or two most telling sentences,
            and where to read on. `outline` tells each section's heading with its key sentence or
            its list; a post without headings is told in highlights.

    Returns:
        The script; its first sentence is the title.

    Raises:
        InputError: The article has no sentence that could be spoken (`no-text`).
    """
    lines = lines_of(article)
    if not any(line.kind != "heading" for line in lines):
        raise InputError(
            f"The post {article.title!r} has no text that could be read aloud.",
            hint="Choose a post with at least one sentence of text.",
            code="no-text",
        )
    title = Line(
        text=" ".join(article.title.split()),
        kind="heading",
        block_ids=(TITLE_ID,),
        section=0,
        pause=TITLE_PAUSE,
    )
    chosen = introduced(article, _CHOSEN[mode](article, lines))
    told = ((line.text, line.block_ids, line.pause) for line in (title, *chosen))
    return numbered(told, mode=mode, language=article.language)


def _whole(_: Article, lines: Sequence[Line]) -> list[Line]:
    return tidy(lines, formulas=True)


def _teaser(article: Article, lines: Sequence[Line]) -> list[Line]:
    # Some sites add to their name who writes there, or what about.
    site = re.split(r"\s[|(\u2013\u2014·]", " ".join(article.site_name.split()))[0]
    closing = Line(text=f"Read on at {site}.", kind="prose", block_ids=(SITE_ID,), section=0)
    # The words are English, and so are the voices that there are for them.
    told = tease(article, lines)
    return [*told, closing] if site and article.language[:2] == "en" else told


def _outline(article: Article, lines: Sequence[Line]) -> list[Line]:
    return outline(article, lines) or choose(article, lines)


_CHOSEN: Mapping[Mode, Callable[[Article, Sequence[Line]], list[Line]]] = {
    "highlights": choose,
    "full": _whole,
    "teaser": _teaser,
    "outline": _outline,
}
