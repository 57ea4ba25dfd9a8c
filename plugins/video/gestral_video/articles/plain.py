"""Posts as their authors write them, Markdown or plain text, as HTML."""

import re
from datetime import date
from typing import Any, Final

from gestral.errors import InputError

from .document import decode

__all__ = ("page_of",)

_YAML_FRONT: Final = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML_FRONT: Final = re.compile(r"\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|$)", re.DOTALL)


def page_of(data: bytes, name: str, *, markdown: bool) -> str:
    """The post as a page of HTML.

    Args:
        data: The file's bytes, in any encoding.
        name: The file's name, for messages.
        markdown: Whether it is Markdown, maybe with front matter; else it is plain text.

    Raises:
        InputError: `bad-front-matter`.
    """
    text = decode(data).replace("\r\n", "\n")
    return _markdown_page(text, name) if markdown else _text_page(text)


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
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise InputError(
            f"The front matter at the top of {name} cannot be read: {' '.join(str(error).split())}",
            hint="Correct it or take it out.",
            code="bad-front-matter",
        ) from error
    return (front if isinstance(front, dict) else {}), text[match.end() :]


def _page(front: dict[str, Any], body: str) -> str:
    """A page that says what the front matter says in the words of HTML."""
    from html import escape

    language = _said(front, "lang") or _said(front, "language")
    head = [f'<html lang="{escape(language)}">' if language else "<html>", "<head>"]
    if title := _said(front, "title"):
        head.append(f"<title>{escape(title)}</title>")
    for name, key in (
        ("og:title", "title"),
        ("author", "author"),
        ("date", "date"),
        ("description", "description"),
        ("og:image", "image"),
        ("last-modified", "lastmod"),
    ):
        if value := _said(front, key):
            head.append(f'<meta name="{name}" content="{escape(value)}">')
    return "\n".join((*head, f"</head><body>{body}</body></html>"))


def _said(front: dict[str, Any], key: str) -> str:
    """What the front matter says of something: a value, a list of values, or a mapping's name.

    What is nested deeper means nothing here, and written out it could be without end: in YAML a
    list may hold another one ten times over, and that one the next.
    """
    value = front.get(key)
    if isinstance(value, dict):
        value = value.get("name")
    values = value if isinstance(value, list) else [value]
    return ", ".join(
        str(one) for one in values if isinstance(one, str | int | float | date) and one
    )
