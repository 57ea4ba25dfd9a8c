"""What becomes of posts: storyboards of blocks and sentences, without voice and files."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gestral_video.articles.article import Article, Block, Picture
from gestral_video.narration.narration import Narration, Take, Word
from gestral_video.script.script import Script, Sentence
from gestral_video.storyboard.compose import compose
from gestral_video.storyboard.storyboard import Storyboard


def _take(sentence: Sentence, seconds_a_word: float = 0.3) -> Take:
    texts = sentence.text.split()
    words = tuple(
        Word(text=text, start=i * seconds_a_word, end=(i + 1) * seconds_a_word)
        for i, text in enumerate(texts)
    )
    return Take(
        sentence_id=sentence.id,
        path=f"{sentence.id}.wav",
        rate=24000,
        duration=len(texts) * seconds_a_word,
        words=words,
        digest=sentence.id,
    )


def _picture(address: str, width: int = 1600, height: int = 900) -> Picture:
    return Picture(address=address, path=address, width=width, height=height, digest=address)


def _storyboard(
    blocks: Sequence[Block],
    said: Sequence[tuple[str, str]],
    pictures: Sequence[Picture] = (),
    **choices: Any,
) -> Storyboard:
    """The storyboard of an article of which these (block id, text) are spoken after the title."""
    sentences = [("title", "A title"), *said]
    script = Script(
        mode="full",
        language="en",
        sentences=tuple(
            Sentence(id=f"s{i}", text=text, spoken=text, block_ids=(block,))
            for i, (block, text) in enumerate(sentences, start=1)
        ),
    )
    narration = Narration(voice="test", takes=tuple(_take(s) for s in script.sentences))
    article = Article(
        address="https://example.org/post?from=feed",
        title="A title",
        site_name="Example",
        blocks=tuple(blocks),
    )
    return compose(article, script, narration, {p.address: p for p in pictures}, **choices)


@pytest.fixture(scope="session")
def take() -> Callable[..., Take]:
    """A take of a sentence, every word of it as long as the others."""
    return _take


@pytest.fixture(scope="session")
def picture() -> Callable[..., Picture]:
    """A picture of a size."""
    return _picture


@pytest.fixture(scope="session")
def storyboard() -> Callable[..., Storyboard]:
    """The storyboard of an article's blocks of which these sentences are spoken."""
    return _storyboard
