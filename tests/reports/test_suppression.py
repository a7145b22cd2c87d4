"""The public is told no small group, nor anything from which one follows: a reader who tries fails."""

from collections.abc import Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from api.reports.frame.content import Cell, Column, Content, Note, Row, Table
from api.reports.frame.suppression import SMALLEST_TOLD, hidden_cells, of_district, public
from api.reports.frame.words import SUPPRESSED

Place = tuple[int, int]


def table(numbers: list[list[int]], *, total: bool = True) -> Table:
    rows = [Row(str(at), tuple(Cell(n, "imported", n, people=True) for n in row), district=str(at))
            for at, row in enumerate(numbers)]  # fmt: skip
    sums = tuple(Cell(sum(column), "imported", 9, people=True) for column in zip(*numbers, strict=True))
    below = Row("total", sums, code="total") if total else None
    return Table("t", tuple(Column(str(at)) for at in range(len(sums))), tuple(rows), below)


@st.composite
def with_sums(draw: st.DrawFn) -> list[list[int]]:
    """Rows whose last number is the sum of those before it; small, so that much must be withheld."""
    width = draw(st.integers(1, 2))
    number = st.integers(0, 7) | st.integers(20, 400)
    inner = draw(st.lists(st.lists(number, min_size=width, max_size=width), min_size=1, max_size=4))
    return [[*row, sum(row)] for row in inner]


def others(whole: list[list[int]], hidden: set[Place], *, rows_add_up: bool) -> Iterator[dict[Place, int]]:
    """Tables that a reader must think possible: equal in all that is shown, and in what adds up.

    Whatever differs is made of steps by one, so these are enough; ``whole`` has its sums last.
    """
    last_row, last_column = len(whole) - 1, len(whole[0]) - 1
    bound = last_column if rows_add_up else len(whole[0])
    free = [(at, column) for at, column in sorted(hidden) if at < last_row and column < bound]
    for steps in product((-1, 0, 1), repeat=len(free)):
        made = {(at, column): n for at, row in enumerate(whole) for column, n in enumerate(row)}
        for place, step in zip(free, steps, strict=True):
            made[place] += step
        if rows_add_up:
            for at in range(last_row):
                made[at, last_column] = sum(made[at, column] for column in range(last_column))
        for column in range(len(whole[0])):
            made[last_row, column] = sum(made[at, column] for at in range(last_row))
        same = all(made[at, column] == n or (at, column) in hidden
                   for at, row in enumerate(whole) for column, n in enumerate(row))  # fmt: skip
        if same and all(made[place] > 0 for place in hidden):
            yield made


@given(with_sums(), st.booleans())
def test_nothing_withheld_can_be_computed(rows: list[list[int]], rows_add_up: bool) -> None:
    whole = [*rows, [sum(column) for column in zip(*rows, strict=True)]]
    hidden = hidden_cells(table(rows))
    counts = {(at, column): n for at, row in enumerate(whole) for column, n in enumerate(row) if n}
    assert {place for place, n in counts.items() if n < SMALLEST_TOLD} <= hidden <= counts.keys()
    if hidden == counts.keys():
        return  # nothing is told
    possible = list(others(whole, hidden, rows_add_up=rows_add_up))
    for place in hidden:
        assert len({made[place] for made in possible}) > 1, (whole, hidden, place)


def test_a_small_cell_takes_another_one_or_its_total_with_it() -> None:
    assert hidden_cells(table([[3], [40], [60]])) == {(0, 0), (1, 0)}
    assert hidden_cells(table([[3], [0], [0]])) == {(0, 0), (3, 0)}
    assert hidden_cells(table([[1], [1], [60]])) == {(0, 0), (1, 0), (2, 0)}  # 2 of two would be 1 each
    assert hidden_cells(table([[3], [40]], total=False)) == {(0, 0)}
    assert hidden_cells(table([[0], [5], [60]])) == set()


def test_the_public_is_told_neither_facts_nor_shares_nor_linked_tables() -> None:
    rows = (
        Row("a", (Cell(2, "imported", 2, people=True), Cell(4.0, "derived", 2)), district="731"),
        Row("b", (Cell(40, "imported", 40, people=True), Cell(80.0, "derived", 40)), district="732"),
        Row("c", (Cell(8, "imported", 8, people=True), Cell(16.0, "derived", 8)), district="734"),
    )
    total = Row("total", (Cell(50, "imported", 50, people=True), Cell(100.0, "derived", 50)), code="total")
    columns = (Column("n"), Column("share", "percent"))
    main = Table("main", columns, rows, total)
    linked = Table("linked", columns, rows, public=False)
    told = public(Content((main, linked), 50, notes=(Note("a"), Note("b", (("count", "2"),)))))
    (shown,) = told.tables
    assert [[cell.value for cell in row.cells] for row in shown.rows] == [
        [None, None],
        [40, 80.0],
        [None, None],
    ]
    assert {cell.flag for row in shown.rows for cell in row.cells} == {"", SUPPRESSED}
    assert {cell.events for row in shown.rows for cell in row.cells} == {0}
    assert (told.event_count, [note.code for note in told.notes]) == (None, ["a"])
    (one,) = of_district(told, "731").tables
    assert (len(one.rows), one.total, one.rows[0].cells[0].value) == (1, None, None)
