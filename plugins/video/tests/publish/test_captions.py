"""Captions by the standards, whatever is said and how fast."""

# ruff: noqa: RUF001  # typographic marks of many scripts are meant

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral_video.publish.captions import (
    Caption,
    captions_of,
    chapter_track,
    descriptions_of,
    srt,
    webvtt,
)
from gestral_video.storyboard.phrases import columns
from gestral_video.storyboard.storyboard import (
    ChartScene,
    ClosingScene,
    CodeScene,
    CollageScene,
    Cue,
    CueWord,
    ImageScene,
    Scene,
    ShownPicture,
    Storyboard,
    TableScene,
    TextScene,
)

FRAME = 1 / 30
LETTERS = st.characters(codec="utf-8", exclude_categories=["Z", "C"])
WORD = st.text("abcdefg,.", min_size=1, max_size=12) | st.text(LETTERS, min_size=1, max_size=50)
SPACELESS = st.text("日本語の字幕。、ไทย가나다", min_size=1, max_size=90)


def board(*scenes: Scene, language: str = "en") -> Storyboard:
    last = ClosingScene(id="c99", duration=3.0, site_name="Example")
    return Storyboard(
        title="A title",
        language=language,
        address="https://example.org/",
        scenes=(*scenes, last),
    )


def scene_of(words: list[CueWord], *, after: float = 0.2) -> TextScene:
    cue = Cue(
        sentence_id="s1",
        text=" ".join(word.text for word in words),
        start=words[0].start,
        end=words[-1].end,
        words=tuple(words),
    )
    return TextScene(id="c1", duration=cue.end + after, lines=(cue.text,), cues=(cue,))


def spoken(text: str, *, step: float = 0.4) -> TextScene:
    words = text.split()
    return scene_of(
        [CueWord(text=w, start=step * i, end=step * (i + 1)) for i, w in enumerate(words)]
    )


@st.composite
def scenes(draw: st.DrawFn, *, slowest: float = 0.0) -> TextScene:
    """A sentence with any pauses; no word faster than `slowest` seconds for a column."""
    words, at = [], 0.0
    for text in draw(st.lists(WORD | SPACELESS, min_size=1, max_size=25)):
        at += draw(st.just(0.0) | st.floats(0, 3))
        end = at + draw(st.floats(0.02, 1.5)) + slowest * (columns(text) + 1)
        words.append(CueWord(text=text, start=at, end=end))
        at = end
    return scene_of(words, after=draw(st.floats(0, 2)))


def words_of(storyboard: Storyboard) -> list[CueWord]:
    found, at = [], 0.0
    for scene in storyboard.scenes:
        for cue in scene.cues:
            found += [CueWord(text=w.text, start=at + w.start, end=at + w.end) for w in cue.words]
        at += scene.duration
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(scenes(), min_size=1, max_size=5))
def test_captions_hold_their_limits_whatever_is_said(said: list[TextScene]) -> None:
    storyboard = board(*said)
    captions = captions_of(storyboard)
    for caption in captions:
        assert 1 <= len(caption.lines) <= 2
        assert all(line and columns(line) <= 42 + 1e-6 for line in caption.lines)
        assert caption.start < caption.end <= caption.start + 7 + 1e-6
    for before, after in pairwise(captions):
        room = after.start - before.start
        assert before.end <= after.start - min(2 * FRAME, room / 2) + 1e-6
        # No blink: a gap is two frames, or long enough to be seen as one.
        gap = after.start - before.end
        assert gap <= 2 * FRAME + 1e-6 or gap >= 0.5 - 1e-6 or before.end - before.start > 6.9
    told = "".join("".join(caption.lines) for caption in captions).replace(" ", "")
    assert told == "".join(word.text for word in words_of(storyboard))


@settings(max_examples=60, deadline=None)
@given(st.lists(scenes(), min_size=1, max_size=4))
def test_a_caption_comes_with_its_first_word_and_stays_for_its_last(said: list[TextScene]) -> None:
    storyboard = board(*said)
    starts = {round(word.start, 6): word for word in words_of(storyboard)}
    captions = captions_of(storyboard)
    for caption, after in zip(captions, [*captions[1:], None], strict=True):
        word = starts.get(round(caption.start, 6))
        if word is not None:
            assert "".join(caption.lines).startswith(word.text[:1])
        last = [w for w in words_of(storyboard) if after is None or w.start < after.start - 1e-6]
        until = min(last[-1].end, caption.start + 7)
        assert caption.end >= until - 0.5 - 1e-6 or after is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(scenes(slowest=1 / 14), min_size=1, max_size=4))
def test_what_is_spoken_calmly_can_be_read(said: list[TextScene]) -> None:
    for caption in captions_of(board(*said)):
        seconds = caption.end - caption.start
        read = sum(columns(line) for line in caption.lines)
        assert seconds >= 5 / 6 - 0.07
        assert read / seconds <= 20 + 1


def test_two_short_sentences_share_a_caption_rather_than_flash() -> None:
    captions = captions_of(
        board(spoken("Yes. No. It was a long way from there to here.", step=0.3))
    )
    assert captions[0].lines == ("Yes. No.", "It was a long way from there to here.")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "The keeper of the lighthouse lit the lamp and the ships in the bay came home.",
            ("The keeper of the lighthouse lit the lamp", "and the ships in the bay came home."),
        ),
        (
            "When the first segment arrives late, nothing that follows can be on time.",
            ("When the first segment arrives late,", "nothing that follows can be on time."),
        ),
        (
            "The first engine was drawn in 1837 by Charles Babbage and by Ada Lovelace.",
            ("The first engine was drawn in 1837", "by Charles Babbage and by Ada Lovelace."),
        ),
    ],
)
def test_lines_break_where_the_language_does(text: str, lines: tuple[str, ...]) -> None:
    (caption,) = captions_of(board(spoken(text, step=0.35)))
    assert caption.lines == lines


