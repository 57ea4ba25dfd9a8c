"""Writing scripts: what is chosen, and that nothing is said that the post does not say."""

import os
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gestral.errors import InputError
from gestral_video.articles.article import (
    Article,
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from gestral_video.script.check import check, require_faithful
from gestral_video.script.highlights import WORDS_PER_SECOND
from gestral_video.script.lines import lines_of, spoken_length
from gestral_video.script.script import Mode, Script, Sentence
from gestral_video.script.write import write

MODES: tuple[Mode, ...] = get_args(Mode)
TOPICS = ["tides", "harbours", "lighthouses", "currents", "sailors", "charts"]


def article(*blocks: Block, title: str = "On tides", language: str = "en") -> Article:
    return Article(
        address="https://example.com/tides", title=title, language=language, blocks=blocks
    )


def long_article() -> Article:
    """Six sections of prose, with code and pictures between, and openings that lean."""
    blocks: list[Block] = [
        Paragraph(id="b1", text="Tides move all the water of the sea. They do so twice a day.")
    ]
    for topic in TOPICS:
        n = len(blocks)
        blocks += [
            Heading(id=f"b{n + 1}", text=f"Why {topic} matter"),
            Paragraph(
                id=f"b{n + 2}",
                text=f"Most people know {topic} from old books about the sea. However, they forget "
                f"how {topic} shaped the towns along the coast. The oldest records of {topic} "
                f"come from monks who watched the water for years. This took patience and ink. "
                f"Modern {topic} are measured by satellites and by small stations.",
            ),
            Paragraph(id=f"b{n + 3}", text=f"A short program prints a list of {topic}:"),
            Code(id=f"b{n + 4}", text="print(1)\n\nprint(2)", language="python"),
            Paragraph(
                id=f"b{n + 5}",
                text=f"Nobody expected {topic} to change within a single lifetime. As shown above, "
                f"they did. And yet the people of the coast went on as before.",
            ),
            Image(id=f"b{n + 6}", address=f"/{topic}.png", alt=f"{topic}"),
        ]
    blocks.append(Heading(id="b90", text="Conclusion"))
    blocks.append(Paragraph(id="b91", text="Watching tides teaches people patience and care."))
    return article(*blocks)


def texts(script: Script) -> list[str]:
    return [sentence.text for sentence in script.sentences]


def test_the_title_is_said_first() -> None:
    for mode in MODES:
        first = write(long_article(), mode).sentences[0]
        assert (first.text, first.block_ids) == ("On tides", ("title",))


def test_full_tells_every_block_in_order() -> None:
    whole = article(
        Heading(id="b1", text="On tides"),
        Paragraph(id="b2", text="Water moves. Nobody stops it."),
        Heading(id="b3", text="Why"),
        ListBlock(id="b4", items=("the moon", "the sun")),
        Quote(id="b5", text="Time and tide wait for no man.", author="Geoffrey Chaucer"),
        Code(id="b6", text="int a;\n\nint b;", language="c"),
        Table(id="b7", header=("Port", "Height"), rows=(("Brest", "7 m"),)),
        Image(id="b8", address="/a.png", alt="DSC_0042.jpg", caption="The port of Brest at dawn."),
        Image(id="b9", address="/b.png", alt="IMG_1"),
    )
    assert texts(write(whole, "full")) == [
        "On tides",
        "Water moves.",
        "Nobody stops it.",
        "Why",
        "the moon",
        "the sun",
        "In the words of Geoffrey Chaucer:",
        "Time and tide wait for no man.",
        "Here is a C example of 2 lines.",
        "A table shows: Port and Height.",
        "Brest: 7 m.",
        "The port of Brest at dawn.",
    ]


def test_highlights_of_a_long_post_take_60_to_90_seconds() -> None:
    length = sum(spoken_length(text) for text in texts(write(long_article())))
    assert 60 * WORDS_PER_SECOND <= length <= 90 * WORDS_PER_SECOND


def test_highlights_keep_the_order_and_reach_from_the_beginning_to_the_conclusion() -> None:
    post = long_article()
    order = [block.id for block in post.blocks]
    places = [order.index(s.block_ids[0]) for s in write(post).sentences[1:]]
    assert places == sorted(places)
    assert places[0] == 0
    assert order[places[-1]] == "b91"


def test_highlights_name_their_sections() -> None:
    assert sum(text.startswith("Why ") for text in texts(write(long_article()))) >= 3


def test_no_sentence_leans_on_one_that_was_left_out() -> None:
    told = texts(write(long_article()))
    for topic in TOPICS:
        leaning = next((i for i, t in enumerate(told) if f"how {topic} shaped" in t), None)
        if leaning is not None:
            assert told[leaning - 1].startswith(f"Most people know {topic}")
    for text, before in (("This took patience", "The oldest records"), ("As shown", "Nobody")):
        for index, line in enumerate(told):
            if line.startswith(text):
                assert told[index - 1].startswith(before)


def test_a_sentence_that_introduces_code_brings_the_code_with_it() -> None:
    introductions = [s for s in write(long_article()).sentences if s.text.endswith(":")]
    assert introductions
    assert all(len(s.block_ids) == 2 for s in introductions)


def test_code_that_is_introduced_is_shown_with_its_introduction_instead_of_a_description() -> None:
    post = article(
        Paragraph(id="b1", text="Tides are simple. This prints them:"),
        Code(id="b2", text="print(1)\nprint(2)", language="python"),
        Code(id="b3", text="print(3)", language="python"),
    )
    for mode in ("highlights", "full"):
        told = write(post, mode).sentences[1:]
        assert [(s.text, s.block_ids) for s in told] == [
            ("Tides are simple.", ("b1",)),
            ("This prints them:", ("b2", "b1")),
            ("Here is a line of Python.", ("b3",)),
        ]


def test_a_short_post_is_told_whole() -> None:
    post = article(Paragraph(id="b1", text="However, it rains. But not here."))
    assert texts(write(post, "highlights")) == texts(write(post, "full"))


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (Heading(id="b1", text="Only a heading"),),
        (Paragraph(id="b1", text="https://example.com/a 🎉 —"),),
        (Image(id="b1", address="/a.png", alt="IMG_1"),),
    ],
)
def test_a_post_without_a_sentence_is_refused(blocks: tuple[Block, ...]) -> None:
    with pytest.raises(InputError) as caught:
        write(article(*blocks))
    assert caught.value.code == "no-text"


