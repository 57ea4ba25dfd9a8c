"""Code as a page shows it: line breaks and indentation kept, line numbers left out."""

import re
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from .article import Code

__all__ = ("code_of", "is_code_block", "is_line_numbers")

# The HTML standard's own advice first, then the habits of highlighters.
_LANGUAGES: Final = (
    re.compile(r"(?:^|\s)lang(?:uage)?-([a-z][\w+#-]*)", re.IGNORECASE),
    re.compile(
        r"(?:^|\s)(?:highlight-(?:source-|text-)?|brush:\s*|(?:code|sourceCode|hljs)\s+)"
        r"([a-z][\w+#-]*)",
        re.IGNORECASE,
    ),
)
_NO_LANGUAGE: Final = frozenset(
    """
    none text plain plaintext plain-text txt wrapper block highlight toolbar snippet
    nohighlight box default container numbers line-numbers
    """.split()  # noqa: SIM905 - so many words read best as text
)
_LINE_NUMBERS: Final = re.compile(
    r"\b(?:gutter|lineno|linenos|linenumber|line-?numbers?(?:-rows)?|rouge-gutter|copy-?button)\b"
)
_NO_CODE: Final = frozenset(("button", "style", "script"))
_LINE_TAGS: Final = frozenset(("div", "p", "li", "tr"))


def code_of(element: HtmlElement) -> Code | None:
    """The code that an element shows, or None where it is empty."""
    text = _code_text(element)
    return Code(id="", text=text, language=_code_language(element)) if text.strip() else None


def is_code_block(element: HtmlElement) -> bool:
    """Code outside `pre` that is laid out over lines all the same."""
    return any(True for _ in element.iter("br"))


def _code_text(element: HtmlElement) -> str:
    pieces: list[str] = []

    def gather(part: HtmlElement) -> None:
        pieces.append(part.text or "")
        for child in part:
            if child.tag == "br":
                pieces.append("\n")
            elif child.tag not in _NO_CODE and not is_line_numbers(child):
                own_line = child.tag in _LINE_TAGS
                if own_line and not pieces[-1].endswith("\n"):
                    pieces.append("\n")
                gather(child)
                if own_line and not pieces[-1].endswith("\n"):
                    pieces.append("\n")
            pieces.append(child.tail or "")

    gather(element)
    text = "".join(pieces).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    lines = [line.rstrip() for line in text.replace("\u200b", "").split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def is_line_numbers(element: HtmlElement) -> bool:
    return _LINE_NUMBERS.search(element.get("class", "")) is not None


def _code_language(element: HtmlElement) -> str:
    """The language that a class on the code, inside it or just around it names."""
    around = list(islice(element.iterancestors("div", "figure", "td", "tr", "table"), 5))
    for holder in (element, *element.iter("code"), *around):
        for name in ("data-lang", "data-language"):
            if holder.get(name):
                return holder.get(name, "").strip().lower()
        for pattern in _LANGUAGES:
            match = pattern.search(holder.get("class", ""))
            if match and match[1].lower() not in _NO_LANGUAGE:
                return match[1].lower()
    return ""