def test_a_line_holds_sixteen_chinese_characters_and_does_not_begin_with_a_full_stop() -> None:
    text = "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。"
    word = CueWord(text=text, start=0.0, end=12.0)
    captions = captions_of(board(scene_of([word])))
    lines = [line for caption in captions for line in caption.lines]
    assert "".join(lines) == text
    assert all(len(line) <= 16 and line[0] not in "，。" for line in lines)


def test_thai_words_are_not_cut() -> None:
    text = "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ"
    captions = captions_of(board(scene_of([CueWord(text=text, start=0.0, end=6.0)])))
    lines = [line for caption in captions for line in caption.lines]
    assert len(lines) > 1
    assert "".join(lines) == text
    assert lines[1].startswith(("กัน", "และ", "เสมอภาค", "ใน"))


VTT_CUE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}\n"
    r"(?:(?:(?!-->)(?:[^&<\n]|&(?:amp|lt|gt);))+\n){1,2}\Z"
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(min_size=1, max_size=60) | st.sampled_from(["-->", "<b>", "&amp;", "{\\an8}"]),
        min_size=1,
    )
)
def test_any_text_makes_valid_webvtt(texts: list[str]) -> None:
    words = [
        CueWord(text=word, start=0.5 * index, end=0.5 * index + 0.5)
        for index, word in enumerate(" ".join(texts).split())
    ]
    text = webvtt(board(scene_of(words))) if words else webvtt(board())
    head, *cues = text.split("\n\n")
    assert head == "WEBVTT"
    assert cues[0].startswith("NOTE Language: en")
    for cue in cues[1:]:
        assert VTT_CUE.match(cue.removesuffix("\n") + "\n"), cue


def test_what_looks_like_an_order_to_players_is_shown_as_it_is() -> None:
    text = srt(board(spoken("a <b>x</b> {\\an8} --> end")))
    shown = text.replace("\u2060", "")
    assert "a <b>x</b> {\\an8} --> end" in shown
    assert not re.search(r"</?b>|\{\\", text)
    assert text.count("-->") == 1


def test_srt_lines_end_as_subrip_ends_them() -> None:
    text = srt(board(spoken("One.", step=2), spoken("Two.", step=2)))
    assert text.count("\n") == text.count("\r\n")
    assert re.findall(r"^(\d+)\r$", text, re.MULTILINE) == ["1", "2"]
    assert text.startswith("1\r\n00:00:00,000 --> ")


@pytest.mark.parametrize(
    ("language", "text", "first"),
    [
        ("en", "שלום said the keeper.", "\u200e"),
        ("ar", "Gestral يصنع الأفلام", "\u200f"),
        ("ar", "يصنع الأفلام Gestral", "ي"),
        ("en", "Plain words.", "P"),
        ("en", "123", "1"),
    ],
)
def test_a_line_runs_in_the_direction_of_its_language(language: str, text: str, first: str) -> None:
    storyboard = board(spoken(text), language=language)
    assert webvtt(storyboard).split("\n")[5][0] == first
    assert srt(storyboard).split("\r\n")[2][0] == first


def test_what_is_only_seen_is_described_in_a_silence() -> None:
    said = Cue(sentence_id="s1", text="Look.", start=0.5, end=2.0)
    picture = ImageScene(
        id="c1", duration=2.1, picture="p", alt="A lamp at night", caption="By X", cues=(said,)
    )
    code = CodeScene(id="c2", duration=3.0, code="a = 1\nb = 2", language="python")
    assert descriptions_of(board(spoken("Hi."), picture, spoken("So."), code)) == (
        Caption(
            start=pytest.approx(0.6),
            end=pytest.approx(1.1),
            lines=("Picture: A lamp at night. By X",),
        ),
        Caption(
            start=pytest.approx(0.6 + 2.1 + 0.6),
            end=pytest.approx(0.6 + 2.1 + 0.6 + 3.0),
            lines=("Code in python: a = 1 b = 2",),
        ),
    )


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        (
            TableScene(id="c1", duration=2.0, header=("City", "Rain"), rows=(("Oslo", "2 mm"),)),
            "Table: City, Rain; Oslo, 2 mm",
        ),
        (
            ChartScene(
                id="c1",
                duration=2.0,
                shape="bars",
                labels=("Oslo", "Bergen"),
                values=(2.0, 9.5),
                texts=("2 mm", "9.5 mm"),
                title="Rain",
            ),
            "Chart: Rain. Oslo 2 mm, Bergen 9.5 mm",
        ),
        (
            CollageScene(
                id="c1",
                duration=2.0,
                pictures=(ShownPicture(picture="a", alt="A lamp"), ShownPicture(picture="b")),
            ),
            "Pictures: A lamp",
        ),
    ],
    ids=["table", "chart", "collage"],
)
def test_tables_charts_and_collages_are_described(scene: Scene, told: str) -> None:
    (caption,) = descriptions_of(board(scene))
    assert caption.lines == (told,)


def test_chapters_tile_the_video() -> None:
    text = chapter_track(board(spoken("word " * 20)))
    assert "00:00:00.000 --> 00:00:11.200\nA title\n" in text
