"""Choosing highlights: each rule of the choice by a small post."""

import pytest

from gestral_video.articles.article import (
    Article,
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
)
from gestral_video.script.highlights import MOST_CODES
from gestral_video.script.lines import CODE_PAUSE, Line, lines_of
from gestral_video.script.script import Sentence
from gestral_video.script.standing import can_be_said, leans
from gestral_video.script.write import write


def post(*blocks: Block | str, filler: int = 40) -> Article:
    """A post that begins and ends with filler, so that not all of it can be told."""
    animals = ("otters", "herons", "badgers", "weasels", "beavers", "kestrels", "martens", "lynxes")
    places = ("rivers", "meadows", "villages", "orchards", "quarries")
    facts = [
        f"Most {animals[i % 8]} near {places[i % 5]} were counted by volunteers in spring {i}."
        for i in range(filler)
    ]
    half = filler // 2
    around = [
        Paragraph(id="begin", text=" ".join(facts[:half])),
        Heading(id="heading", text="Near water"),
        *(Paragraph(id=f"fact{i}", text=fact) for i, fact in enumerate(facts[half:])),
    ]
    own = [
        Paragraph(id=f"p{i}", text=block) if isinstance(block, str) else block
        for i, block in enumerate(blocks)
    ]
    return Article(
        address="https://example.com/a",
        title="Counting animals",
        language="en",
        blocks=(around[0], *around[1:], *own),
    )


def told(article: Article) -> list[Sentence]:
    return list(write(article).sentences)


def texts(article: Article) -> list[str]:
    return [sentence.text for sentence in told(article)]


def line(text: str) -> Line:
    return Line(text=text, kind="prose", block_ids=("b1",), section=1, first=False)


def test_code_is_shown_with_the_sentence_that_introduces_it_and_time_to_read() -> None:
    sentences = told(
        post(
            "A script adds them up:", Code(id="c1", text="a = 1\nb = 2", language="python"), "End."
        )
    )
    introduction = next(s for s in sentences if s.text == "A script adds them up:")
    assert introduction.block_ids[0] == "c1"
    assert introduction.pause == CODE_PAUSE


def test_no_more_code_is_sought_than_a_viewer_likes_to_read() -> None:
    blocks: list[Block | str] = []
    for name in ("first", "other", "last", "best"):
        blocks += [f"The {name} listing prints every single count in the valley:"]
        blocks += [Code(id=f"c-{name}", text=f"print({name})\nprint()")]
    shown = [s for s in told(post(*blocks, filler=80)) if s.block_ids[0].startswith("c-")]
    assert 1 <= len(shown) <= MOST_CODES + 1


def test_a_picture_a_list_and_a_quotation_have_their_place() -> None:
    sentences = told(
        post(
            "A hide of willow stands at the bend.",
            Image(id="i1", address="/hide.jpg"),
            "A good counter needs three things:",
            ListBlock(id="l1", items=("A warm coat.", "A pencil.", "Patience.")),
            Quote(id="q1", text="Count twice and sleep well.", author="Ada Brook"),
            "The count ends at noon.",
        )
    )
    cited = {block_id for sentence in sentences for block_id in sentence.block_ids}
    assert {"i1", "l1", "q1"} <= cited


def test_a_list_is_told_whole_after_the_sentence_that_announces_it() -> None:
    items = ("A warm coat.", "A pencil.", "Patience.")
    found = texts(post("A good counter needs three things:", ListBlock(id="l1", items=items)))
    at = found.index("A good counter needs three things:")
    assert tuple(found[at + 1 : at + 4]) == items


def test_a_single_item_of_a_list_is_not_taken() -> None:
    items = tuple(f"Count the animals near the {n} bridge before noon." for n in range(9))
    assert not set(items) & set(texts(post(ListBlock(id="l1", items=items))))


def test_a_question_is_told_with_its_answer_or_not_at_all() -> None:
    question = "Why do volunteers count animals in the cold spring?"
    answer = "Counting animals in spring is a pleasure for volunteers."
    pleasure = Heading(id="h", text="The pleasure")
    assert texts(post(pleasure, f"{question} {answer}"))[-2:] == [question, answer]
    alone = texts(post(f"{question} However, this is hard to say for them."))
    assert question not in alone


