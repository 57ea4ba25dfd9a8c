"""Publishing: captions, chapters, sources and the transcript."""

from gestral_video.publish.chapters import chapters_of
from gestral_video.publish.sources import sources_of
from gestral_video.publish.transcript import transcript
from gestral_video.storyboard.storyboard import (
    ClosingScene,
    Cue,
    CueWord,
    ImageScene,
    Storyboard,
    TextScene,
)


def cue(text: str, start: float = 0.0, step: float = 0.4, block: str = "b1") -> Cue:
    words = tuple(
        CueWord(text=word, start=start + step * i, end=start + step * (i + 1))
        for i, word in enumerate(text.split())
    )
    end = words[-1].end
    return Cue(sentence_id="s1", text=text, block_ids=(block,), start=start, end=end, words=words)


def board(*scenes: TextScene | ImageScene) -> Storyboard:
    return Storyboard(
        title="A *title*",
        language="en",
        address="https://example.org/a post",
        site_name="Example",
        licence="CC BY 4.0",
        scenes=(*scenes, ClosingScene(id="c99", duration=3.0, site_name="Example")),
    )


def text_scene(text: str, *, heading: str = "", step: float = 0.4, block: str = "b1") -> TextScene:
    said = cue(text, step=step, block=block)
    return TextScene(id="c1", duration=said.end + 0.2, lines=(text,), heading=heading, cues=(said,))


def test_a_new_heading_starts_a_chapter_unless_the_last_is_too_short() -> None:
    long = "This sentence takes five seconds and more to say, which is enough for one."
    scenes = [
        text_scene(long),
        text_scene(long, heading="First"),
        text_scene("Short.", heading="Second"),
        text_scene(long, heading="Third"),
    ]
    chapters = chapters_of(board(*scenes))
    assert [chapter.title for chapter in chapters] == ["A *title*", "First", "Second"]
    assert chapters[1].start == scenes[0].duration


def test_the_transcript_links_every_paragraph_to_its_place_in_the_post() -> None:
    text = transcript(
        board(
            text_scene("Hello there.", block="b1"),
            text_scene("And [more].", block="b1"),
            text_scene("To-day, next.", heading="Part", block="b2"),
        )
    )
    assert text.startswith("# A \\*title\\*\n")
    link = "https://example.org/a%20post"
    assert f"Hello there. And \\[more\\]. [¶]({link}#:~:text=Hello%20there.)" in text
    assert f"## Part\n\nTo-day, next. [¶]({link}#:~:text=To%2Dday%2C%20next.)" in text


def test_every_picture_is_among_the_sources_once() -> None:
    scene = ImageScene(id="c1", duration=1.0, picture="p", picture_address="https://example.org/p")
    sources = sources_of(board(scene, scene))
    assert [source.address for source in sources] == [
        "https://example.org/a post",
        "https://example.org/p",
    ]
    assert sources[0].licence == "CC BY 4.0"
