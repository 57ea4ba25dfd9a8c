"""The default script writer: it needs no model, and takes its sentences from the article."""

from collections.abc import Iterable, Sequence

from gestral.errors import InputError
from gestral_video.articles.article import Article
from gestral_video.script.highlights import choose
from gestral_video.script.lines import TITLE_PAUSE, Line, introduced, lines_of
from gestral_video.script.script import TITLE_ID, Mode, Script, Sentence
from gestral_video.script.spoken import closed, spoken

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
            is told in full.

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
    chosen = introduced(article, lines if mode == "full" else choose(article, lines))
    return Script(
        mode=mode,
        language=article.language,
        sentences=tuple(_sentences([title, *chosen], article.language)),
    )


def _sentences(lines: Sequence[Line], language: str) -> Iterable[Sentence]:
    for number, line in enumerate(lines, start=1):
        yield Sentence(
            id=f"s{number}",
            text=line.text,
            spoken=closed(spoken(line.text, language)),
            block_ids=line.block_ids,
            pause=line.pause,
        )