def test_a_heading_that_asks_is_said_only_before_its_answer() -> None:
    asking = Heading(id="h", text="Is counting hard?")
    answered = texts(post(asking, "Counting animals in spring takes a day of practice."))
    assert answered[answered.index("Is counting hard?") + 1].startswith("Counting animals")
    evaded = texts(post(asking, "Maybe.", "Counting animals in spring takes a day of practice."))
    assert "Is counting hard?" not in evaded


def test_a_heading_without_a_sentence_below_it_is_not_said() -> None:
    assert "Links" not in texts(post(Heading(id="h", text="Links"), "See https://example.com/b."))


def test_a_post_ends_as_it_ends() -> None:
    ending = "Counting animals in spring is a pleasure for volunteers."
    assert texts(post(Heading(id="h", text="The end"), ending))[-2:] == ["The end", ending]


def test_a_long_ending_gives_way_to_a_short_one() -> None:
    end = Heading(id="h", text="The end")
    short = "Nobody knows how many fish there are."
    long = (
        "Volunteers counting animals in spring agreed that counting animals demands considerable "
        "concentration, waterproof clothing, experienced companions and extraordinarily good "
        "binoculars, besides notebooks, particularly for volunteers counting animals near rivers, "
        "where everything disappears underwater whenever somebody approaches."
    )
    found = texts(post(end, short, long))
    assert found[-1] == short


@pytest.mark.parametrize(
    "ending",
    [
        "Subscribe to our newsletter for more on counting animals.",
        "Follow us for more volunteers counting animals in spring.",
        "Watch the video on the right to see volunteers in spring.",
        "If you want to learn more about animals, head over to the shop.",
        "Our counter helps you count animals in spring.",
        "Please let us know what animals you counted.",
        "This post explains how volunteers count animals.",
        "We hope this article helps volunteers to count animals.",
        "Let's take a look at how volunteers count animals.",
        "As finding 2 says, most volunteers count animals in spring.",
        "Most animals were counted as mentioned earlier.",
        "Spring: the time in which animals are counted.",
    ],
)
def test_what_points_announces_or_advertises_is_left_out(ending: str) -> None:
    assert ending not in texts(post(Heading(id="h", text="The end"), ending))


@pytest.mark.parametrize(
    "text",
    [
        "This year the river froze for the first time.",
        "Water freezes at temperatures below zero.",
        "In 2020 we saw strong growth in every valley.",
        "The page turned yellow over the years.",
    ],
)
def test_what_only_looks_like_a_reference_stands(text: str) -> None:
    assert can_be_said(line(text))
    assert not leans(line(text))


@pytest.mark.parametrize(
    "text",
    [
        "This took the whole of the summer.",
        "Seen from the side, his lens is a stack of rings.",
        "If we replace that with a rope, the boat drifts.",
        "Speaking of which, the boat drifts.",
        "All the rest is lost to the sea.",
        "Nobody had ever been happy there.",
    ],
)
def test_what_needs_the_sentence_before_it_leans(text: str) -> None:
    assert leans(line(text))


def test_another_reason_may_open_a_section() -> None:
    another = line("Another reason is the cold of spring.")
    assert leans(another)
    assert not leans(another, opens_section=True)


def test_a_post_begins_with_its_matter_if_the_author_comes_first() -> None:
    opening = "I moved here after school. The valley lost its otters in one winter."
    article = post(filler=60)
    article = Article(
        address=article.address,
        title=article.title,
        language="en",
        blocks=(Paragraph(id="p0", text=opening), *article.blocks),
    )
    assert texts(article)[1] == "The valley lost its otters in one winter."


def test_a_short_post_is_told_without_scraps_formulas_and_advertising() -> None:
    blocks: tuple[Block, ...] = (
        Paragraph(id="b1", text="Water rises. The sum"),
        Heading(id="b2", text="The law"),
        Paragraph(id="b3", text="h = a + b + c"),
        Heading(id="b4", text="The end"),
        Paragraph(id="b5", text="Water falls. Subscribe now."),
    )
    article = Article(address="https://example.com/a", title="Tides", language="en", blocks=blocks)
    assert texts(article) == ["Tides", "Water rises.", "The end", "Water falls."]


def test_a_post_in_which_no_sentence_stands_alone_is_told_from_the_top() -> None:
    text = " ".join(f"This is why number {n} of them was so much like that." for n in range(60))
    article = Article(
        address="https://example.com/a",
        title="Tides",
        language="en",
        blocks=(Paragraph(id="b1", text=text),),
    )
    assert texts(article)[1].startswith("This is why number 0")
    assert len(texts(article)) < len(lines_of(article))
