"""Feeds, their discovery, and the blog that ships with the project."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral.errors import GestralError, InputError
from gestral_video.articles.article import Image, ListBlock, Quote, Table
from gestral_video.articles.pictures import load, local_reader
from gestral_video.articles.read import read_file
from gestral_video.blogs.demo import demo_feed_path, demo_posts
from gestral_video.blogs.feed import Feed, discover, parse_feed, parse_feed_safely

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
    assert feed.unreadable == 1


@pytest.mark.parametrize("data", [b"", b"<html><body>Sign in</body></html>", b"/etc/passwd"])
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
    outcome = await asyncio.gather(parse_feed_safely(hostile, ADDRESS), return_exceptions=True)
    assert isinstance(outcome[0], Feed | InputError)


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
    feed = await parse_feed_safely(feed_path.read_bytes(), feed_path.as_uri())
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
