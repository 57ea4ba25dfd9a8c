"""What `gestral make` is given: an address of the web, or a file with a post."""

import asyncio
import re
from pathlib import Path
from typing import Any, Final

from gestral.errors import InputError, NotFoundError, TooLargeError

from .article import Article
from .document import PAGE_LIMIT, decode
from .sandbox import extract_safely

__all__ = ("is_address", "read_bytes", "read_file")

_HTML: Final = (".html", ".htm", ".xhtml")
_MARKDOWN: Final = (".md", ".markdown")
_TEXT: Final = (".txt",)
_YAML_FRONT: Final = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML_FRONT: Final = re.compile(r"\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|$)", re.DOTALL)


def is_address(given: str) -> bool:
    """Whether `given` is an address of the web rather than the path of a file."""
    return re.match(r"https?://", given, re.IGNORECASE) is not None


async def read_file(path: Path) -> Article:
    """The article in a file: HTML as saved from a browser, Markdown, or plain text.

    Markdown may begin with the front matter of static site generators (YAML or TOML); its `title`,
    `author`, `date`, `description`, `lang` and `image` are the article's.

    Raises:
        NotFoundError: `no-such-file`.
        TooLargeError: `too-large`.
        InputError: `is-a-folder`, `unreadable-file`, `empty-file`, `binary-file`,
            `unknown-file-type`, `bad-front-matter`, and what extraction raises.
    """
    data, address = await asyncio.to_thread(_read, path)
    return await read_bytes(data, str(path), address)


async def read_bytes(data: bytes, name: str, address: str) -> Article:
    """The article in the bytes of a file, such as one that somebody uploaded.

    Args:
        data: What the file holds.
        name: The file's name; its ending says what kind of file it is.
        address: What the article's address shall be.

    Raises:
        TooLargeError: `too-large`.
        InputError: As `read_file`, but for what concerns the disk.
    """
    kind = _kind(name)
    if len(data) > PAGE_LIMIT:
        raise _too_large(name)
    if not data.strip():
        raise InputError(f"The file {name} is empty.", code="empty-file")
    if kind in _HTML:
        return await extract_safely(data, address)
    if b"\x00" in data[:8000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            f"{name} is not a text file.",
            hint="Give a post as HTML, Markdown or plain text.",
            code="binary-file",
        )
    text = decode(data).replace("\r\n", "\n")
    page = _markdown_page(text, name) if kind in _MARKDOWN else _text_page(text)
    return await extract_safely(page.encode(), address, whole=True)


def _kind(name: str) -> str:
    """The ending of a file's name, if files of that kind are read."""
    kind = Path(name).suffix.lower()
    if kind not in (*_HTML, *_MARKDOWN, *_TEXT):
        raise InputError(
            f"{name} is of a kind that is not read.",
            hint="Posts are read from .html, .md and .txt files.",
            code="unknown-file-type",
        )
    return kind


def _too_large(name: str) -> TooLargeError:
    return TooLargeError(
        f"{name} has more than {PAGE_LIMIT // 1_000_000} MB.",
        hint="Give a file with a single post.",
        code="too-large",
    )


def _read(path: Path) -> tuple[bytes, str]:
    """The file's bytes and its `file:` address."""
    try:
        if path.is_dir():
            raise InputError(
                f"{path} is a folder.",
                hint="Give one post: an HTML, Markdown or text file.",
                code="is-a-folder",
            )
        if path.exists():
            _kind(path.name)
        if path.stat().st_size > PAGE_LIMIT:
            raise _too_large(str(path))
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(
            f"There is no file {path}.",
            hint="Check the path, or give an address that begins with https://.",
            code="no-such-file",
        ) from error
    except OSError as error:
        raise InputError(
            f"The file {path} cannot be read: {error.strerror or error}.", code="unreadable-file"
        ) from error
    return data, path.resolve().as_uri()


def _markdown_page(text: str, name: str) -> str:
    from markdown_it import MarkdownIt

    front, body = _front_matter(text, name)
    # Posts in Markdown hold raw HTML by custom; the walk over the result runs no script of theirs.
    rendered = (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(body)
    )
    return _page(front, rendered)


def _text_page(text: str) -> str:
    from html import escape

    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    front: dict[str, Any] = {}
    if len(paragraphs) > 1 and len(paragraphs[0]) < 120 and "\n" not in paragraphs[0]:
        front["title"] = paragraphs.pop(0)
    return _page(front, "".join(f"<p>{escape(part)}</p>" for part in paragraphs))


def _front_matter(text: str, name: str) -> tuple[dict[str, Any], str]:
    """The front matter as a mapping, and the text after it."""
    import tomllib

    import yaml  # type: ignore[import-untyped]  # PyYAML has no type hints

    text = text.lstrip("\ufeff\n")
    try:
        if match := _YAML_FRONT.match(text):
            front = yaml.safe_load(match[1])
        elif match := _TOML_FRONT.match(text):
            front = tomllib.loads(match[1])
        else:
            return {}, text
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"The front matter at the top of {name} cannot be read: {' '.join(str(error).split())}",
            hint="Correct it or take it out.",
            code="bad-front-matter",
        ) from error
    return (front if isinstance(front, dict) else {}), text[match.end() :]


def _page(front: dict[str, Any], body: str) -> str:
    """A page that says what the front matter says in the words of HTML."""
    from html import escape

    language = front.get("lang") or front.get("language") or ""
    head = [f'<html lang="{escape(str(language))}">' if language else "<html>", "<head>"]
    if front.get("title"):
        head.append(f"<title>{escape(str(front['title']))}</title>")
    for name, key in (
        ("og:title", "title"),
        ("author", "author"),
        ("date", "date"),
        ("description", "description"),
        ("og:image", "image"),
        ("last-modified", "lastmod"),
    ):
        value = front.get(key)
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        if isinstance(value, dict):
            value = value.get("name", "")
        if value:
            head.append(f'<meta name="{name}" content="{escape(str(value))}">')
    return "\n".join((*head, f"</head><body>{body}</body></html>"))
