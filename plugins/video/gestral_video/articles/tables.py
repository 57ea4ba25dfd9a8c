"""Tables, and the tables that are none."""

from typing import Final

from lxml.html import HtmlElement

from .article import Block, Image
from .code_blocks import is_line_numbers
from .prose import spoken
from .text import fold

__all__ = ("filled", "is_header", "is_layout", "places_code", "rows_of")

_LAYOUT_CELL: Final = 400
"""Characters: a longer cell belongs to a table that only places things side by side."""


def rows_of(table: HtmlElement) -> list[list[HtmlElement]]:
    rows = []
    for row in table.iter("tr"):
        if next(row.iterancestors("table"), None) is table:
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            if cells:
                rows.append(cells)
    return rows


def filled(rows: list[tuple[str, ...]], header: bool) -> list[tuple[str, ...]]:
    """The rows as a rectangle, without the rows and columns in which nothing is said.

    Args:
        rows: Texts of the cells.
        header: Whether the first row is a header, which alone makes no column worth keeping.
    """
    said = [row for row in rows if any(row)]
    width = max((len(row) for row in said), default=0)
    padded = [row + ("",) * (width - len(row)) for row in said]
    body = padded[1:] if header else padded
    columns = [number for number in range(width) if any(row[number] for row in body)]
    return [tuple(row[number] for number in columns) for row in padded] if body else []


def is_header(row: list[HtmlElement]) -> bool:
    """Whether the row names columns: in header cells, in bold, or beside an empty corner."""
    said = [cell for cell in row if fold(cell.text_content())]
    if len(row) > 2 and len(said) == len(row) - 1 and not fold(row[0].text_content()):
        return True
    return bool(said) and all(
        cell.tag == "th"
        or fold("".join(part.text_content() for part in cell.iter("b", "strong")))
        == fold(cell.text_content())
        for cell in said
    )


def places_code(table: HtmlElement) -> bool:
    """Highlighters put line numbers into one cell and code into the next."""
    return any(True for _ in table.iter("pre")) and any(
        is_line_numbers(element) for element in table.iter("td", "pre", "div", "span")
    )


def is_layout(table: HtmlElement, cells: list[list[Block]], columns: int) -> bool:
    """Whether the table only places things on the page."""
    if table.get("role") in ("presentation", "none") or columns < 2:
        return True
    if any(True for _ in table.iter("th")):
        return False
    if any(table.iter("ul", "ol", "pre", "h1", "h2", "h3", "blockquote")):
        return True
    if next((inner for inner in table.iter("table") if inner is not table), None) is not None:
        return True
    images = sum(isinstance(block, Image) for blocks in cells for block in blocks)
    filled = sum(bool(list(spoken(blocks))) for blocks in cells)
    longest = max((len(" ".join(spoken(blocks))) for blocks in cells), default=0)
    return longest > _LAYOUT_CELL or images >= max(filled, 1) or filled < 2
