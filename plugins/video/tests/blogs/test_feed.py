"""Feeds, their discovery, and the blog that ships with the project."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral.errors import GestralError, InputError
from gestral_video.articles.article import Image, ListBlock, Quote, Table
from gestral_video.articles.pictures import load, local_reader
from gestral_video.articles.read import read_file
from gestral_video.blogs.demo import demo_feed_path, demo_posts
from gestral_video.blogs.feed import ENTRIES_LIMIT, Feed, identity, parse_feed
from gestral_video.blogs.home import discover, read_home
from gestral_video.blogs.reading import Given, read_feed, read_feeds
from gestral_video.blogs.sitemap import parse_sitemap

ADDRESS = "https://blog.example/feed.xml"

RSS = b"""<?xml version="1.0" encoding="iso-8859-1"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Caf\xe9 &amp;amp; more</title><link>https://blog.example/</link><language>EN-us</language>
<item><title>First &lt;b&gt;bold&lt;/b&gt;</title><link>/posts/1</link><guid>tag:1</guid>
<pubDate>Mon, 06 May 2024 10:00:00 +0200</pubDate><category>one</category><category>two</category>
<description>Short.</description>
<content:encoded>&lt;p&gt;Long and whole.&lt;/p&gt;</content:encoded></item>
<item><link>https://blog.example/posts/2</link>
<pubDate>Mon, 06 May 0000 10:00:00 GMT</pubDate></item>
<item><title>Nothing to know it by</title></item>
</channel></rss>"""


def test_a_feed_is_read_with_ids_absolute_addresses_and_the_fullest_content() -> None:
    feed = parse_feed(RSS, ADDRESS)
    assert (feed.title, feed.home, feed.language) == (
        "Café & more",
        "https://blog.example/",
        "en-us",
    )
    assert feed.id == ADDRESS
    first, second = feed.entries
    assert (first.id, first.address) == ("tag:1", "https://blog.example/posts/1")
    assert (first.title, first.tags) == ("First bold", ("one", "two"))
    assert first.published == "2024-05-06T08:00:00+00:00"
    assert first.content == "<p>Long and whole.</p>"
    assert (second.id, second.published) == ("https://blog.example/posts/2", "")
    (unreadable,) = feed.unreadable
    assert (unreadable.position, unreadable.title) == (3, "Nothing to know it by")
    assert unreadable.reason == "It has neither id nor address."


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>B</title>{items}</channel></rss>'.encode()


def test_an_id_that_every_post_has_is_none_and_what_stands_there_twice_counts_once() -> None:
    feed = parse_feed(
        rss(
            "<item><guid>blog</guid><link>/a?utm_source=rss</link></item>"
            "<item><guid>blog</guid><link>/b</link></item>"
            + '<item><guid isPermaLink="false">c</guid><link>/c</link></item>'
            * 2
        ),
        ADDRESS,
    )
    assert [entry.id for entry in feed.entries] == [
        "https://blog.example/a",
        "https://blog.example/b",
        "c",
    ]
    assert [one.position for one in feed.unreadable] == [4]


def test_of_more_entries_than_are_read_the_first_are_and_the_rest_is_told_of() -> None:
    items = "".join(f"<item><guid>{n}</guid></item>" for n in range(ENTRIES_LIMIT + 5))
    feed = parse_feed(rss(items), ADDRESS)
    assert len(feed.entries) == ENTRIES_LIMIT
    assert feed.unreadable[0].reason.startswith("5 more entries follow")


def test_a_json_feed_is_read_like_any_other() -> None:
    feed = parse_feed(
        b"""\xef\xbb\xbf{"version": "https://jsonfeed.org/version/1.1", "title": "J &amp; K",
        "home_page_url": "https://blog.example/", "language": "en-GB",
        "hubs": [{"type": "rssCloud", "url": "/x"}, {"type": "WebSub", "url": "https://hub.example/"}],
        "authors": [{"name": "Ada"}],
        "items": [{"id": 7, "url": "/a", "content_text": "One < two.\\n\\nThree.", "tags": ["x", 3],
                   "date_published": "2024-05-06T10:00:00+02:00", "date_modified": "0000-00-00"},
                  "nothing", {"title": "No id"}]}""",
        ADDRESS,
    )
    (entry,) = feed.entries
    assert (feed.title, feed.language, feed.hub) == ("J & K", "en-gb", "https://hub.example/")
    assert (entry.id, entry.address, entry.byline) == ("7", "https://blog.example/a", "Ada")
    assert (entry.published, entry.updated) == ("2024-05-06T08:00:00+00:00", "")
    assert entry.content == "<p>One &lt; two.</p><p>Three.</p>"
    assert len(feed.unreadable) == 2


def test_relative_links_are_resolved_as_the_feed_says() -> None:
    feed = parse_feed(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example/blog/">
        <title>T</title><link rel="hub" href="https://hub.example/"/><link rel="self" href="atom"/>
        <entry><id>urn:1</id><link href="one"/><content type="html" xml:base="one/">
        &lt;img src="a.png"></content></entry></feed>""",
        ADDRESS,
    )
    assert feed.entries[0].address == "https://other.example/blog/one"
    assert feed.entries[0].base == "https://other.example/blog/one/"
    assert (feed.hub, feed.topic) == ("https://hub.example/", "https://other.example/blog/atom")


