"""Publishing: captions, chapters, sources and the transcript."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from gestral_video.publish.captions import captions_of, srt, webvtt
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


SENTENCE = st.lists(st.text("abc<&>,.", min_size=1, max_size=50), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SENTENCE, st.floats(0.05, 3)), min_size=1, max_size=6))
def test_captions_never_overlap_and_hold_their_limits(said: list[tuple[list[str], float]]) -> None:
    scenes = [text_scene(" ".join(words), step=step) for words, step in said]
    captions = captions_of(board(*scenes))
    at = 0.0
    for caption in captions:
        assert caption.start >= at
        assert 5 / 6 - 1e-6 <= caption.end - caption.start <= 7 + 1e-6
        assert 1 <= len(caption.lines) <= 2
        assert all(0 < len(line) <= 42 for line in caption.lines)
        at = caption.end
    told = "".join("".join(caption.lines) for caption in captions).replace(" ", "")
    assert told == "".join(word for words, _ in said for word in words)


def test_a_caption_starts_with_its_word() -> None:
    captions = captions_of(board(text_scene("Nine words are here and all can be read.")))
    assert captions[0].start == 0.0
    second = TextScene(id="c2", duration=4.0, lines=("x",), cues=(cue("Later words.", start=1.5),))
    captions = captions_of(board(text_scene("Nine words are here and all can be read."), second))
    assert abs(captions[-1].start - (9 * 0.4 + 0.2 + 1.5)) < 1e-6


def test_webvtt_escapes_what_would_be_markup() -> None:
    text = webvtt(board(text_scene("a <b> & c --> d")))
    assert text.startswith("WEBVTT\n")
    assert "a &lt;b&gt; &amp; c --&gt; d" in text
    assert re.search(r"^00:00:00\.000 --> 00:00:0\d\.\d{3}$", text, re.MULTILINE)


def test_srt_numbers_its_captions() -> None:
    text = srt(board(text_scene("One."), text_scene("Two.")))
    assert re.findall(r"^(\d+)$", text, re.MULTILINE) == ["1", "2"]
    assert "00:00:00,000 --> " in text


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


def test_the_transcript_links_every_paragraph_to_its_block() -> None:
    text = transcript(
        board(
            text_scene("Hello there.", block="b1"),
            text_scene("And [more].", block="b1"),
            text_scene("Next.", heading="Part", block="b2"),
        )
    )
    assert text.startswith("# A \\*title\\*\n")
    link = "https://example.org/a%20post"
    assert f"Hello there. And \\[more\\]. [¶]({link}#b1)" in text
    assert f"## Part\n\nNext. [¶]({link}#b2)" in text


def test_every_picture_is_among_the_sources_once() -> None:
    scene = ImageScene(id="c1", duration=1.0, picture="p", picture_address="https://example.org/p")
    sources = sources_of(board(scene, scene))
    assert [source.address for source in sources] == [
        "https://example.org/a post",
        "https://example.org/p",
    ]
    assert sources[0].licence == "CC BY 4.0"
