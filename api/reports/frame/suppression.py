"""What the public is told of a report: no small group of people, and nothing from which one follows.

A cell that counts fewer than five people (and not none) is withheld, and further cells with it until each of
them could have another value. Known to whoever reads: every other cell, that columns add up to their total,
that numbers of a row may add up to another, and that no withheld number is 0.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from api.reports.frame.content import Cell, Content, Row, Table
from api.reports.frame.words import SUPPRESSED

SMALLEST_TOLD = 5
MOST_WITHHELD = 1000  # above it, all numbers of people in a table are withheld
Place = tuple[int, int]  # of a cell: row (the total is the last one), column
Node = tuple[str, int]
_GROUND: Node = ("ground", 0)


def public(content: Content) -> Content:
    """Without what is not for the public, and without how many facts are behind a number."""
    tables = tuple(_told(table) for table in content.tables if table.public)
    notes = tuple(note for note in content.notes if not note.told)
    return replace(content, tables=tables, notes=notes, event_count=None)


def of_district(content: Content, district: str) -> Content:
    """The rows of one district; tables that have none are left out, and so are totals."""
    tables = [
        replace(table, rows=tuple(row for row in table.rows if row.district == district), total=None)
        for table in content.tables
    ]
    return replace(content, tables=tuple(table for table in tables if table.rows), completeness=None)


def _told(table: Table) -> Table:
    withheld = hidden_cells(table)
    rows = [*table.rows, *([table.total] if table.total else [])]
    made = [_row(row, at, withheld) for at, row in enumerate(rows)]
    if table.total is None:
        return replace(table, rows=tuple(made))
    return replace(table, rows=tuple(made[:-1]), total=made[-1])


def _row(row: Row, at: int, withheld: set[Place]) -> Row:
    """A share of something withheld is withheld, too."""
    some = any(place[0] == at for place in withheld)

    def told(cell: Cell, column: int) -> Cell:
        of_people = cell.source == "derived" and isinstance(cell.value, float)
        if (at, column) in withheld or (some and of_people):
            return Cell(None, people=cell.people, flag=SUPPRESSED)
        return replace(cell, events=0)

    return replace(row, cells=tuple(told(cell, column) for column, cell in enumerate(row.cells)))


def hidden_cells(table: Table) -> set[Place]:
    """Which cells are withheld."""
    return _Search(table).run()


class _Search:
    """Numbers of people in a table, and those of them that are withheld."""

    def __init__(self, table: Table) -> None:
        rows = [*table.rows, *([table.total] if table.total else [])]
        self.counts: dict[Place, int] = {
            (at, column): cell.value
            for at, row in enumerate(rows)
            for column, cell in enumerate(row.cells)
            if cell.people and isinstance(cell.value, int) and cell.value > 0
        }
        self._in_row = Counter(at for at, _ in self.counts)
        self._seen: set[Place] = set()
        self.total = len(table.rows) if table.total and table.additive else None
        self.hidden = {place for place, count in self.counts.items() if count < SMALLEST_TOLD}

    def run(self) -> set[Place]:
        """Withhold more, the smallest first, until nothing withheld has only one value that it can have."""
        if len(self.hidden) > MOST_WITHHELD:
            return set(self.counts)
        closed = self._closed(self.hidden)
        while closed:
            before = len(self.hidden)
            for place in {place[1]: place for place in closed}.values():  # one a column at a time
                self.hidden |= self._candidate(place)
            if len(self.hidden) == before:
                return self.hidden
            if len(self.hidden) > MOST_WITHHELD:
                return set(self.counts)
            closed = self._closed([*closed, *self.hidden - self._seen])
        return self.hidden

    def _closed(self, places: Iterable[Place]) -> list[Place]:
        """Those that could be computed; what is open stays open when more is withheld."""
        ways, self._seen = self._ways(), set(self.hidden)
        return [place for place in sorted(places) if not self._is_open(place, ways)]

    def _candidate(self, place: Place) -> set[Place]:
        """In its column first, its total last; then in its row; then anywhere; empty: nothing is left."""
        free = [each for each in self.counts if each not in self.hidden]

        def rank(each: Place) -> tuple[int, bool, int, Place]:
            near = 0 if each[1] == place[1] else 1 if each[0] == place[0] else 2
            return near, each[0] == self.total, self.counts[each], each

        return {min(free, key=rank)} if free else set()

    def _ends(self, place: Place) -> tuple[Node, Node]:
        """What binds its value: its row, unless it is alone there, and its column, where that adds up."""
        at, column = place
        alone = self._in_row[at] == 1
        row: Node = _GROUND if alone else ("row", at)
        return row, (_GROUND if self.total is None else ("column", column))

    def _ways(self) -> dict[Node, list[tuple[Place, Node]]]:
        """One more in a cell leads from its row to its column, one less back; in a total it is reversed."""
        found: dict[Node, list[tuple[Place, Node]]] = defaultdict(list)
        for place in self.hidden:
            for begin, end in self._steps(place):
                found[begin].append((place, end))
        return found

    def _steps(self, place: Place) -> Iterator[tuple[Node, Node]]:
        row, column = self._ends(place)
        up, down = (row, column), (column, row)
        if place[0] == self.total:
            up, down = down, up
        yield up
        if self.counts[place] > 1:
            yield down

    def _is_open(self, place: Place, ways: dict[Node, list[tuple[Place, Node]]]) -> bool:
        """Whether a change of it can be made good by others: a way round through the withheld ones."""
        return any(_reaches(end, begin, place, ways) for begin, end in self._steps(place))


def _reaches(begin: Node, end: Node, but: Place, ways: dict[Node, list[tuple[Place, Node]]]) -> bool:
    seen, waiting = {begin}, [begin]
    while waiting:
        node = waiting.pop()
        if node == end:
            return True
        fresh = _unseen((to for place, to in ways.get(node, ()) if place != but), seen)
        waiting += fresh
    return False


def _unseen(nodes: Iterable[Node], seen: set[Node]) -> list[Node]:
    fresh = [node for node in dict.fromkeys(nodes) if node not in seen]
    seen.update(fresh)
    return fresh
