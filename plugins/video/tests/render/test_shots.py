"""Shots: nothing overflows, whatever the text; colours can be read; pictures do not shake."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gestral_video.order import StyleName
from gestral_video.render.compositor import Canvas, Draw, Rect
from gestral_video.render.patches import opaque_patch
from gestral_video.render.shots import Shot, make_shot
from gestral_video.render.shots.figure import counted
from gestral_video.render.stage import stage
from gestral_video.render.styles import STYLES, Style, contrast
from gestral_video.render.syntax import coloured_lines
from gestral_video.render.text import Face, fit, line_width
from gestral_video.storyboard.storyboard import (
    CaptionMode,
    ChapterScene,
    ChartScene,
    ClosingScene,
    CodeScene,
    CollageScene,
    ComparisonScene,
    Cue,
    CueWord,
    FigureScene,
    Format,
    ImageScene,
    ListScene,
    Mark,
    QuoteScene,
    Scene,
    ShownPicture,
    TableScene,
    TextScene,
    TitleScene,
)

HOSTILE = {
    "a word of 200 letters": "x" * 200,
    "a sentence of 400 words": " ".join(f"word{i}" for i in range(400)),
    "emoji": "👩‍👩‍👧‍👦 family 🇳🇴 flag 👍🏽 thumb ✊ " * 6,
    "right to left": "مرحبا بالعالم، هذا نص عربي طويل مع English في الوسط و ١٢٣ رقم",
    "no spaces": "東京特許許可局長今日急遽休暇許可拒否、" * 20,
    "combining": "Z̷̛̹̞͎͓̝̗͖͙a̵̧̛̙̖l̷g̶o̸ " * 10,
    "control": "nul\x00 bell\x07 \u202e override \ufeff mark \ud7ff",
    "long address": "https://example.org/" + "a/very-long_path.html?x=1&" * 20,
    "blank": " ",
}
FORMATS: tuple[Format, ...] = ("16:9", "9:16", "1:1", "4:5")
SCALE = 0.2


def spoken(text: str) -> Cue:
    words = tuple(
        CueWord(text=word, start=0.1 * i, end=0.1 * (i + 1)) for i, word in enumerate(text.split())
    )
    return Cue(sentence_id="s1", text=text, end=0.1 * len(words), words=words)


def scenes(text: str, picture: str) -> list[Scene]:
    cue = spoken(text)
    other = spoken("Something else is said.")
    seconds = 45.0
    return [
        TitleScene(
            id="c1", duration=seconds, title=text, site_name=text, detail=text, cues=(other,)
        ),
        TitleScene(id="c1", duration=seconds, title=text, picture=picture, cues=(cue,)),
        TextScene(id="c2", duration=seconds, lines=(text,), heading=text, cues=(cue,)),
        TextScene(id="c2", duration=seconds, lines=(text, "Changed."), cues=(cue,)),
        QuoteScene(id="c3", duration=seconds, text=text, author=text, cues=(cue,)),
        ListScene(
            id="c4",
            duration=seconds,
            items=(text, "short", text),
            item_starts=(0.0, 1.0, 2.0),
            heading=text,
            cues=(other,),
        ),
        CodeScene(id="c5", duration=seconds, code=f"{text}\n" * 80, language="python", cues=(cue,)),
        CodeScene(
            id="c5",
            duration=seconds,
            code=f"{text}\n" * 80,
            marks=(Mark(index=2, start=0.0), Mark(index=70, start=2.0), Mark(index=900, start=3.0)),
            heading=text,
        ),
        ChapterScene(id="c5", duration=seconds, text=text, heading=text, cues=(cue,)),
        ComparisonScene(
            id="c5",
            duration=seconds,
            names=(text, "short"),
            texts=("short", text),
            starts=(0.0, 1.0),
            heading=text,
            cues=(other,),
        ),
        *(
            CollageScene(
                id="c5",
                duration=seconds,
                pictures=(ShownPicture(picture=picture),) * count,
                heading=text,
                cues=(other,),
            )
            for count in range(1, 5)
        ),
        FigureScene(
            id="c5", duration=seconds, before=text, figure=text, after=text, heading=text, arrives=2
        ),
        FigureScene(
            id="c5", duration=seconds, before=text, figure=f"${'9' * 30}", arrives=2, cues=(cue,)
        ),
        TableScene(
            id="c5",
            duration=seconds,
            caption=text,
            header=(text, "short"),
            rows=((text, "12"), ("short", text), *((text, text),) * 20),
            marks=(Mark(index=21, start=1.0),),
            more_rows=3,
            heading=text,
            cues=(other,),
        ),
        TableScene(id="c5", duration=seconds, rows=((text,),)),
        *(
            ChartScene(
                id="c5",
                duration=seconds,
                shape=shape,
                title=text,
                labels=(text, "short", text, text),
                values=(3.0, -1.0, 0.0, 2.5),
                texts=(text, "-1", "9" * 30, "short"),
                marks=(Mark(index=1, start=1.0),),
                heading=text,
                cues=(other,),
            )
            for shape in ("bars", "line")
        ),
        ImageScene(
            id="c6", duration=seconds, picture=picture, caption=text, credit=text, cues=(other,)
        ),
        ClosingScene(
            id="c7", duration=seconds, site_name=text, address=text, link="https://e.org/" * 12
        ),
    ]


def test_every_kind_of_scene_is_tried(photograph: str) -> None:
    assert {type(scene) for scene in scenes("text", photograph)} == set(get_args(Scene))


def inside(rect: Rect, room: Rect) -> bool:
    slack = 2  # Rounding to whole and to even pixels.
    return (
        rect.left >= room.left - slack
        and rect.top >= room.top - slack
        and rect.right <= room.right + slack
        and rect.bottom <= room.bottom + slack
    )


def assert_nothing_overflows(shot: Shot) -> None:
    for placed in shot.placed:
        assert inside(placed.rect, placed.room), placed
    captions = [placed.rect for placed in shot.placed if placed.what == "caption"]
    for placed in shot.placed:
        if placed.what != "caption":
            assert not any(placed.rect.meets(caption) for caption in captions), placed


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_overflows_or_lies_under_a_caption(
    text: str, shape: Format, photograph: str
) -> None:
    styles = list(STYLES.values())
    for number, scene in enumerate(scenes(text, photograph), start=FORMATS.index(shape)):
        style = styles[number % len(styles)]
        shot = make_shot(scene, stage(shape, SCALE), style, "karaoke")
        assert_nothing_overflows(shot)
        for seconds in (0.0, 1.0, 44.0):
            shot.at(seconds)


def test_text_that_no_room_can_hold_is_trimmed_visibly() -> None:
    fitted = fit(HOSTILE["a sentence of 400 words"], Face("sans", 400, 40), 300, 120, smallest=30)
    assert fitted.trimmed
    assert fitted.lines[-1].text.endswith("…")
    assert fitted.width <= 300
    assert fitted.height <= 120


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
    st.integers(60, 900),
    st.integers(40, 400),
)
def test_fitted_text_is_never_larger_than_its_room(text: str, width: int, height: int) -> None:
    fitted = fit(text, Face("sans", 600, 60, -0.01), width, height, smallest=16)
    assert all(line_width(line.text, fitted.face) <= width + 1 for line in fitted.lines)
    assert fitted.height <= max(height, fitted.face.line_height) + 0.1


def test_lines_are_balanced() -> None:
    fitted = fit("one two three four five six seven", Face("sans", 400, 40), 480, 300, smallest=40)
    widths = [line_width(line.text, fitted.face) for line in fitted.lines]
    assert len(widths) == 2
    assert min(widths) > 0.75 * max(widths)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_all_text_has_the_contrast_of_wcag_aa(style: Style) -> None:
    for palette in style.palettes:
        for ground in (palette.page, *palette.shapes):
            assert contrast(palette.ink, ground) >= 7
            # Large text (from 24 pixels) needs 3; the smallest in use has 22 of 1080.
            assert contrast(palette.muted, ground) >= 4.5
            assert contrast(palette.accent, ground) >= 4.5
    # The box lets a little of the picture below through: a white one is the worst.
    opacity = style.caption_box >> 24
    red, green, blue = (
        round((style.caption_box >> shift & 255) * opacity / 255 + 255 - opacity)
        for shift in (16, 8, 0)
    )
    box = red << 16 | green << 8 | blue
    assert contrast(style.caption_ink, box) >= 7
    assert contrast(style.caption_accent, box) >= 4.5
    code = "# A comment\nclass Point(Base):\n    x: int = 1 + len('text')\n    y = None\n"
    for line in coloured_lines(code, "python", style.code_pygments, most_lines=9, most_columns=99):
        for text, colour in line:
            assert contrast(colour, style.code_page) >= 4.5, text


def test_a_slow_zoom_does_not_shake() -> None:
    """A disc's centre, measured by its moments, follows the exact path to a few hundredths."""
    width, height = 640, 360
    y, x = np.mgrid[0:396, 0:704]
    disc = np.clip(60 - np.hypot(x - 300.5, y - 200.25), 0, 1) * 200 + 20
    patch = opaque_patch(np.repeat(disc[..., None], 3, axis=2).astype(np.uint8))
    background = opaque_patch(np.zeros((height, width, 3), np.uint8))
    planes = (
        np.zeros((height, width), np.uint8),
        np.zeros((height // 2, width // 2), np.uint8),
        np.zeros((height // 2, width // 2), np.uint8),
    )
    canvas = Canvas(planes, background)
    errors = []
    for frame in range(90):
        scale = 0.92 + 0.0004 * frame
        left, top = -0.13 * frame, -0.07 * frame
        canvas.show([Draw(patch, left, top, scale, clip=Rect(0, 0, width, height))])
        weights = planes[0].astype(np.float64) - planes[0].min()
        weights[weights < 5] = 0
        found = cv2.moments(weights)
        across = found["m10"] / found["m00"] - (left + 301.0 * scale - 0.5)
        down = found["m01"] / found["m00"] - (top + 200.75 * scale - 0.5)
        errors.append((across, down))
    assert np.abs(errors).max() < 0.05


def test_only_what_changed_is_composed_and_the_frame_is_the_same(photograph: str) -> None:
    place = stage("16:9", SCALE)
    scene = ImageScene(
        id="c1",
        duration=2.0,
        picture=photograph,
        caption="A label",
        cues=(spoken("one two three"),),
    )
    shot = make_shot(scene, place, STYLES["daylight"], "karaoke")

    def empty() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        half = (place.height // 2, place.width // 2)
        return (
            np.zeros((place.height, place.width), np.uint8),
            np.zeros(half, np.uint8),
            np.zeros(half, np.uint8),
        )

    running = empty()
    canvas = Canvas(running, shot.background)
    for frame in range(60):
        canvas.show(shot.at(frame / 30))
        if frame % 7 == 0:
            fresh = empty()
            Canvas(fresh, shot.background).show(shot.at(frame / 30))
            assert all(np.array_equal(a, b) for a, b in zip(running, fresh, strict=True))
    assert not canvas.show(shot.at(59 / 30))


def test_a_spoken_word_is_lit_while_it_is_spoken(cue: Callable[[str, float], Cue]) -> None:
    text = "red green blue"
    scene = TextScene(id="c1", duration=2.0, lines=(text,), cues=(cue(text, 0.5),))
    shot = make_shot(scene, stage("16:9", SCALE), STYLES["daylight"], "karaoke")
    line = shot.layers[0]
    drawn = [line(seconds) for seconds in (1.02, 1.08, 1.12)]
    assert line(0.3) is None
    assert all(drawn)
    # Lit from 0.9 to 1.1, once the line has come to rest.
    patches = [draw.patch for draw in drawn if draw]
    assert patches[0] is patches[1]
    assert patches[1] is not patches[2]


@pytest.mark.parametrize("captions", get_args(CaptionMode))
def test_a_quotation_rises_with_its_own_words_after_its_author_is_named(
    captions: CaptionMode, cue: Callable[[str, float], Cue]
) -> None:
    cues = (cue("In the words of Ada:", 0.2), cue("Said very well.", 2.0))
    scene = QuoteScene(id="c1", duration=4.0, text="Said very well.", author="Ada", cues=cues)
    shot = make_shot(scene, stage("16:9", SCALE), STYLES["daylight"], captions)
    words = shot.layers[0]
    assert words(1.8) is None
    assert words(2.1)
    assert any(placed.what == "caption" for placed in shot.placed) == (captions != "off")


@pytest.mark.parametrize("figure", ["12.5 %", "$3.2 billion", "1,200", "3×", "−5.00", "007"])  # noqa: RUF001
def test_a_figure_counts_up_and_arrives_as_it_is_written(figure: str) -> None:
    shown = [counted(figure, step / 100) for step in range(101)]
    values = [float(re.sub(r"[^\d.]", "", text)) for text in shown]
    assert values[0] == 0
    assert values == sorted(values)
    assert shown[-1] == figure
    assert figure not in shown[:-1]
    assert all(len(text) <= len(figure) for text in shown)


SIZES = st.tuples(st.integers(1, 60), st.integers(1, 20))
CELLS = st.one_of(st.just("x" * 200), st.just("9" * 30), st.text("ab c1%", max_size=40))


@settings(max_examples=25, deadline=None)
@given(SIZES, st.lists(CELLS, min_size=1, max_size=5), st.sampled_from(FORMATS), st.booleans())
def test_a_table_of_any_size_stays_in_its_room(
    size: tuple[int, int], cells: list[str], shape: Format, headed: bool
) -> None:
    rows, columns = size
    grid = tuple(
        tuple(cells[(row * columns + column) % len(cells)] for column in range(columns))
        for row in range(rows)
    )
    scene = TableScene(
        id="c1", duration=5.0, header=grid[0] if headed else (), rows=grid, cues=(spoken("Said."),)
    )
    shot = make_shot(scene, stage(shape, SCALE), STYLES["daylight"], "karaoke")
    assert_nothing_overflows(shot)
    assert any(placed.what == "row" for placed in shot.placed)


def test_bars_start_at_zero_and_are_as_long_as_their_values() -> None:
    scene = ChartScene(
        id="c1",
        duration=5.0,
        shape="bars",
        labels=("A", "B", "C"),
        values=(200.0, 100.0, -50.0),
        texts=("200", "100", "-50"),
    )
    shot = make_shot(scene, stage("16:9"), STYLES["daylight"], "off")
    bars = [draw for draw in shot.at(4.0) if draw and draw.clip and draw.patch.height < 120][:-1]
    lengths = [bar.patch.width for bar in bars]
    assert lengths[0] == pytest.approx(2 * lengths[1], abs=4)
    assert lengths[1] == pytest.approx(2 * lengths[2], abs=4)
    assert bars[0].x == bars[1].x == bars[2].x + lengths[2]
    # Half of the way of the first bar is not seen: it comes out of the axis.
    early = [draw for draw in shot.at(0.5) if draw and draw.clip and draw.patch.height < 120]
    assert early[0].x < bars[0].x == early[0].rect.left


def test_long_code_scrolls_without_a_jump_to_the_line_that_is_spoken_of() -> None:
    scene = CodeScene(
        id="c1",
        duration=9.0,
        code="\n".join(f"line{i} = {i}" for i in range(200)),
        language="python",
        marks=(Mark(index=100, start=2.0), Mark(index=102, start=4.0), Mark(index=20, start=4.2)),
    )
    shot = make_shot(scene, stage("16:9", SCALE), STYLES["daylight"], "off")
    text = max(shot.at(0.0), key=lambda draw: draw.patch.height if draw else 0)
    assert text
    assert text.clip
    layer = next(
        layer for layer in shot.layers if (draw := layer(0.0)) and draw.patch is text.patch
    )
    drawn = [draw for frame in range(30, 270) if (draw := layer(frame / 30))]
    line = text.patch.height / 200
    assert max(abs(a.y - b.y) for a, b in pairwise(drawn)) < 12 * line
    for seconds, index in ((3.0, 100), (5.0, 20)):
        draw = layer(seconds)
        assert draw
        assert text.clip.top <= draw.y + index * line <= text.clip.bottom - line


def test_every_style_can_be_ordered_and_no_other() -> None:
    assert get_args(StyleName) == tuple(STYLES)
