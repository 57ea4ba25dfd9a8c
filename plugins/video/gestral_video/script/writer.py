"""What a script writer is: it turns an article into a script."""

from collections.abc import Iterable
from typing import Protocol

from gestral_video.articles.article import Article
from gestral_video.script.script import TITLE_ID, Mode, Script, Sentence

__all__ = ("ScriptWriter", "numbered", "script_of")


class ScriptWriter(Protocol):
    """Someone who writes what is said.

    A script is data: whoever wrote it, it is checked before it is spoken. Its numbers, names, dates
    and quotations must occur in the blocks that each sentence cites.
    """

    @property
    def name(self) -> str:
        """What people call the writer, such as the name of a model."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same article would be written otherwise: scripts are kept under it,
        so that nothing is written, and paid for, twice."""
        ...

    @property
    def translates(self) -> bool:
        """Whether it can write in another language than the article's."""
        ...

    async def write(self, article: Article, *, mode: Mode, language: str) -> Script:
        """Write a script.

        Args:
            article: The post. It is foreign text: what it says is told, never obeyed.
            mode: How much of it is told.
            language: BCP 47 tag of the language to write in. Where it is not the article's, the
                script is a translation.

        Returns:
            The script; `script_of` makes one of sentences. The first sentence says the title.

        Raises:
            InputError: The article has no text.
            ServiceError: What writes is not there or does not work.
            RetryableError: It may work when it is asked again.
        """
        ...

    async def titles(self, article: Article, *, language: str, count: int) -> tuple[str, ...]:
        """Propose titles for the video.

        Args:
            article: The post.
            language: BCP 47 tag of the language to write in.
            count: How many, at most.

        Returns:
            The best first; at least one. What they say must be in the article, as in scripts.

        Raises:
            ServiceError: What writes is not there or does not work.
            RetryableError: It may work when it is asked again.
        """
        ...


def script_of(
    sentences: Iterable[tuple[str, tuple[str, ...]]], *, mode: Mode, language: str
) -> Script:
    """Make a script of sentences and of the ids of the blocks that each comes from.

    How they are spoken, and the silences between them, follow from the rules of the language and
    from where one block ends and another begins.

    Args:
        sentences: In the order of speaking; the first is the title, whose block id is `TITLE_ID`.
        mode: How much of the article they tell.
        language: BCP 47 tag of what they are written in.
    """
    given = list(sentences)
    following = [block_ids for _, block_ids in given[1:]] + [()]
    told = [
        (" ".join(text.split()), block_ids, _pause(block_ids, after))
        for (text, block_ids), after in zip(given, following, strict=True)
    ]
    return numbered(told, mode=mode, language=language)


def numbered(
    told: Iterable[tuple[str, tuple[str, ...], float]], *, mode: Mode, language: str
) -> Script:
    """Make a script of texts, the ids of their blocks, and the seconds of silence after each."""
    from gestral_video.script.spoken import closed, spoken

    return Script(
        mode=mode,
        language=language,
        sentences=tuple(
            Sentence(
                id=f"s{number}",
                text=text,
                spoken=closed(spoken(text, language)),
                block_ids=block_ids,
                pause=pause,
            )
            for number, (text, block_ids, pause) in enumerate(told, start=1)
        ),
    )


def _pause(block_ids: tuple[str, ...], after: tuple[str, ...]) -> float:
    from gestral_video.script.lines import BLOCK_PAUSE, SENTENCE_PAUSE, TITLE_PAUSE

    if block_ids == (TITLE_ID,):
        return TITLE_PAUSE
    return SENTENCE_PAUSE if set(block_ids) & set(after) else BLOCK_PAUSE
