"""Finds the tables of a file: where the profile's headings stand, and what is said above them.

Most files hold one table. A list of tests (GeneXpert Dx) has named lines and a small table for each of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapters.lab_analyzers.calls import plain
from adapters.lab_analyzers.sheets import Book, Row
from adapters.lab_analyzers.table_layout import Columns, Table

_MOST_NAMED = 1_000
_LOOKED_AT = 200  # rows in which the headings of a sheet must stand, where the profile names none
_WIDE_GAP = re.compile(r" {2,}|\t")


@dataclass(slots=True)
class Grid:
    """One table: ``above`` are the named values over it, ``at`` the columns by heading; ``number`` a row."""

    number: int = 1
    above: dict[str, str] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def read(self, cells: Sequence[str], columns: Columns) -> str:
        """The first heading with something under it in the row, or said above the table."""
        for column in columns:
            heading = plain(column)
            at = self.at.get(heading)
            if at is not None and at < len(cells) and cells[at]:
                return cells[at]
            if at is None and heading in self.above:
                return self.above[heading]
        return ""


def grids(book: Book, layout: Table) -> list[Grid]:
    """The tables with the profile's headings; none: the file has no such heading. Raises Unreadable."""
    if layout.record:
        records = _Records(layout)
        for row in book.rows(0) if book.names else ():
            records.take(row)
        records.end()
        return records.found
    found = _best(book, layout)
    if found is None:
        return []
    for at in _named(book, layout.about):
        for row in book.rows(at):
            _note(found.above, row.cells)
    return [found]


def _named(book: Book, names: Columns) -> list[int]:
    wanted = [plain(name) for name in names]
    known = {plain(name): at for at, name in reversed(list(enumerate(book.names))) if name}
    return [known[name] for name in wanted if name in known][:1]


def _best(book: Book, layout: Table) -> Grid | None:
    """The sheet that the profile names; else the first with results, else the first with specimens."""
    named = _named(book, layout.sheets)
    valued = [plain(heading) for heading in (*layout.result, *layout.quantity, *layout.ct)]
    weak: Grid | None = None
    whole_file = book.names[:1] == [""]
    for at in named or ([0] if whole_file else range(len(book.names))):
        if not named and not whole_file and not _grid(book.rows(at, _LOOKED_AT), layout).at:
            continue  # curves, most often: tens of thousands of rows
        grid = _grid(book.rows(at), layout)
        if grid.at and (named or any(heading in grid.at for heading in valued)):
            return grid
        weak = weak or (grid if grid.at else None)
    return weak


def _grid(rows: Sequence[Row], layout: Table) -> Grid:
    grid, last = Grid(), 0
    wanted = {plain(heading) for heading in layout.specimen}
    for row in rows:
        is_after_gap = row.number > last + 1 or not any(row.cells)
        last = row.number
        if grid.at:
            if is_after_gap and grid.rows:
                break  # an empty line ends the table; another one may follow that is not ours
            if any(row.cells):
                grid.rows.append(row)
        elif wanted & {plain(cell) for cell in row.cells}:
            grid.at, grid.number = _headings(row), row.number
        else:
            _note(grid.above, row.cells)
    return grid


class _Records:
    """A list of tests, each with a table. A word alone begins or ends a part; capitals end a test."""

    def __init__(self, layout: Table) -> None:
        self.found: list[Grid] = []
        self._begin, self._begin_rows = plain(layout.record), plain(layout.record_rows)
        self._general: dict[str, str] = {}
        self._current: Grid | None = None
        self._table = ""  # "heading": the next line is one; "rows": we are in the table

    def take(self, row: Row) -> None:
        word = self._alone(row)
        if word:
            self._part(word, row.number)
        elif not any(row.cells):
            self._table = "" if self._table == "rows" else self._table
        elif self._current is None:
            _note(self._general, row.cells, again=True)
        elif self._table == "heading":
            self._current.at, self._table = _headings(row), "rows"
        elif self._table == "rows":
            self._current.rows.append(row)
        else:
            _note(self._current.above, row.cells)

    def end(self) -> None:
        if self._current is not None:
            self._current.above = {**self._general, **self._current.above}
            self.found.append(self._current)
        self._current = None

    def _part(self, word: str, number: int) -> None:
        self._table = ""
        name = plain(word)
        if name == self._begin or word.isupper():
            self.end()
            self._current = Grid(number) if name == self._begin else None
        elif self._current is not None and name == self._begin_rows and not self._current.at:
            self._table = "heading"

    def _alone(self, row: Row) -> str:
        """The only word of a line; ``Sample ID,`` is a name without its value."""
        if not row.cells or not row.cells[0] or any(row.cells[1:]):
            return ""
        word = row.cells[0]
        is_mark = word.isupper() or plain(word) in {self._begin, self._begin_rows}
        return word if len(row.cells) == 1 or is_mark or self._table == "rows" else ""


def _headings(row: Row) -> dict[str, int]:
    return {plain(cell): at for at, cell in reversed(list(enumerate(row.cells))) if cell}


def _note(above: dict[str, str], cells: Sequence[str], *, again: bool = False) -> None:
    """``* Name = value`` (QuantStudio), two cells (CFX) or ``Name: value  Name: value`` (LightCycler)."""
    for name, value in _named_values(cells):
        key = plain(name)
        if key and value.strip() and len(above) < _MOST_NAMED and (again or key not in above):
            above[key] = value.strip()


def _named_values(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not cells:
        return
    name, equals, value = cells[0].lstrip("*# ").partition("=")
    if equals:
        yield name, value
    elif any(cells[1:]):
        yield name, cells[1]
    else:
        for part in _WIDE_GAP.split(cells[0]):
            name, _, value = part.partition(": ")
            yield name, value
