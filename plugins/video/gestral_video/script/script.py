"""A script: the sentences to be spoken, each with the blocks it came from."""

from typing import Literal, NamedTuple

import msgspec

__all__ = ("SITE_ID", "TITLE_ID", "Mode", "Script", "Sentence", "SpokenToken")

TITLE_ID = "title"
"""The block id of the article's title."""
SITE_ID = "site"
"""The block id of the name of the site."""

Mode = Literal["highlights", "full", "teaser", "outline"]
"""`highlights` is 60 to 90 seconds of the most telling sentences; `full` is the whole post;
`teaser` is 15 seconds; `outline` is every section's heading with its key sentence or its list."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence.

    Attributes:
        id: `s1`, `s2`, ... in the order of speaking.
        text: As it is written: what captions and scenes show.
        spoken: As it is said: numbers, dates, units and the like in words. A voice reads this.
        block_ids: The article's blocks it came from, never empty. The title's own id is `TITLE_ID`.
        pause: Silence after it, in seconds.
    """

    id: str
    text: str
    spoken: str
    block_ids: tuple[str, ...]
    pause: float = 0.25


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences in the order of speaking.

    Attributes:
        mode: How much of the post is told.
        language: BCP 47 tag, the article's.
        sentences: At least one. The first says the title.
    """

    mode: Mode
    language: str
    sentences: tuple[Sentence, ...]


class SpokenToken(NamedTuple):
    """A written word and what is said for it.

    Attributes:
        written: The word as the text has it, punctuation included.
        spoken: What a voice reads for it: no word, one word or several. Empty where there is
            nothing to say, as for an emoji.
    """

    written: str
    spoken: str
