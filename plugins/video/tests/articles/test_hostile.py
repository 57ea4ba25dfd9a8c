"""Pages, posts, feeds and pictures that mean it ill: each fails alone, and the process lives on."""

import ast
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow

import gestral_video
from gestral.errors import InputError
from gestral.limited import Limits
from gestral_video.articles import sandbox
from gestral_video.articles.read import read_bytes
from gestral_video.articles.sandbox import extract_safely, prepare_safely
from gestral_video.blogs.reading import read_feed

ADDRESS = "https://blog.example/a"
TEXT = "A sentence of a post that is long enough to be worth reading aloud to somebody."


async def outcome(reading: Awaitable[object]) -> str:
    """Return what became of it: the code of its error, or "read"."""
    try:
        await reading
    except InputError as error:
        return error.code
    return "read"


def feed(body: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel>{body}</channel></rss>'.encode()


LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
FEEDS = {
    "comments": (feed("<item><description>" + "<!--" * 200_000), {"unreadable-feed", "read"}),
    "nested": (feed("<item>" * 100_000), {"unreadable-feed", "read"}),
    "laughs": (
        feed("<title>&l9;</title>", f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>'),
        {"read", "not-a-feed", "unreadable-feed"},
    ),
    "nothing": (b"\x00" * 1_000_000, {"not-a-feed"}),
    "too large": (feed("x" * 5_000_000), {"too-large"}),
}


@pytest.mark.parametrize("name", FEEDS)
async def test_a_hostile_feed_fails_alone(name: str) -> None:
    data, expected = FEEDS[name]
    assert await outcome(read_feed(data, ADDRESS)) in expected


@pytest.mark.parametrize("kind", ["file:///etc/passwd", "http://127.0.0.1:9/x", "/etc/passwd"])
async def test_a_feed_cannot_read_files_and_addresses_of_its_host(kind: str) -> None:
    doctype = f'<!DOCTYPE rss [<!ENTITY secret SYSTEM "{kind}"> <!ENTITY % more SYSTEM "{kind}">]>'
    data = feed(
        "<title>The &secret; title</title><item><guid>1</guid><title>&secret;</title>"
        '<link>/1</link></item><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
        f'href="{kind}" parse="text"/>',
        doctype,
    )
    read = await read_feed(data, ADDRESS)
    assert "root:" not in repr(read)
    page = f"{doctype}<html><head><title>&secret;</title></head><p>{TEXT} &secret;</p></html>"
    assert "root:" not in repr(await extract_safely(page.encode(), ADDRESS))


PAGES = {
    "links": b"<html><body>" + b'<a href="/x">link</a> ' * 12_000,
    "nested": b"<html><body>" + b"<div>" * 50_000 + TEXT.encode(),
    "attributes": b"<html><body><p " + b"a=b " * 200_000 + b">" + TEXT.encode(),
    "tables": b"<html><body>" + b"<table><tr><td>" * 20_000 + TEXT.encode(),
    "entities": b"<html><body><p>" + b"&#x26;lt;" * 100_000,
    "base": b"<html><base href='//[::1'><body><p>" + TEXT.encode(),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_hostile_page_is_read_or_fails_alone(name: str) -> None:
    assert await outcome(extract_safely(PAGES[name], ADDRESS)) in {
        *("read", "no-text", "unreadable-page", "not-html")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Eleven lists, each of nine times the one before: 200 GB once written out.
        (
            "---\na0: &a0 [lol]\n"
            + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
            + "title: *a11\n---\n"
            + TEXT,
            {"read"},
        ),
        ("---\ndate: 2024-13-45\n---\n" + TEXT, {"bad-front-matter"}),
        ("---\ntitle: !!python/object/apply:os.system [id]\n---\n" + TEXT, {"bad-front-matter"}),
        ("[" * 50_000 + TEXT, {"read", "unreadable-page"}),
        ("> " * 20_000 + TEXT, {"read", "unreadable-page", "no-text"}),
        ("*a_" * 30_000 + TEXT, {"read", "unreadable-page"}),
    ],
    ids=["aliases", "dates", "objects", "brackets", "quotes", "emphasis"],
)
async def test_a_hostile_post_that_was_uploaded_fails_alone(text: str, expected: set[str]) -> None:
    assert await outcome(read_bytes(text.encode(), "post.md", "upload:post.md")) in expected


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, rows: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows or bytes((width // 8 + 1) * min(height, 1000)), 9))
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *chunks, body, chunk(b"IEND", b""))
    )


def written(kind: str, frames: int = 1, size: tuple[int, int] = (400, 300)) -> bytes:
    buffer = io.BytesIO()
    first, *more = [Pillow.new("RGB", size, (n % 256, 0, 0)) for n in range(frames)]
    options = {"save_all": True, "append_images": more} if more else {}
    first.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


BOMB = zlib.compress(bytes(200_000_000), 9)
PICTURES: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "169 megapixels in 20 KB": (
        lambda: png(13_000, 13_000, rows=bytes(1626 * 13_000)),
        {"too-large"},
    ),
    "width beyond belief": (lambda: png(2**31 - 1, 2**31 - 1, rows=b"\0"), {"too-large"}),
    "long and thin": (lambda: png(300, 2_000_000, rows=b"\0"), {"too-large"}),
    "iTXt": (
        lambda: png(400, 300, chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB)),
        {"broken-picture", "read"},
    ),
    "zTXt": (lambda: png(400, 300, chunk(b"zTXt", b"a\0\0" + BOMB)), {"broken-picture", "read"}),
    "iCCP": (lambda: png(400, 300, chunk(b"iCCP", b"a\0\0" + BOMB)), {"broken-picture", "read"}),
    "image data": (lambda: png(400, 300, rows=bytes(200_000_000)), {"broken-picture", "read"}),
    "GIF of many frames": (lambda: written("GIF", 2_000, (200, 120)), {"read"}),
    "animated WebP": (lambda: written("WEBP", 200), {"read"}),
    "WebP as large as can be": (
        lambda: (
            b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0" + b"\xff\x3f\0" + bytes(4)
        ),
        {"too-large", "broken-picture"},
    ),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"svg-picture"}),
    "SVG behind a PNG's first bytes": (lambda: b"\x89PNG\r\n\x1a\n<svg/>", {"broken-picture"}),
    "TIFF": (lambda: written("TIFF"), {"broken-picture"}),
    "EPS": (lambda: written("EPS"), {"broken-picture"}),
    "ICO": (lambda: written("ICO"), {"broken-picture"}),
    "BMP": (lambda: written("BMP"), {"broken-picture"}),
    "PDF": (lambda: written("PDF"), {"broken-picture"}),
    "turned by nonsense": (
        lambda: written("JPEG").replace(
            b"\xff\xd8", b"\xff\xd8\xff\xe1\0\x14Exif\0\0MM\0*\0\0\0\x08\xff\xff", 1
        ),
        {"broken-picture", "read"},
    ),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_a_hostile_picture_fails_alone(name: str, tmp_path: Path) -> None:
    make, expected = PICTURES[name]
    assert await outcome(prepare_safely(make(), ADDRESS, tmp_path)) in expected


