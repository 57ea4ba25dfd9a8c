"""What `gestral make` is given: an address of the web, or a file with a post."""

import asyncio
import re
from pathlib import Path
from typing import Final

from gestral.errors import InputError, NotFoundError, TooLargeError

from .article import Article
from .sandbox import PAGE_LIMIT, extract_safely, read_text_safely

__all__ = ("is_address", "read_bytes", "read_file")

_HTML: Final = (".html", ".htm", ".xhtml")
_MARKDOWN: Final = (".md", ".markdown")
_TEXT: Final = (".txt",)


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
    return await read_text_safely(data, name, address, markdown=kind in _MARKDOWN)


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