SCRAPS = (
    "the Tide of 3.5 10,000 rises. However, “high” (water) it falls; and: Dr. Who? yes! "
    'https://a.io 日本。語 😀 "so" this l’eau 1.2. …'  # noqa: RUF001  # as people write it
)
WORDS = st.lists(st.sampled_from(SCRAPS.split()), max_size=80).map(" ".join)
TEXT = WORDS | st.text(max_size=40)


def blocks_of(text: st.SearchStrategy[str]) -> st.SearchStrategy[list[Block]]:
    def numbered(makers: list[Block]) -> list[Block]:
        return [type(b)(**{**_fields(b), "id": f"b{i}"}) for i, b in enumerate(makers)]

    one: st.SearchStrategy[Block] = st.one_of(
        st.builds(Heading, id=st.just("b"), text=text),
        st.builds(Paragraph, id=st.just("b"), text=text),
        st.builds(ListBlock, id=st.just("b"), items=st.lists(text, max_size=6).map(tuple)),
        st.builds(Quote, id=st.just("b"), text=text, author=text),
        st.builds(Code, id=st.just("b"), text=text, language=st.sampled_from(["", "c", "js", "x"])),
        st.builds(
            Table,
            id=st.just("b"),
            header=st.lists(text, max_size=3).map(tuple),
            rows=st.lists(st.tuples(text, text), max_size=3).map(tuple),
            caption=text,
        ),
        st.builds(Image, id=st.just("b"), address=st.just("/a"), alt=text, caption=text),
    )
    return st.lists(one, max_size=12).map(numbered)


def _fields(block: Block) -> dict[str, object]:
    return {name: getattr(block, name) for name in block.__struct_fields__}


@given(blocks_of(TEXT), TEXT.filter(str.strip), st.sampled_from(["en", "de", "ja"]))
def test_whatever_is_written_is_faithful(blocks: list[Block], title: str, language: str) -> None:
    post = article(*blocks, title=title, language=language)
    assume(any(line.kind != "heading" for line in lines_of(post)))
    for mode in MODES:
        script = write(post, mode)
        require_faithful(script, post)
        ids = [sentence.id for sentence in script.sentences]
        assert ids == [f"s{number}" for number in range(1, len(ids) + 1)]
        assert all(s.text.strip() and s.block_ids for s in script.sentences)


SOURCE = article(
    Paragraph(
        id="b1",
        text="On 5 May 2021 the port of Brest sold 1,250 boats for 3.5 million. “Never again”, "
        "said Anna.",
    ),
    Code(id="b2", text="a\nb\nc", language="js"),
    title="Boats",
)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("The port of Brest sold 1250 boats.", ()),
        ("Anna said “never again” on 5 May.", ()),
        ("Here is a JavaScript example of 3 lines.", ()),
        ("Here is a JavaScript example of 4 lines.", ("4",)),
        ("The port of Brest sold 250 boats.", ("250",)),
        ("The port sold seven boats.", ("seven",)),
        ("The port of Calais sold boats.", ("Calais",)),
        ("It happened on 6 June 2021.", ("6", "June")),
        ("Anna said “ever again” then.", ("“ever again”",)),
    ],
)
def test_what_the_blocks_do_not_say_is_found(text: str, missing: tuple[str, ...]) -> None:
    sentence = Sentence(id="s1", text=text, spoken=text, block_ids=("b1", "b2"))
    script = Script(mode="full", language="en", sentences=(sentence,))
    assert tuple(m for finding in check(script, SOURCE) for m in finding.missing) == missing


def test_a_block_that_is_not_there_is_found() -> None:
    sentence = Sentence(id="s1", text="Boats", spoken="Boats", block_ids=("title", "b9"))
    script = Script(mode="full", language="en", sentences=(sentence,))
    assert check(script, SOURCE)[0].missing == ("block b9",)


def test_an_unfaithful_script_is_refused_with_both_texts() -> None:
    sentence = Sentence(id="s1", text="Paris sold 9 boats.", spoken="", block_ids=("b1",))
    script = Script(mode="full", language="en", sentences=(sentence,))
    with pytest.raises(InputError) as caught:
        require_faithful(script, SOURCE)
    assert caught.value.code == "unfaithful-script"
    assert "Paris sold 9 boats." in caught.value.message
    assert "1,250 boats" in caught.value.message


CORPUS = os.environ.get("GESTRAL_CORPUS", "")


@pytest.mark.skipif(not CORPUS, reason="GESTRAL_CORPUS names no folder of pages")
@pytest.mark.parametrize("mode", MODES)
def test_scripts_of_real_pages_are_faithful(mode: Mode) -> None:
    from gestral_video.articles.extract import extract

    pages = sorted(Path(CORPUS).glob("*.html"))
    assert pages
    for page in pages:
        post = extract(page.read_bytes(), page.as_uri())
        require_faithful(write(post, mode), post)
