"""Composing: which sentence gets which scene, and when."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral_video.articles.article import (
    Article,
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Table,
)
from gestral_video.narration.narration import Narration, Take
from gestral_video.script.script import Script, Sentence
from gestral_video.script.write import write
from gestral_video.storyboard.compose import compose
from gestral_video.storyboard.storyboard import (
    ChapterScene,
    ClosingScene,
    CodeScene,
    CollageScene,
    ComparisonScene,
    FigureScene,
    Format,
    ImageScene,
    ListScene,
    QuoteScene,
    Storyboard,
    TextScene,
    TitleScene,
)

Compose = Callable[..., Storyboard]
Pictured = Callable[..., Picture]


def test_every_kind_of_block_gets_its_scene(storyboard: Compose, picture: Pictured) -> None:
    board = storyboard(
        [
            Heading(id="b1", text="Part"),
            Paragraph(id="b2", text="Plain words."),
            ListBlock(id="b3", items=("First thing here", "Second thing here"), ordered=True),
            Code(id="b4", text="x = 1", language="python"),
            Quote(id="b5", text="Said well.", author="Ada"),
            Paragraph(id="b6", text="Look at this."),
            Image(id="b7", address="p", caption="A valley"),
        ],
        [
            ("b2", "Plain words."),
            ("b3", "First thing here."),
            ("b3", "Second thing here."),
            ("b4", "A line of Python."),
            ("b5", "Said well."),
            ("b6", "Look at this."),
        ],
        [picture("p")],
    )
    kinds = [TitleScene, TextScene, ListScene, CodeScene, QuoteScene, ImageScene, ClosingScene]
    assert [type(scene) for scene in board.scenes] == kinds
    assert all(scene.heading == "Part" for scene in board.scenes[1:-1])
    items = board.scenes[2]
    assert isinstance(items, ListScene)
    assert items.item_starts == pytest.approx((0.2, 0.2 + 0.9 + 0.25))
    closing = board.scenes[-1]
    assert isinstance(closing, ClosingScene)
    assert closing.address == "example.org/post"
    assert closing.link == "https://example.org/post?from=feed"


def test_neighbours_never_look_alike(storyboard: Compose) -> None:
    said = [(f"b{i}", f"Sentence number {i} of the post.") for i in range(1, 9)]
    board = storyboard([Paragraph(id=i, text=t) for i, t in said], said)
    for before, after in pairwise(board.scenes):
        assert before.look != after.look


def test_sections_turn_code_stays_and_everything_else_dissolves(storyboard: Compose) -> None:
    said = [
        ("b1", "Words."),
        ("b2", "Part one"),
        ("b3", "More words."),
        ("b4", "First this line. " + "And on and on. " * 10),
        ("b4", "Then that one. " + "And on and on. " * 10),
        ("b5", "Said well."),
    ]
    blocks = [
        Paragraph(id="b1", text="Words."),
        Heading(id="b2", text="Part one"),
        Paragraph(id="b3", text="More words."),
        Code(id="b4", text="one\ntwo"),
        Quote(id="b5", text="Said well."),
    ]
    scenes = storyboard(blocks, said, turn="wipe").scenes
    assert [(scene.__struct_config__.tag, scene.transition) for scene in scenes] == [
        ("title", "cut"),
        ("text", "dissolve"),
        ("chapter", "wipe"),
        ("text", "dissolve"),
        ("code", "dissolve"),
        ("code", "cut"),
        ("quote", "dissolve"),
        ("closing", "wipe"),
    ]
    assert scenes[4].look == scenes[5].look


def test_a_picture_too_small_to_look_at_is_not_shown(
    storyboard: Compose, picture: Pictured
) -> None:
    blocks = [Paragraph(id="b1", text="Hello there."), Image(id="b2", address="p")]
    board = storyboard(blocks, [("b1", "Hello there.")], [picture("p", 64, 64)])
    assert not any(isinstance(scene, ImageScene) for scene in board.scenes)


def test_after_two_scenes_of_text_a_picture_of_the_section_is_shown(
    storyboard: Compose, picture: Pictured
) -> None:
    said = [(f"b{i}", f"Sentence number {i} of the post.") for i in range(1, 5)]
    blocks = [Paragraph(id=i, text=t) for i, t in said]
    spacer = Code(id="b8", text="never spoken")
    board = storyboard([*blocks, spacer, Image(id="b9", address="p")], said, [picture("p")])
    kinds = [type(scene) for scene in board.scenes[1:-1]]
    assert kinds == [TextScene, TextScene, ImageScene, TextScene]


def test_a_spoken_heading_has_a_card(storyboard: Compose) -> None:
    blocks = [Heading(id="b1", text="Part one"), Paragraph(id="b2", text="Words.")]
    board = storyboard(blocks, [("b1", "Part one"), ("b2", "Words.")])
    assert [type(scene) for scene in board.scenes[1:3]] == [ChapterScene, TextScene]


def test_a_heading_that_is_neither_heard_nor_shown_has_a_silent_card(storyboard: Compose) -> None:
    quote = Quote(id="b2", text="Said well.")
    board = storyboard([Heading(id="b1", text="Part one"), quote], [("b2", "Said well.")])
    _, card, told, _ = board.scenes
    assert isinstance(card, ChapterScene)
    assert (card.text, card.cues) == ("Part one", ())
    assert isinstance(told, QuoteScene)
    assert card.look != told.look


def test_who_is_quoted_is_shown_below_the_words_and_not_among_them(storyboard: Compose) -> None:
    quote = Quote(id="b1", text="Said well.", author="Ada")
    said = [("b1", "In the words of Ada:"), ("b1", "Said well.")]
    scene = storyboard([quote], said).scenes[1]
    assert isinstance(scene, QuoteScene)
    assert (scene.text, scene.author) == ("Said well.", "Ada")
    assert [cue.text for cue in scene.cues] == [text for _, text in said]


def test_two_items_with_names_are_compared(storyboard: Compose) -> None:
    items = ("Yeasts: they eat sugar", "Bacteria: they make acid")
    said = [("b1", item) for item in items]
    compared = storyboard([ListBlock(id="b1", items=items)], said).scenes[1]
    assert isinstance(compared, ComparisonScene)
    assert compared.names == ("Yeasts", "Bacteria")
    assert compared.texts == ("they eat sugar", "they make acid")
    assert compared.starts == tuple(cue.start for cue in compared.cues)
    three = (*items, "Moulds: nobody wants them")
    listed = storyboard([ListBlock(id="b1", items=three)], [("b1", item) for item in three])
    assert isinstance(listed.scenes[1], ListScene)


@pytest.mark.parametrize(
    ("sizes", "together"),
    [([800, 800], 0), ([800, 220], 2), ([220, 220], 2), ([800, 800, 800], 3), ([800] * 6, 4)],
)
def test_pictures_in_a_row_are_shown_together(
    sizes: list[int], together: int, storyboard: Compose, picture: Pictured
) -> None:
    images = [Image(id=f"i{n}", address=f"p{n}") for n in range(len(sizes))]
    shown = [picture(f"p{n}", width, 200) for n, width in enumerate(sizes)]
    blocks = [Paragraph(id="b1", text="Look at this."), *images]
    scene = storyboard(blocks, [("b1", "Look at this.")], shown).scenes[1]
    if together:
        assert isinstance(scene, CollageScene)
        assert [one.picture for one in scene.pictures] == [f"p{n}" for n in range(together)]
    else:
        assert isinstance(scene, ImageScene)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.sampled_from([24, 25, 30, 60]))
def test_scenes_are_whole_frames_and_takes_are_told_whole(
    take: Callable[..., Take], lengths: list[int], rate: int
) -> None:
    sentences = tuple(
        Sentence(id=f"s{i}", text=" ".join(["word"] * n), spoken="", block_ids=("b1",), pause=0.2)
        for i, n in enumerate(lengths)
    )
    script = Script(mode="full", language="en", sentences=sentences)
    takes = tuple(take(sentence, 0.31) for sentence in sentences)
    article = Article(address="file:post.html", title="T", blocks=(Paragraph(id="b1", text="x"),))
    board = compose(article, script, Narration(voice="v", takes=takes), {}, rate=rate)
    told = dict.fromkeys((t.sentence_id for t in takes), 0.0)
    for scene in board.scenes:
        frames = scene.duration * rate
        assert frames == pytest.approx(round(frames))
        at = 0.0
        for cue in scene.cues:
            assert at - 1e-9 <= cue.start <= cue.end <= scene.duration + 1e-9
            assert cue.take_start == pytest.approx(told[cue.sentence_id])
            told[cue.sentence_id] += cue.end - cue.start
            at = cue.start
            for word in cue.words:
                assert cue.start - 1e-9 <= word.start < word.end <= cue.end + 1e-9
                assert word.start >= at - 1e-9
                at = word.start
        if isinstance(scene, TextScene):
            assert sum(map(len, scene.lines)) <= 200
    assert told == pytest.approx({t.sentence_id: t.duration for t in takes})


WORDS = st.sampled_from(
    ["Bread rises by 12.5 % a day.", "Water is wet.", "So make_dough starts it.", "x" * 200]
)
BLOCKS = st.one_of(
    WORDS.map(lambda text: Paragraph(id="", text=text)),
    WORDS.map(lambda text: Heading(id="", text=text)),
    WORDS.map(lambda text: Quote(id="", text=text, author="Ada")),
    WORDS.map(lambda text: ListBlock(id="", items=(f"A: {text}", f"B: {text}"))),
    st.just(ListBlock(id="", items=("First thing here", "Second thing here", "Third one here"))),
    st.just(Code(id="", text="def make_dough():\n    return 1", language="python")),
    st.integers(1, 60).map(
        lambda count: Table(id="", rows=tuple((f"Water {n}", f"{n} g") for n in range(count)))
    ),
    st.sampled_from(["p1", "p2", "p3"]).map(lambda name: Image(id="", address=name)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=14), st.sampled_from(get_args(Format)))
def test_any_post_becomes_scenes_of_which_neighbours_differ(
    take: Callable[..., Take], picture: Pictured, blocks: list[Block], shape: Format
) -> None:
    named = tuple(msgspec.structs.replace(block, id=f"b{n}") for n, block in enumerate(blocks))
    article = Article(address="https://e.org/p", title="A title", blocks=named)
    pictures = {name: picture(name, 900, 500) for name in ("p1", "p2")}
    pictures["p3"] = picture("p3", 210, 130)
    lines = [("title", article.title), *((b, t) for b, t in _said(named))]
    script = Script(
        mode="full",
        language="en",
        sentences=tuple(
            Sentence(id=f"s{n}", text=text, spoken=text, block_ids=(block,))
            for n, (block, text) in enumerate(lines)
        ),
    )
    narration = Narration(voice="test", takes=tuple(take(s) for s in script.sentences))
    board = compose(article, script, narration, pictures, format=shape)
    assert board == compose(article, script, narration, pictures, format=shape)
    told = [cue.sentence_id for scene in board.scenes for cue in scene.cues]
    assert list(dict.fromkeys(told)) == [sentence.id for sentence in script.sentences]
    for before, after in pairwise(board.scenes):
        assert (before.look == after.look) == (after.transition == "cut")
        assert not isinstance(after, FigureScene) or not isinstance(before, FigureScene)
    for scene in board.scenes:
        assert scene.duration * board.rate == pytest.approx(round(scene.duration * board.rate))
        marks = getattr(scene, "marks", ())
        assert all(0 <= mark.start <= scene.duration for mark in marks)


def _said(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """A sentence or two of every block but images."""
    for block in blocks:
        match block:
            case Paragraph(text=text) | Heading(text=text) | Quote(text=text):
                yield block.id, text
            case ListBlock(items=items):
                yield from ((block.id, item) for item in items)
            case Code():
                yield block.id, "Here is code, and make_dough is in it."
            case Table(rows=rows):
                yield block.id, f"A table, and {rows[-1][0]} is in it."


def test_a_narration_of_another_script_is_refused() -> None:
    script = Script(
        mode="full",
        language="en",
        sentences=(Sentence(id="s1", text="A", spoken="A", block_ids=("title",)),),
    )
    article = Article(address="file:post.html", title="A")
    with pytest.raises(ValueError, match="one take for every sentence"):
        compose(article, script, Narration(voice="v", takes=()), {})


def test_where_to_read_on_is_said_over_the_closing_card() -> None:
    blocks = (Paragraph(id="b1", text="A lamp shines far over the sea at night."),)
    post = Article(
        address="https://example.org/lamps", title="Lamps", site_name="Example", blocks=blocks
    )
    script = write(post, "teaser")
    takes = tuple(
        Take(sentence_id=s.id, path="x", rate=24_000, duration=1.5, words=(), digest="")
        for s in script.sentences
    )
    *_, last = compose(post, script, Narration(voice="v", takes=takes), {}).scenes
    assert isinstance(last, ClosingScene)
    assert [cue.text for cue in last.cues] == ["Read on at Example."]
    assert last.link == "https://example.org/lamps"
    assert 3.0 <= last.duration <= 5.0