def test_the_same_post_has_one_identity_whoever_sent_its_reader() -> None:
    assert identity("HTTPS://Blog.Example:443/a?utm_medium=x&p=1#top") == identity(
        "https://blog.example/a?p=1"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"version": 1}',
        b'{"version',
        b"",
        b"<html><body>Sign in</body></html>",
        b"/etc/passwd",
    ],
)
def test_what_is_no_feed_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_feed(data, ADDRESS)
    assert caught.value.code == "not-a-feed"


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60))
def test_bytes_of_any_kind_raise_nothing_but_named_errors(anywhere: bytes, inside: bytes) -> None:
    for data in (anywhere, RSS.replace(b"Short.", inside), RSS.replace(b"tag:1", inside)):
        try:
            parse_feed(data, ADDRESS)
        except GestralError:
            continue


async def test_a_feed_of_endless_comments_ends() -> None:
    hostile = b'<rss version="2.0"><channel><item><description>' + b"<!--" * 300_000
    outcome = await asyncio.gather(read_feed(hostile, ADDRESS), return_exceptions=True)
    assert isinstance(outcome[0], Feed | InputError)


async def test_of_many_feeds_one_that_kills_its_reader_takes_no_other_along() -> None:
    hostile = b'<rss version="2.0"><channel><item><description>' + b"<!--" * 300_000
    given = [
        Given("feed", RSS, ADDRESS),
        Given("feed", hostile[:900_000], ADDRESS),
        Given("feed", b"no feed", ADDRESS),
    ]
    first, second, third = await read_feeds(given)
    assert isinstance(first, Feed)
    assert isinstance(second, Feed | InputError)
    assert isinstance(third, InputError)
    assert third.code == "not-a-feed"


def test_a_blog_without_a_feed_is_read_from_its_sitemap() -> None:
    sitemap = parse_sitemap(
        b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <url><loc>https://blog.example/</loc></url>
        <url><loc>https://blog.example/old-post</loc><lastmod>2020-01-01</lastmod></url>
        <url><loc>https://blog.example/tag/x/</loc></url><url><loc>https://blog.example/about</loc></url>
        <url><loc>https://blog.example/new-post</loc><lastmod>2024-01-01T10:00:00Z</lastmod></url>
        </urlset>""",
        "https://blog.example/sitemap.xml",
    )
    assert [(entry.id, entry.updated) for entry in sitemap.feed.entries] == [
        ("https://blog.example/new-post", "2024-01-01T10:00:00+00:00"),
        ("https://blog.example/old-post", "2020-01-01T00:00:00+00:00"),
    ]


def test_a_blog_without_feed_and_sitemap_is_read_from_its_home_page() -> None:
    home = read_home(
        b"""<html><head><title>The blog</title></head><body>
        <nav><ul><li><a href="/a-page-about-me">About me here</a></li></ul></nav>
        <h2><a href="/2024/how-tides-work">How tides work</a></h2>
        <article><a href="/2024/how-tides-work#more">Continue reading</a></article>
        <li><a href="https://other.example/post-of-others">Somebody else's</a></li>
        <li><a href="/tag/sea">Tagged with sea</a></li></body></html>""",
        "https://blog.example/",
    )
    assert [(entry.id, entry.title) for entry in home.posts.entries] == [
        ("https://blog.example/2024/how-tides-work", "How tides work")
    ]


def test_the_feeds_that_a_page_names_are_found_once_each() -> None:
    page = b"""<html><head>
      <link rel="alternate" type="application/rss+xml" href="/rss">
      <link rel="alternate home" type="application/atom+xml" href="https://feeds.example/atom">
      <link rel="alternate" type="application/rss+xml" href="/rss">
      <link rel="alternate" hreflang="de" href="/de/"></head><body><p>Hello</p></body></html>"""
    assert discover(page, "https://blog.example/about/") == (
        "https://blog.example/rss",
        "https://feeds.example/atom",
    )


async def test_the_demonstration_blog_is_whole() -> None:
    feed_path = demo_feed_path()
    feed = await read_feed(feed_path.read_bytes(), feed_path.as_uri())
    assert [entry.address for entry in feed.entries] == [path.as_uri() for path in demo_posts()]
    assert discover(demo_posts()[0].read_bytes(), demo_posts()[0].as_uri()) == (feed_path.as_uri(),)


@pytest.mark.parametrize("path", demo_posts(), ids=lambda path: path.stem)
async def test_each_demonstration_post_is_read_with_its_pictures(
    path: Path, tmp_path: Path
) -> None:
    article = await read_file(path)
    assert (article.language, article.licence) == ("en", "CC0")
    kinds = {type(block) for block in article.blocks}
    assert {Image, ListBlock, Quote} <= kinds
    assert all(block.author for block in article.blocks if isinstance(block, Quote))
    assert all(block.header for block in article.blocks if isinstance(block, Table))
    pictures, problems = await load(article, tmp_path, local_reader(path))
    assert not problems
    assert pictures.keys() >= {
        block.address for block in article.blocks if isinstance(block, Image)
    }


FEEDS = os.environ.get("GESTRAL_FEEDS", "")


@pytest.mark.skipif(not FEEDS, reason="GESTRAL_FEEDS names no folder of feeds")
def test_a_folder_of_strange_feeds_raises_nothing_but_named_errors() -> None:
    """Such as the test feeds of feedparser, which are not copied into this project."""
    files = [file for file in Path(FEEDS).rglob("*") if file.suffix in {".xml", ".json"}]
    assert files

    codes = set()
    for file in files:
        try:
            parse_feed(file.read_bytes(), ADDRESS)
        except InputError as error:
            codes.add(error.code)
    assert codes <= {"not-a-feed"}