async def test_a_child_that_is_ended_is_told_as_the_one_input_that_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sandbox, "PICTURE_LIMITS", Limits(clock=0.01))
    assert await outcome(prepare_safely(written("PNG"), ADDRESS, tmp_path)) == "broken-picture"
    monkeypatch.setattr(sandbox, "PICTURE_LIMITS", Limits())
    assert await outcome(prepare_safely(written("PNG"), ADDRESS, tmp_path)) == "read"


WITNESS = """
import asyncio, sys
from pathlib import Path
from gestral_video.articles.pictures import load, local_reader
from gestral_video.articles.read import read_bytes, read_file
from gestral_video.articles.sandbox import extract_safely
from gestral_video.blogs.demo import demo_feed_path, demo_posts
from gestral_video.blogs.reading import read_feed, read_feeds, read_home_page, read_sitemap, Given

async def everything(folder):
    page, feed = demo_posts()[0], demo_feed_path()
    await read_feed(feed.read_bytes(), feed.as_uri())
    await read_feeds([Given("feed", feed.read_bytes(), feed.as_uri())])
    await read_home_page(page.read_bytes(), page.as_uri())
    await read_sitemap(b"<urlset/>", feed.as_uri())
    await extract_safely(page.read_bytes(), page.as_uri())
    post = b"---\\ntitle: a\\n---\\nSome *text* that is long enough to read."
    await read_bytes(post, "a.md", "upload:a.md")
    pictures, _ = await load(await read_file(page), Path(folder), local_reader(page))
    assert pictures

asyncio.run(everything(sys.argv[1]))
parsers = {"feedparser", "lxml", "markdown_it", "nh3", "PIL", "trafilatura", "yaml"}
print(sorted(parsers & {name.partition(".")[0] for name in sys.modules}))
"""


def test_no_parser_is_even_imported_outside_of_limited_children(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", WITNESS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"


PARSING = {
    *("extract", "extract_whole", "page_of", "parse_feed", "parse_json_feed", "parse_page"),
    *("parse_sitemap", "prepare", "read_home"),
}


def test_nothing_but_the_tasks_of_limited_children_parses() -> None:
    package = Path(gestral_video.__file__).parent
    named = {
        (file.relative_to(package).as_posix(), alias.name)
        for file in package.rglob("*.py")
        for part in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(part, ast.ImportFrom)
        for alias in part.names
        if alias.name in PARSING
    }
    assert named == {
        ("articles/extract.py", "parse_page"),
        ("articles/tasks.py", "extract"),
        ("articles/tasks.py", "extract_whole"),
        ("articles/tasks.py", "page_of"),
        ("articles/tasks.py", "prepare"),
        ("blogs/feed.py", "parse_json_feed"),
        ("blogs/home.py", "parse_page"),
        ("blogs/reading.py", "parse_feed"),
        ("blogs/reading.py", "parse_sitemap"),
        ("blogs/reading.py", "read_home"),
    }
