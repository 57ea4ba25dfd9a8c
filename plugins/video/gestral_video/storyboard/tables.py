"""Tables: which sentences show one, which of its rows and columns, and when it becomes a chart.

| A sentence | shows the table |
|---|---|
| that comes from the table, or cites it | always |
| of the paragraph right before or after it | if it says a row's label: its first cell's words |

Neighbouring sentences share the scene. A table is a chart when its first column names things or
times, exactly one other column holds numbers of one unit, and it has few enough rows: bars, or a
line where the first column is rising times. A table of two columns is shown as its chart; one of
more columns first as the table, then, when it is spoken of again, as the chart.

Of a table that is too large, the rows are shown that are spoken of, then the first ones; the first
column, the columns whose header is spoken, then the first ones; all in their order, and how many
are left out. Every cell is shown as it is written.
"""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from gestral_video.articles.article import Article, Block, Paragraph, Table
from gestral_video.storyboard.groups import Common, Group, Part, heard_words, plain_words
from gestral_video.storyboard.storyboard import ChartScene, Format, Mark, TableScene

__all__ = ("Chart", "chart_of", "chart_scene", "show_tables", "table_scene")

MOST_SECONDS = 24.0
"""For which one table may stand; then it becomes its chart, or its neighbours are shown as text."""
MOST_ROWS: Mapping[Format, int] = {"16:9": 7, "9:16": 12, "1:1": 7, "4:5": 9}
MOST_COLUMNS: Mapping[Format, int] = {"16:9": 4, "9:16": 3, "1:1": 3, "4:5": 3}
FEWEST_BARS, MOST_BARS = 2, 8
FEWEST_POINTS, MOST_POINTS = 4, 60
LABEL_WORDS = 4
"""Of a longer label as many must be heard."""


@dataclass(frozen=True)
class Chart:
    """What of a table can be drawn.

    Attributes:
        shape: Bars, or a line over time.
        labels: One for every row, from the first column.
        values: For every row its number.
        texts: The numbers as they are written.
        title: The header of their column.
    """

    shape: Literal["bars", "line"]
    labels: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    title: str


# --- charts ----------------------------------------------------------------------------------


_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
    "trillion": 1e12,
}
_AMOUNT = re.compile(
    r"(?P<sign>[-+−]?)(?P<prefix>[^\d\s.,+−-]{0,3}) ?(?P<after>[-−]?)"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?: ?(?P<scale>thousand|million|billion|trillion|bn|mn|[kKMB])(?![A-Za-z/]))?"
    r" ?(?P<unit>[^\d\s][^\d]{0,11})?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_QUARTER = re.compile(r"q([1-4])[ /]?(\d{4})|(\d{4})[ -]?q([1-4])")
_MONTH = re.compile(r"([a-z]{3})[a-z]*\.?(?: (\d{4}))?")
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def chart_of(table: Table) -> Chart | None:
    """The chart of a table, if it has one by the module's rule."""
    labels = [row[0].strip() for row in table.rows if row]
    told = labels and all(labels) and len(labels) == len(table.rows)
    if not told or len(set(labels)) < len(labels):
        return None
    numeric = [column for column in range(1, len(table.rows[0])) if _values(table, column)]
    if len(numeric) != 1:
        return None
    values = _values(table, numeric[0])
    times = [_time(label) for label in labels]
    rising = None not in times and sorted(set(times)) == times  # type: ignore[type-var]
    if rising and FEWEST_POINTS <= len(labels) <= MOST_POINTS:
        shape: Literal["bars", "line"] = "line"
    elif FEWEST_BARS <= len(labels) <= MOST_BARS and (rising or _named(labels)):
        shape = "bars"
    else:
        return None
    texts = tuple(row[numeric[0]].strip() for row in table.rows)
    title = table.header[numeric[0]] if numeric[0] < len(table.header) else ""
    return Chart(shape, tuple(labels), values, texts, title)


def _values(table: Table, column: int) -> tuple[float, ...]:
    """The numbers of a column, if all of it are numbers of one unit and not all are zero."""
    units, values = set(), []
    for row in table.rows:
        match = _AMOUNT.fullmatch(row[column].strip())
        if not match:
            return ()
        value = float(match["number"].replace(",", ""))
        value *= _SCALES.get((match["scale"] or "").lower(), 1)
        values.append(-value if "-" in (s := match["sign"] + match["after"]) or "−" in s else value)
        units.add((match["prefix"], (match["unit"] or "").strip()))
    return tuple(values) if len(units) == 1 and any(values) else ()


def _named(labels: Sequence[str]) -> bool:
    return all(any(character.isalpha() for character in label) for label in labels)


def _time(label: str) -> tuple[int, ...] | None:
    """A year, month, quarter or day, to be compared with others of its kind."""
    text = label.casefold()
    if quarter := _QUARTER.fullmatch(text):
        return (int(quarter[2] or quarter[3]), int(quarter[1] or quarter[4]))
    if (month := _MONTH.fullmatch(text)) and month[1] in _MONTHS:
        return (int(month[2] or 0), _MONTHS.index(month[1]))
    if (day := _DAY.fullmatch(text)) and 1000 <= int(day[1]) <= 2200:
        return tuple(int(part) for part in day.groups(default="0"))
    return None


