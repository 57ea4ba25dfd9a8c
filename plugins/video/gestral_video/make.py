"""The way of a post, walked once: an article in, a finished video out.

The command line and the worker call the same function. Everything that costs time is kept in a
cache folder under the hash of its inputs: a second walk, or one after a crash, takes up where the
first one ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

import msgspec

from gestral_video.articles.article import Article
from gestral_video.articles.pictures import Fetch, PictureProblem
from gestral_video.extend import ScriptWriter, Voice
from gestral_video.order import Order
from gestral_video.render.video import Video
from gestral_video.storyboard.storyboard import Storyboard

__all__ = ("LetterProblem", "Made", "Stopped", "Tell", "make")

LOOK = 0.2
"""Seconds between two looks at how far a stage in a thread has come."""

T = TypeVar("T")


class Tell(Protocol):
    """Is told how far the work is; raising an exception ends the work."""

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> Awaitable[None]:
        """Take a stage in plain words and how many of its steps are done."""
        ...


class LetterProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Letters that a video goes without.

    Attributes:
        code: Why, for programs.
        reason: Why, for people.
    """

    code: str
    reason: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the video, and the pictures and letters that could not be used."""

    video: Video
    problems: tuple[PictureProblem | LetterProblem, ...]


class Stopped(Exception):  # noqa: N818 - it is no error: somebody wanted it
    """Raised inside a stage that nobody waits for any more."""


class _Watch:
    """How far a stage in a thread is. The thread calls it; the event loop reads it."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self.stopped = False

    def __call__(self, done: int, total: int) -> None:
        if self.stopped:
            raise Stopped
        self.done, self.total = done, total


async def make(
    article: Article,
    order: Order,
    *,
    fetch: Fetch,
    cache: Path,
    output: Path,
    tell: Tell,
    voice: Voice | None = None,
    writer: ScriptWriter | None = None,
    pronunciations: Mapping[str, str] = MappingProxyType({}),
) -> Made:
    """Make the video of an article.

    Args:
        article: The post.
        order: What is wanted.
        fetch: Reads the addresses of pictures.
        cache: A folder for what can be made again.
        output: The MP4; captions, transcript and poster are written beside it.
        tell: Is told of each stage and its advance.
        voice: Who reads it; the voice that comes with Gestral unless given.
        writer: Who writes the script; the post's own words unless given.
        pronunciations: How words are said, by the written word.

    Raises:
        InputError: The article cannot be spoken: no text, or a language without a voice.
        JobError: A stage could not do its work.
    """
    from gestral_video.articles.pictures import load
    from gestral_video.narration.narrate import narrate
    from gestral_video.narration.voices import default_voice, require_voice
    from gestral_video.render.render import render
    from gestral_video.render.styles import style
    from gestral_video.script.check import require_faithful
    from gestral_video.script.commission import commission
    from gestral_video.script.writers import OwnWords
    from gestral_video.storyboard.compose import compose

    voice = voice or default_voice()
    require_voice(order.language or article.language, voice)
    await tell("Writing the script")
    script = await commission(article, order, writer or OwnWords(), cache / "scripts")
    require_faithful(script, article)
    await tell("Fetching pictures")
    pictures, problems = await load(article, cache / "pictures", fetch)
    narration = await _in_thread(
        "Speaking",
        tell,
        lambda watch: narrate(
            script, cache / "takes", voice=voice, pronunciations=pronunciations, progress=watch
        ),
    )
    storyboard = compose(
        article,
        script,
        narration,
        pictures,
        format=order.format,
        style=order.style,
        captions=order.captions,
        turn=style(order.style).turn,
    )
    video = await _in_thread(
        "Rendering",
        tell,
        lambda watch: render(storyboard, cache / "scenes", output, progress=watch),
    )
    return Made(video=video, problems=(*problems, *_letter_problems(storyboard)))


def _letter_problems(storyboard: Storyboard) -> tuple[LetterProblem, ...]:
    from gestral_video.render.fonts import lost_letters

    texts = [storyboard.title, *(cue.text for scene in storyboard.scenes for cue in scene.cues)]
    lost = lost_letters("\n".join(texts))
    if not lost:
        return ()
    named = ", ".join(" ".join(f"U+{ord(c):04X}" for c in letter) for letter in lost[:10])
    more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
    reason = f"No font has {len(lost)} of the post's letters: {named}{more}."
    return (LetterProblem(code="letters-without-font", reason=reason),)


async def _in_thread(stage: str, tell: Tell, work: Callable[[_Watch], T]) -> T:
    """Run a stage in a thread, tell of it meanwhile, and stop it when nobody waits any more."""
    watch = _Watch()
    running = asyncio.ensure_future(asyncio.to_thread(work, watch))
    try:
        while not running.done():
            await tell(stage, watch.done, watch.total)
            await asyncio.wait([running], timeout=LOOK)
    except BaseException:
        watch.stopped = True
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # it is `Stopped`; having asked, asyncio does not warn of it
        raise
    return running.result()
