"""The book of one lot at one facility: what is there is what was there, plus received, minus what went. Pure.

A lot begins with its receipt: before it there was none. Where the first thing told is a count, that is where
the book begins; where it is a use, nobody knows what there was until somebody counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from api.reports.frame.content import Cell
from api.reports.sums import merged
from hub.reported import StockMoved

MOVED: Final = ("received", "used", "wasted", "sent")
Wrong = Literal["count_differs", "below_zero"]


class Day(NamedTuple):
    """Doses by kind; ``counted`` at its end, None: nobody did."""

    day: int
    moved: Mapping[str, int]
    counted: int | None

    @property
    def net(self) -> int:
        moved = self.moved
        return moved.get("received", 0) - sum(moved.get(kind, 0) for kind in MOVED[1:])


class Broken(NamedTuple):
    """``before``: in the book when the day began; ``told`` None: nobody counted, the book itself is wrong."""

    day: int
    wrong: Wrong
    before: int
    net: int
    told: int | None

    @property
    def expected(self) -> int:
        return self.before + self.net


@dataclass(frozen=True, slots=True)
class Book:
    """As it stands after the last day. ``stock`` None: not known; ``counted``: on that very day."""

    facility: str
    lot: str
    product: str
    moved: Mapping[str, Cell]
    stock: Cell
    broken: tuple[Broken, ...]
    checked: int
    moves: int


@dataclass(slots=True)
class _Pages:
    days: dict[int, dict[str, int]] = field(default_factory=dict)
    told: list[tuple[int, StockMoved]] = field(default_factory=list)


def books(moves: Iterable[tuple[int, StockMoved]], first: int | None, last: int) -> list[Book]:
    """By facility and lot, out of (day, move) from the first on; days ``first`` to ``last`` are told."""
    pages: dict[tuple[str, str], _Pages] = {}
    for day, told in moves:
        page = pages.setdefault((told.facility, told.lot), _Pages())
        kinds = page.days.setdefault(day, {})
        kinds[told.kind] = kinds.get(told.kind, 0) + told.doses
        page.told.append((day, told))
    return [_book(key, page, first, last) for key, page in sorted(pages.items())]


def _book(key: tuple[str, str], page: _Pages, first: int | None, last: int) -> Book:
    days = [Day(day, kinds, kinds.get("stock")) for day, kinds in sorted(page.days.items())]
    stock, broken, checked = balanced(days)
    within = [told for day, told in page.told if first is None or day >= first]
    product = page.told[-1][1].product
    shown = tuple(one for one in broken if first is None or one.day >= first)
    moved = {kind: _moved(within, kind) for kind in MOVED}
    return Book(*key, product, moved, _stock(page, stock, last), shown, checked, len(within))


def balanced(days: Iterable[Day]) -> tuple[int | None, list[Broken], int]:
    """What there is after the last of ``days`` (by time), where the book is wrong, and how many were checked.

    After a count the book goes on from it: one mistake is told once.
    """
    stock: int | None = None
    broken: list[Broken] = []
    checked, begun = 0, False
    for one in days:
        if not begun and "received" in one.moved:
            stock = 0
        begun = True
        before, expected = stock, None if stock is None else stock + one.net
        if before is not None and expected is not None:
            checked += one.counted is not None
            wrong = _wrong(expected, one.counted, before)
            broken += [Broken(one.day, wrong, before, one.net, one.counted)] if wrong else []
        stock = expected if one.counted is None else one.counted
    return stock, broken, checked


def _wrong(expected: int, counted: int | None, before: int) -> Wrong | None:
    if counted is not None:
        return "count_differs" if counted != expected else None
    return "below_zero" if expected < 0 <= before else None


def _moved(told: Iterable[StockMoved], kind: str) -> Cell:
    """Not reported where nobody said that any was."""
    of = [one for one in told if one.kind == kind]
    if not of:
        return Cell(None)
    return Cell(sum(one.doses for one in of), merged(one.origin for one in of), len(of))


def _stock(page: _Pages, stock: int | None, last: int) -> Cell:
    """The count where there is one of the last day, else what the book comes to."""
    counts = [told for day, told in page.told if day == last and told.kind == "stock"]
    if counts:
        return Cell(sum(one.doses for one in counts), merged(one.origin for one in counts), len(counts))
    flag = "below_zero" if stock is not None and stock < 0 else ""
    return Cell(
        stock, None if stock is None else "derived", len(page.told) if stock is not None else 0, flag=flag
    )