# --- sentences -------------------------------------------------------------------------------


def show_tables(article: Article, groups: Sequence[Group]) -> list[Group]:
    """The groups, with the sentences that show a table in groups of their own."""
    tables = {block.id: block for block in article.blocks if isinstance(block, Table)}
    beside = _beside(article)
    pieces = [piece for group in groups for piece in _parted(group, tables, beside)]
    charts = {table.id: chart_of(table) for table in tables.values()}
    shown: dict[str, int] = {}
    told: list[Group] = []
    for piece in pieces:
        table, last = piece.table, told[-1] if told else None
        if table is None:
            told.append(piece)
            continue
        if last is not None and last.table is table:
            if last.seconds + piece.seconds <= MOST_SECONDS:
                last.parts += piece.parts
                continue
            if charts[table.id] is None and piece.kind == "text":
                told.append(replace(piece, table=None))
                continue
        turn = shown.get(table.id, 0)
        first_as_chart = len(table.rows[0]) == 2 if table.rows else False
        chart = charts[table.id] is not None and (turn % 2 == 0) == first_as_chart
        shown[table.id] = turn + 1
        told.append(replace(piece, kind="chart" if chart else "table"))
    return told


def _beside(article: Article) -> dict[str, list[Table]]:
    """For every paragraph the tables right before and after it."""
    beside: dict[str, list[Table]] = {}
    for before, after in zip(article.blocks, article.blocks[1:], strict=False):
        if isinstance(before, Paragraph) and isinstance(after, Table):
            beside.setdefault(before.id, []).append(after)
        if isinstance(before, Table) and isinstance(after, Paragraph):
            beside.setdefault(after.id, []).append(before)
    return beside


def _parted(
    group: Group, tables: Mapping[str, Table], beside: Mapping[str, Sequence[Table]]
) -> Iterator[Group]:
    if group.kind not in {"text", "table"}:
        yield group
        return

    def table_of(part: Part) -> str:
        table = _table_of(part, group.block, tables, beside)
        return table.id if table else ""

    for table_id, parts in groupby(group.parts, table_of):
        yield replace(group, parts=list(parts), table=tables.get(table_id))


def _table_of(
    part: Part,
    block: Block | None,
    tables: Mapping[str, Table],
    beside: Mapping[str, Sequence[Table]],
) -> Table | None:
    cited = next((tables[i] for i in part.sentence.block_ids if i in tables), None)
    if cited or block is None:
        return cited
    near = beside.get(block.id, ())
    return next((table for table in near if _row_marks(table, [part])), None)


def _row_marks(table: Table, parts: Sequence[Part]) -> list[tuple[int, float]]:
    """Which rows' labels are heard, and when, in the order of time."""
    heard = heard_words(parts)
    texts = [text for text, _ in heard]
    marks = []
    for row, cells in enumerate(table.rows):
        words = plain_words(cells[0])[:LABEL_WORDS] if cells else []
        if not any(len(word) > 1 and not word.isdecimal() for word in words):
            continue
        starts = range(len(texts) - len(words) + 1)
        marks += [(row, heard[i][1]) for i in starts if texts[i : i + len(words)] == words]
    return sorted(marks, key=lambda mark: mark[1])


# --- scenes ----------------------------------------------------------------------------------


def table_scene(common: Common, group: Group, shape: Format) -> TableScene:
    """The scene of a group that shows a table."""
    table = group.table
    assert table is not None  # noqa: S101 - `show_tables` gave it one
    marks = _row_marks(table, group.parts)
    wide = max((len(row) for row in table.rows), default=0)
    heard = {text for text, _ in heard_words(group.parts)}
    spoken = [
        column
        for column, name in enumerate(table.header)
        if (words := plain_words(name)) and heard.issuperset(words)
    ]
    columns = _chosen([0, *spoken], wide, MOST_COLUMNS[shape])
    rows = _chosen([row for row, _ in marks], len(table.rows), MOST_ROWS[shape])
    return TableScene(
        **common,
        caption=table.caption,
        header=tuple(table.header[column] for column in columns) if table.header else (),
        rows=tuple(tuple(table.rows[row][column] for column in columns) for row in rows),
        marks=tuple(
            Mark(index=rows.index(row), start=group.lead_in + start)
            for row, start in marks
            if row in rows
        ),
        more_rows=len(table.rows) - len(rows),
        more_columns=wide - len(columns),
    )


def _chosen(wanted: Sequence[int], count: int, most: int) -> list[int]:
    """At most `most` of 0, 1, ... `count` - 1: the wanted ones first, in their order."""
    return sorted(list(dict.fromkeys([*wanted, *range(count)]))[: min(most, count)])


def chart_scene(common: Common, group: Group) -> ChartScene:
    """The scene of a group that shows a table as a chart."""
    table = group.table
    chart = chart_of(table) if table else None
    assert table is not None  # noqa: S101 - `show_tables` gave it one
    assert chart is not None  # noqa: S101 - it made it a chart for having one
    return ChartScene(
        **common,
        shape=chart.shape,
        title=table.caption or chart.title,
        labels=chart.labels,
        values=chart.values,
        texts=chart.texts,
        marks=tuple(
            Mark(index=row, start=group.lead_in + start)
            for row, start in _row_marks(table, group.parts)
        ),
    )
