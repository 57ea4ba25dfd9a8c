"""Teasers, outlines, and sentences trimmed for the ear."""

import pytest

from gestral_video.articles.article import Article, Block, Heading, ListBlock, Paragraph
from gestral_video.script.aloud import on_its_own, trimmed
from gestral_video.script.check import check
from gestral_video.script.lines import spoken_length
from gestral_video.script.script import SITE_ID, Mode, Script
from gestral_video.script.teaser import MOST_LENGTH
from gestral_video.script.write import write

PARTS = {
    "Why tides turn": (
        "The moon pulls at the sea and lifts the water on both sides of the earth. "
        "This happens twice a day. I remember it well from my childhood by the sea."
    ),
    "What harbours do": (
        "Harbours need gates where the sea falls by more than 10 metres. Gates cost."
    ),
    "What you need": "",
    "References": "Newton wrote about tides in a book of many pages and of great weight.",
}


def post(*, site: str = "The Tide Table", title: str = "On tides") -> Article:
    blocks: list[Block] = [
        Paragraph(id="b1", text="Nobody who lives by the sea can do without a table of tides.")
    ]
    for heading, text in PARTS.items():
        blocks.append(Heading(id=f"b{len(blocks) + 1}", text=heading))
        if text:
            blocks.append(Paragraph(id=f"b{len(blocks) + 1}", text=text))
        else:
            blocks.append(ListBlock(id=f"b{len(blocks) + 1}", items=("A clock", "A good map")))
    return Article(
        address="https://example.org/tides", title=title, site_name=site, blocks=tuple(blocks)
    )


def texts(article: Article, mode: Mode) -> list[str]:
    script = write(article, mode)
    assert not check(script, article)
    return [sentence.text for sentence in script.sentences]


def test_a_teaser_is_the_title_one_or_two_sentences_and_where_to_read_on() -> None:
    title, *telling, closing = texts(post(), "teaser")
    assert title == "On tides"
    assert 1 <= len(telling) <= 2
    assert closing == "Read on at The Tide Table."
    assert sum(spoken_length(text) for text in (title, *telling)) <= MOST_LENGTH
    assert not any("This happens" in text or text.startswith("I ") for text in telling)


def test_a_teaser_of_a_post_without_a_site_names_none() -> None:
    assert not any("Read on" in text for text in texts(post(site=""), "teaser"))


def test_a_sites_name_is_said_without_what_stands_behind_it() -> None:
    assert texts(post(site="Tides | by Ada"), "teaser")[-1] == "Read on at Tides."


def test_another_site_than_the_posts_own_is_no_place_to_read_on() -> None:
    script = write(post(), "teaser")
    elsewhere = post(site="Another")
    assert [found.missing for found in check(script, elsewhere)] == [("The", "Tide", "Table")]
    assert script.sentences[-1].block_ids == (SITE_ID,)


def test_an_outline_tells_every_heading_with_its_key_sentence_or_its_list() -> None:
    assert texts(post(), "outline") == [
        "On tides",
        "Nobody who lives by the sea can do without a table of tides.",
        "Why tides turn",
        "The moon pulls at the sea and lifts the water on both sides of the earth.",
        "What harbours do",
        "Harbours need gates where the sea falls by more than 10 metres.",
        "What you need",
        "A clock",
        "A good map",
    ]


def test_a_post_without_headings_is_outlined_by_its_highlights() -> None:
    plain = Article(
        address="https://example.org/a",
        title="Lamps",
        blocks=(Paragraph(id="b1", text="Lamps were seen from afar by all the ships at sea."),),
    )
    outline, highlights = (write(plain, mode) for mode in ("outline", "highlights"))
    assert isinstance(outline, Script)
    assert outline.sentences == highlights.sentences


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("The lens (see Figure 2) turns.", "The lens turns."),
        ("The lens, as shown below, turns.", "The lens turns."),
        ("The lens turns, as we saw in the previous section.", "The lens turns."),
        ("As mentioned earlier, the lens turns.", "The lens turns."),
        ("As you can see, the lens turns.", "The lens turns."),
        ("The diagram above shows the lens.", "The diagram shows the lens."),
        ("The curve shown below rises.", "The curve shown below rises."),
        ("The code shown below prints 42.", "The code prints 42."),
        ("Run the above code twice.", "Run the code twice."),
        ("A lamp (of brass) stood above the door.", "A lamp (of brass) stood above the door."),
        ("The chart above the door fell.", "The chart above the door fell."),
        ("As seen from the sea, it is small.", "As seen from the sea, it is small."),
        ("It works as described in the book.", "It works as described in the book."),
    ],
)
def test_what_only_points_at_the_page_is_not_said(written: str, said: str) -> None:
    assert trimmed(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("However, the lens turns.", "The lens turns."),
        ("But, in short, the lens turns.", "The lens turns."),
        ("So the lens turns.", "The lens turns."),
        ("So many lenses turn.", "So many lenses turn."),
        ("Still waters turn no lens.", "Still waters turn no lens."),
        ("For example, the lens turns.", "For example, the lens turns."),
        ("Android phones turn.", "Android phones turn."),
    ],
)
def test_a_sentence_told_without_the_one_before_does_not_lean_on_it(
    written: str, said: str
) -> None:
    assert on_its_own(written) == said


def test_a_sentence_that_a_formula_tore_in_two_is_told_as_one() -> None:
    torn = Article(
        address="https://example.org/a",
        title="Roots",
        blocks=(
            Paragraph(id="b1", text="This expression"),
            Paragraph(id="b2", text="√2 is an example of a number that is no fraction."),
        ),
    )
    _, sentence = write(torn, "full").sentences
    assert sentence.text == "This expression √2 is an example of a number that is no fraction."
    assert sentence.block_ids == ("b1", "b2")


@pytest.mark.parametrize(
    "closing",
    [
        "Thanks to everybody who read the drafts of this.",
        "If you have trouble reading, please do let me know.",
        "Our clever algorithms can find in seconds what would take you months.",
        "This article was originally published on the blog of a friend.",
    ],
)
def test_what_a_page_says_to_its_readers_at_its_end_is_not_told(closing: str) -> None:
    blocks = (
        Paragraph(id="b1", text="The lens turns all night."),
        Paragraph(id="b2", text=closing),
    )
    article = Article(address="https://example.org/a", title="Lamps", blocks=blocks)
    for mode in ("full", "highlights", "teaser", "outline"):
        assert texts(article, mode)[1:] == ["The lens turns all night."]
