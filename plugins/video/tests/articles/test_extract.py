"""Articles out of pages: what is kept, in which order, and what never gets in."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral.errors import GestralError, InputError
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
from gestral_video.articles.document import decode
from gestral_video.articles.extract import extract, extract_whole
from gestral_video.articles.text import squeeze

ADDRESS = "https://blog.example/posts/first-post"
LONG = (
    "This paragraph is long enough to be taken for the text of a post, since it says one thing "
    "after another, with commas, as people do when they write. "
)


def page(body: str, head: str = "", lang: str = "en") -> bytes:
    return f'<html lang="{lang}"><head>{head}</head><body>{body}</body></html>'.encode()


def post(inner: str, head: str = "") -> Article:
    """An article from a page with the usual furniture around `inner`."""
    body = f"""
      <header><h1><a href="/">A Blog</a></h1>
      <nav><ul><li><a href="/">Home</a></li></ul></nav></header>
      <main><article><h1>The first post</h1><p class="byline">By Ada Somebody</p>
      <p>Opening. {LONG}</p>{inner}<p>Closing. {LONG}</p>
      <div class="share-buttons"><a href="#">Share this on every network there is</a></div>
      </article>
      <section class="related"><h2>Related posts</h2>
      <ul><li><a href="/2">Second</a></li></ul></section>
      <div id="comments"><h2>Comments</h2><p>First! {LONG}</p></div></main>
      <footer><p>Copyright by the blog. All rights reserved. {LONG}</p></footer>"""
    return extract(page(body, f"<title>The first post | A Blog</title>{head}"), ADDRESS)


def only(article: Article, kind: type[Block]) -> list[Block]:
    return [block for block in article.blocks if isinstance(block, kind)]


def said(article: Article) -> str:
    return repr(article.blocks)


def test_the_post_is_kept_whole_and_the_page_around_it_left_out() -> None:
    article = post(f"<h2>A section</h2><p>Middle. {LONG}</p>")
    assert article.title == "The first post"
    assert [type(block) for block in article.blocks] == [Paragraph, Heading, Paragraph, Paragraph]
    assert [block.id for block in article.blocks] == ["b1", "b2", "b3", "b4"]
    first, last = article.blocks[0], article.blocks[-1]
    assert isinstance(first, Paragraph)
    assert first.text.startswith("Opening.")
    assert isinstance(last, Paragraph)
    assert last.text.startswith("Closing.")


def test_code_keeps_its_white_space_and_language_and_loses_its_line_numbers() -> None:
    article = post(
        '<div class="highlight-source-rust"><table><tr><td class="gutter"><pre>1\n2</pre></td>'
        "<td><pre>fn main() {<br>    run();\n\n}</pre></td></tr></table></div>"
        '<pre class="hljs language-js"><code><span class="comment">// hi</span>\n  x</code></pre>'
    )
    assert only(article, Code) == [
        Code(id="b2", text="fn main() {\n    run();\n\n}", language="rust"),
        Code(id="b3", text="// hi\n  x", language="js"),
    ]


def test_lists_quotes_and_tables_keep_their_form() -> None:
    article = post(
        "<ol><li>One<ul><li>Nested</li></ul></li><li><p>Two</p></li></ol>"
        "<blockquote><p>To err is human.</p><cite>A. Pope</cite></blockquote>"
        "<blockquote><p>Well said. — Somebody</p></blockquote>"
        "<table><caption>Sizes</caption><tr><th>Name</th><th>Share</th></tr>"
        "<tr><td>Large</td><td>70 %</td></tr><tr><td>Small</td></tr></table>"
    )
    assert article.blocks[1:-1] == (
        ListBlock(id="b2", items=("One", "Nested", "Two"), ordered=True),
        Quote(id="b3", text="To err is human.", author="A. Pope"),
        Quote(id="b4", text="Well said.", author="Somebody"),
        Table(
            id="b5",
            header=("Name", "Share"),
            rows=(("Large", "70 %"), ("Small", "")),
            caption="Sizes",
        ),
    )


def test_images_are_found_in_their_largest_form_with_caption_and_once_each() -> None:
    article = post(
        '<figure><img src="data:image/gif;base64,R0" data-src="/lazy.jpg" alt="A dog">'
        '<noscript><img src="/lazy.jpg"></noscript><figcaption>The <b>dog</b></figcaption></figure>'
        '<p><a href="/large.png"><img src="/small.png" width="320" height="200"></a></p>'
        '<picture><source srcset="/w.webp 800w, /wide.webp 1600w"><img src="/n.jpg"></picture>'
        '<img src="/spacer.gif"><img src="/tick.png" width="16" height="16">'
        '<img class="avatar" src="/me.jpg">'
    )
    root = "https://blog.example"
    assert only(article, Image) == [
        Image(id="b2", address=f"{root}/lazy.jpg", alt="A dog", caption="The dog"),
        Image(id="b3", address=f"{root}/large.png", width=320, height=200),
        Image(id="b4", address=f"{root}/wide.webp"),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="wp-caption"><img src="/a.jpg"><p>What it shows</p></div>',
        '<p><img src="/a.jpg"><br><em>What it shows</em></p>',
        '<p><img src="/a.jpg"></p><p style="text-align: center">What it shows</p>',
        '<div><img src="/a.jpg"></div><div class="media-caption">What it shows</div>',
    ],
)
def test_a_caption_set_without_figure_belongs_to_its_image(markup: str) -> None:
    assert post(f"{markup}<p>More. {LONG}</p>").blocks[1:2] == (
        Image(id="b2", address="https://blog.example/a.jpg", caption="What it shows"),
    )


def test_formulas_are_said_once() -> None:
    article = post(
        f'<p>{LONG} So <span class="katex"><math><semantics><msup><mi>x</mi><mn>2</mn></msup>'
        '<annotation encoding="application/x-tex">x^{2}</annotation></semantics></math>'
        '<span aria-hidden="true">x2</span></span> it is.</p>'
    )
    assert "So x^2 it is." in said(article)


def test_a_post_within_a_form_around_the_whole_page_is_read() -> None:
    body = f"<form><div><h1>Title</h1><p>{LONG}</p><p>{LONG} More.</p></div></form>"
    assert len(extract(page(body), ADDRESS).blocks) == 2


def test_an_image_within_a_sentence_does_not_cut_it() -> None:
    article = post(f'<p>Half of it <img src="/i.png"> and the other half. {LONG}</p>')
    assert "Half of it and the other half." in said(article)


def test_paragraphs_set_by_line_breaks_are_told_apart() -> None:
    article = post(f"<div>One. {LONG}<br><br>Two. {LONG}<br>still two.</div>")
    texts = [block.text for block in article.blocks if isinstance(block, Paragraph)]
    assert texts[1].startswith("One.")
    assert texts[2].startswith("Two.")
    assert texts[2].endswith("still two.")


def test_anchors_and_footnote_marks_are_not_read_out() -> None:
    article = post(
        '<h2>Heading <a class="anchor" href="#heading">#</a></h2>'
        f'<p>A claim<sup><a href="#fn1">1</a></sup> and more. {LONG}</p>'
        f'<section class="footnotes"><ol><li>A note. {LONG}</li></ol></section>'
    )
    assert only(article, Heading) == [Heading(id="b2", text="Heading", level=2)]
    assert "A claim and more." in said(article)
    assert "A note" not in said(article)


def test_what_the_page_declares_about_the_post_is_found() -> None:
    article = post(
        "",
        """<base href="https://cdn.example/x/"><meta property="og:site_name" content="A Blog">
        <meta property="og:image" content="lead.jpg"><meta name="author" content="Ada Somebody">
        <link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">
        <link rel="icon" sizes="16x16" href="/16.png"><link rel="icon" sizes="96x96" href="/96.png">
        <link rel="canonical" href="https://blog.example/posts/canonical">
        <script type="application/ld+json">{"@graph": [{"@type": "BlogPosting", "headline":
        "The first post", "datePublished": "2024-02-03T04:05:06Z", "dateModified": "2024-03-01"}]}
        </script>""",
    )
    assert article.address == "https://blog.example/posts/canonical"
    assert (article.site_name, article.byline) == ("A Blog", "Ada Somebody")
    assert (article.published, article.modified) == ("2024-02-03T04:05:06+00:00", "2024-03-01")
    assert article.licence == "CC BY-SA 4.0"
    assert article.icon == "https://cdn.example/96.png"
    assert article.lead_image == "https://cdn.example/x/lead.jpg"


def test_a_long_text_is_believed_about_its_language_before_its_template() -> None:
    german = (
        "Die Brücke steht seit vielen Jahren über dem Fluss, und niemand weiß mehr genau, wer sie "
        "gebaut hat, obwohl in den Büchern der Stadt manches darüber zu lesen ist. "
    )
    body = "".join(f"<p>{german}</p>" for _ in range(5))
    assert extract(page(f"<article>{body}</article>", lang="en"), ADDRESS).language == "de"
    assert post("").language == "en"


FRENCH = "Élève naïve\N{EN DASH}café, où l'été a duré plus longtemps que prévu, à côté d'un hôtel."


@pytest.mark.parametrize(
    ("encoded", "charset"),
    [
        (FRENCH.encode("cp1252"), None),
        (FRENCH.encode("cp1252"), "iso-8859-1"),
        (FRENCH.encode(), "iso-8859-1"),
        (FRENCH.encode("utf-16"), None),
        (b'<meta charset="windows-1252">' + FRENCH.encode("cp1252"), None),
    ],
)
def test_text_is_read_in_its_real_encoding(encoded: bytes, charset: str | None) -> None:
    assert FRENCH in decode(encoded, charset)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-text"),
        (b"%PDF-1.7 stream", "not-html"),
        (b'{"a": "page"}', "not-html"),
        (b'<?xml version="1.0"?><rss version="2.0"></rss>', "not-html"),
        (page('<div id="root"></div><noscript>Enable JavaScript.</noscript>'), "no-text"),
        (page("<div>" * 2_000), "unreadable-page"),
        (page("<p>" + LONG * 40_000), "too-large"),
    ],
)
def test_every_bad_page_has_an_error_of_its_own(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        extract(data, ADDRESS)
    assert caught.value.code == code
    assert ADDRESS in caught.value.message


TEXT = st.text(alphabet="abc <>&é漢\n", max_size=40)
LEAF = st.builds(
    lambda tag, text: f"<{tag}>{text}</{tag}>",
    st.sampled_from("p h1 h2 li pre td cite code b script style nav".split()),  # noqa: SIM905
    TEXT,
)
MARKUP = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from("div ul ol dl table tr blockquote figure article".split()),  # noqa: SIM905
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda b: b"<html>" + b)))
def test_bytes_of_any_kind_raise_nothing_but_named_errors(data: bytes) -> None:
    try:
        article = extract(data, ADDRESS)
    except GestralError:
        return
    assert article.title


@settings(max_examples=60, deadline=None)
@given(MARKUP)
def test_blocks_of_any_markup_are_numbered_in_order_and_say_something(markup: str) -> None:
    body = f"<p>{LONG}</p><script>stolen()</script><style>stolen</style>{markup}"
    article = extract_whole(page(body), ADDRESS)
    assert [block.id for block in article.blocks] == [
        f"b{number}" for number in range(1, len(article.blocks) + 1)
    ]
    assert "stolen" not in said(article)
    for block in article.blocks:
        if isinstance(block, Paragraph | Heading | Quote):
            assert block.text.strip()
            assert "\n" not in block.text
        if isinstance(block, ListBlock):
            assert block.items
            assert all(block.items)
        if isinstance(block, Table):
            assert len({len(row) for row in (*block.rows, block.header or block.rows[0])}) == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="abcdefgh ", min_size=30, max_size=60), min_size=1, max_size=8))
def test_every_paragraph_of_a_plain_post_is_kept_in_order(texts: list[str]) -> None:
    paragraphs = [f"Number {n} {' '.join(text.split())} {LONG}" for n, text in enumerate(texts)]
    article = extract(
        page("<article>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</article>"), ADDRESS
    )
    found = [squeeze(block.text) for block in article.blocks if isinstance(block, Paragraph)]
    assert found == [squeeze(text) for text in paragraphs]


CORPUS = os.environ.get("GESTRAL_CORPUS", "")


@pytest.mark.skipif(not CORPUS, reason="GESTRAL_CORPUS names no folder of pages")
def test_every_page_of_the_corpus_gives_an_article() -> None:
    pages = sorted(Path(CORPUS).glob("*.html"))
    assert pages
    for path in pages:
        article = extract(path.read_bytes(), path.as_uri())
        assert article.title
        assert article.blocks
