"""Code in colours: pygments' tokens, line by line."""

from functools import cache
from typing import Any

__all__ = ("coloured_lines",)

_PLAIN = 0xE6E9F2


def coloured_lines(
    code: str, language: str, style_name: str, *, most_lines: int, most_columns: int
) -> list[list[tuple[str, int]]]:
    """The code's first lines as runs of text and colour (0xRRGGBB), tabs as four columns.

    Blank lines around the code are left out, and what lies beyond the given lines and columns; a
    language that nobody knows is drawn plain.
    """
    from pygments import lex

    colours = _colours(style_name)
    lines: list[list[tuple[str, int]]] = [[]]
    shown = code.expandtabs(4).strip("\n").split("\n")[:most_lines]
    text = "\n".join(line[:most_columns] for line in shown)
    for token, value in lex(text, _lexer(language)):
        # A token without a colour has that of its nearest kin: `.split()` tells them, itself last.
        known = [kin for kin in token.split() if kin in colours]
        colour = colours[known[-1]] if known else _PLAIN
        for index, part in enumerate(value.split("\n")):
            if index:
                lines.append([])
            if part:
                lines[-1].append((part, colour))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _lexer(language: str) -> Any:
    from pygments.lexers import TextLexer, get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False)


@cache
def _colours(style_name: str) -> dict[Any, int]:
    from pygments.styles import get_style_by_name

    return {
        token: int(look["color"], 16)
        for token, look in get_style_by_name(style_name)
        if look["color"]
    }
