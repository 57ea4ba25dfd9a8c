"""Tables: which sentences show one, what of it is shown, and when it is a chart."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral_video.articles.article import Paragraph, Table
from gestral_video.storyboard.storyboard import ChartScene, Storyboard, TableScene, TextScene
from gestral_video.storyboard.tables import MOST_ROWS, chart_of

Compose = Callable[..., Storyboard]

BREAD = Table(
    id="b2",
    header=("Ingredient", "Weight", "Share"),
    rows=(("Flour", "500 g", "100 %"), ("Water", "350 g", "70 %"), ("Salt", "10 g", "2 %")),
)


def table(*cells: tuple[str, ...]) -> Table:
    return Table(id="b2", header=("Name", "Size"), rows=cells)


def test_a_row_is_marked_when_its_label_is_spoken(storyboard: Compose) -> None:
    text = "More water makes larger holes."
    board = storyboard(
        [Paragraph(id="b1", text="Before."), BREAD, Paragraph(id="b3", text=text)],
        [("b1", "Before."), ("b2", "A table."), ("b3", text)],
    )
    before, shown = board.scenes[1:3]
    assert isinstance(before, TextScene)
    assert isinstance(shown, TableScene)
    assert shown.rows == BREAD.rows
    assert [cue.text for cue in shown.cues] == ["A table.", text]
    assert [(mark.index, mark.start) for mark in shown.marks] == [
        (1, pytest.approx(shown.cues[1].words[1].start))
    ]


def test_a_table_of_two_columns_is_a_chart(storyboard: Compose) -> None:
    rows = (("Anji", "37 m"), ("Syra", "90 m"))
    board = storyboard([table(*rows)], [("b2", "Anji: 37 m.")])
    chart = board.scenes[1]
    assert isinstance(chart, ChartScene)
    assert (chart.labels, chart.values, chart.texts) == (
        ("Anji", "Syra"),
        (37, 90),
        ("37 m", "90 m"),
    )
    assert [mark.index for mark in chart.marks] == [0]


def test_what_is_spoken_of_a_large_table_is_shown_of_it(storyboard: Compose) -> None:
    rows = tuple(tuple(f"cell{r}x{c}" for c in range(20)) for r in range(60))
    large = Table(id="b2", header=tuple(f"head{c}" for c in range(20)), rows=rows)
    text = "In head17 we have cell42x0 and more."
    board = storyboard([Paragraph(id="b1", text=text), large], [("b1", text)])
    shown = board.scenes[1]
    assert isinstance(shown, TableScene)
    assert len(shown.rows) == MOST_ROWS["16:9"]
    assert shown.rows[-1][0] == "cell42x0"
    assert shown.rows[-1][-1] == "cell42x17"
    assert shown.header[-1] == "head17"
    assert (shown.more_rows, shown.more_columns) == (60 - len(shown.rows), 16)
    assert [mark.index for mark in shown.marks] == [len(shown.rows) - 1]


@pytest.mark.parametrize(
    ("cells", "shape", "values"),
    [
        ((("A", "1,200"), ("B", "−5"), ("C", "0.5")), "bars", (1200, -5, 0.5)),  # noqa: RUF001
        ((("A", "$3.2 billion"), ("B", "$400 million")), "bars", (3.2e9, 4e8)),
        ((("A", "12.5 %"), ("B", "3%")), "bars", (12.5, 3)),
        ((("2020", "1"), ("2021", "4"), ("2022", "9"), ("2023", "16")), "line", (1, 4, 9, 16)),
        ((("Q1 2020", "1"), ("Q2 2020", "4"), ("Q3 2020", "9"), ("Q4 2020", "2")), "line", None),
        (
            (("Jan", "1 k"), ("Feb", "4 k"), ("Mar", "9 k"), ("Apr", "2 M")),
            "line",
            (1e3, 4e3, 9e3, 2e6),
        ),
        ((("2020", "1"), ("2019", "4"), ("2022", "9"), ("2023", "16")), "", None),
        ((("A", "1 m"), ("B", "4 s")), "", None),
        ((("A", "1"), ("B", "none")), "", None),
        ((("A", "0"), ("B", "0")), "", None),
        ((("1", "3"), ("2", "4")), "", None),
        ((("A", "3"), ("A", "4")), "", None),
        ((("A", "3", "4"), ("B", "4", "5")), "", None),
        ((("A", "3"),), "", None),
        (tuple((f"row {i}", f"{i}") for i in range(60)), "", None),
    ],
)
def test_a_chart_is_made_of_numbers_of_one_unit(
    cells: tuple[tuple[str, ...], ...], shape: str, values: tuple[float, ...] | None
) -> None:
    chart = chart_of(table(*cells))
    assert (chart.shape if chart else "") == shape
    if chart:
        assert chart.texts == tuple(row[1] for row in cells)
        assert values is None or chart.values == values


@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3).map(tuple), max_size=12))
def test_any_table_can_be_asked_for_its_chart(rows: list[tuple[str, ...]]) -> None:
    chart = chart_of(Table(id="b1", rows=tuple(rows)))
    assert chart is None or len(chart.labels) == len(chart.values) == len(chart.texts) == len(rows)
