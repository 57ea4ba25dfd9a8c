"""Files and hostile pages, through the limited child process."""

from pathlib import Path

import pytest

from gestral.errors import InputError, NotFoundError
from gestral_video.articles.article import Code, Heading, ListBlock
from gestral_video.articles.read import is_address, read_file
from gestral_video.articles.sandbox import extract_safely

TEXT = "A sentence of a post that is long enough to be worth reading aloud to somebody."


def test_addresses_are_told_from_paths() -> None:
    assert is_address("https://blog.example/post.html")
    assert is_address("HTTP://blog.example")
    assert not is_address("post.html")
    assert not is_address("posts/https:/post.md")


async def test_markdown_is_read_with_its_front_matter(tmp_path: Path) -> None:
    file = tmp_path / "post.md"
    file.write_text(
        "---\ntitle: A post | with a bar\ndate: 2024-05-06\nauthor: Ada\nlang: en\n---\n"
        f"# A post | with a bar\n\n{TEXT}\n\n## Part\n\n- one\n- two\n\n```python\nx = 1\n```\n"
    )
    article = await read_file(file)
    assert (article.title, article.byline) == ("A post | with a bar", "Ada")
    assert (article.published, article.language) == ("2024-05-06", "en")
    assert article.blocks[1:] == (
        Heading(id="b2", text="Part", level=2),
        ListBlock(id="b3", items=("one", "two")),
        Code(id="b4", text="x = 1", language="python"),
    )


async def test_plain_text_has_its_first_line_for_a_title(tmp_path: Path) -> None:
    file = tmp_path / "post.txt"
    file.write_text(f"A title\n\n{TEXT}\n\n{TEXT} Again & <again>.")
    article = await read_file(file)
    assert article.title == "A title"
    assert "Again & <again>." in repr(article.blocks[-1])


async def test_each_bad_file_has_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text(" \n")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02" * 50)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "large.md").write_bytes(b"word " * 1_100_000)
    (tmp_path / "front.md").write_text("---\ntitle: [broken\n---\ntext")
    for name, code in {
        "empty.md": "empty-file",
        "binary.txt": "binary-file",
        "photo.jpg": "unknown-file-type",
        "large.md": "too-large",
        "front.md": "bad-front-matter",
        ".": "is-a-folder",
    }.items():
        with pytest.raises(InputError) as caught:
            await read_file(tmp_path / name)
        assert caught.value.code == code
    with pytest.raises(NotFoundError) as missing:
        await read_file(tmp_path / "missing.html")
    assert missing.value.code == "no-such-file"


async def test_an_error_in_the_child_is_the_same_error_here() -> None:
    with pytest.raises(InputError) as caught:
        await extract_safely(b"%PDF-1.7", "https://blog.example/a.pdf")
    assert (caught.value.code, type(caught.value)) == ("not-html", InputError)
    assert caught.value.hint


async def test_five_megabytes_of_nested_tags_end_in_a_clear_error() -> None:
    with pytest.raises(InputError) as caught:
        await extract_safely(b"<html>" + b"<div>" * 990_000, "https://blog.example/deep")
    assert caught.value.code == "unreadable-page"
