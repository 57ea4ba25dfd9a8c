"""Sentences on their way to scenes: cut where they are too long, grouped by what they tell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from gestral_video.articles.article import Article, Block, Heading, Image, Picture, Table
from gestral_video.narration.narration import Take
from gestral_video.script.script import Sentence
from gestral_video.storyboard.phrases import portions
from gestral_video.storyboard.storyboard import Cue, CueWord

__all__ = (
    "SCENE_SECONDS",
    "Common",
    "Group",
    "Part",
    "headings_of",
    "heard_words",
    "parts_of",
    "plain_words",
)

SCENE_SECONDS = 9.0
"""How long sentences of one block may share a scene; longer, and the eye has nothing to do."""


@dataclass(frozen=True)
class Part:
    """A sentence, or the part of a long one that fits a scene; times from the part's start."""

    sentence: Sentence
    text: str
    words: tuple[CueWord, ...]
    take: str
    take_start: float
    length: float
    pause: float


class Common(TypedDict):
    """What every kind of scene is given."""

    id: str
    duration: float
    cues: tuple[Cue, ...]
    heading: str
    look: int


@dataclass
class Group:
    """What becomes one scene."""

    kind: str
    block: Block | None
    heading: str
    parts: list[Part] = field(default_factory=list)
    picture: Picture | None = None
    image: Image | None = None
    collage: tuple[tuple[Image, Picture], ...] = ()
    table: Table | None = None
    lead_in: float = 0.0
    tail: float = 0.0

    @property
    def seconds(self) -> float:
        return sum(part.length + part.pause for part in self.parts)

    @property
    def text(self) -> str:
        return " ".join(part.text for part in self.parts)


def parts_of(sentence: Sentence, take: Take, longest: int) -> Iterator[Part]:
    """The sentence, cut where it is too long for one scene; its parts tile the take."""
    words = _timed_words(sentence, take)

    def fits(portion: Sequence[CueWord]) -> bool:
        long = portion[-1].end - portion[0].start
        return sum(len(word.text) + 1 for word in portion) <= longest and long <= 2 * SCENE_SECONDS

    pieces = (words,) if not words or fits(words) else portions(words, fits)
    spaceless = len(words) > 1 and "".join(word.text for word in words) == sentence.text
    space = "" if spaceless else " "
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        start = 0.0 if index == 0 else piece[0].start
        end = take.duration if last else pieces[index + 1][0].start
        yield Part(
            sentence=sentence,
            text=sentence.text if len(pieces) == 1 else space.join(word.text for word in piece),
            words=tuple(
                CueWord(text=word.text, start=word.start - start, end=word.end - start)
                for word in piece
            ),
            take=take.path,
            take_start=start,
            length=end - start,
            pause=sentence.pause if last else 0.0,
        )


def _timed_words(sentence: Sentence, take: Take) -> tuple[CueWord, ...]:
    """The take's words; where a voice gives none, the time is shared by letters."""
    if take.words:
        return tuple(CueWord(text=w.text, start=w.start, end=w.end) for w in take.words)
    texts = sentence.text.split()
    letters = sum(map(len, texts)) or 1
    words, at = [], 0.0
    for text in texts:
        long = take.duration * len(text) / letters
        words.append(CueWord(text=text, start=at, end=at + long))
        at += long
    return tuple(words)


def plain_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def heard_words(parts: Sequence[Part]) -> list[tuple[str, float]]:
    """The plain words of the parts one after another, and when each begins, in seconds."""
    heard: list[tuple[str, float]] = []
    at = 0.0
    for part in parts:
        for word in part.words:
            heard += [(plain, at + word.start) for plain in plain_words(word.text)]
        at += part.length + part.pause
    return heard


def headings_of(article: Article) -> dict[str, str]:
    """For every block the heading of its section."""
    heading, found = "", {}
    for block in article.blocks:
        if isinstance(block, Heading):
            heading = block.text
        found[block.id] = heading
    return found
