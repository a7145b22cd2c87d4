"""What a server should have of a series and UTC day against what it has. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

# Both sides add up the same floats in another order: the error grows with the sum of what they are unsigned.
SAME = 1e-9
# withdrawn: readings that were taken back; the server was told so, and cannot delete their points.
# contested: several values claimed an instant, and this server keeps whichever it likes.
Kind = Literal["missing", "fewer", "more", "differs", "withdrawn", "contested"]
TOLERATED = frozenset({"withdrawn", "contested"})


class Cell(NamedTuple):
    """A series, by the values of its tags, and a day (since 1970-01-01, UTC)."""

    tags: tuple[str, ...]
    day: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Points of a cell and their sum, as a server answers them."""

    count: int = 0
    sum: float = 0.0


@dataclass(frozen=True, slots=True)
class Expected:
    """Points of a cell and their sum, as the store has them; ``size`` is the sum of what they are unsigned.

    ``taken_back``: so many instants have no point any more, and may have had one. ``contested``: of so many
    others may have been told, too. ``coming``: so many events of this cell are still on their way.
    ``closing``: so much of a sum may be there beyond ``sum``, or not yet.
    """

    count: int = 0
    sum: float = 0.0
    size: float = 0.0
    taken_back: int = 0
    contested: int = 0
    coming: int = 0
    closing: float = 0.0


class Difference(NamedTuple):
    """A cell of a field that is not as the store has it."""

    measurement: str
    field: str
    tags: tuple[tuple[str, str], ...]
    day: int
    kind: Kind
    expected: Figures
    found: Figures

    @property
    def cell(self) -> Cell:
        return Cell(tuple(value for _, value in self.tags), self.day)

    @property
    def wrong(self) -> bool:
        """Whether somebody must act: what is tolerated has its quality beside it, so it misleads nobody."""
        return self.kind not in TOLERATED


Rule = Callable[[Expected, Figures], Kind | None]


def cells(
    wanted: Mapping[Cell, Expected], found: Mapping[Cell, Figures], rule: Rule
) -> Iterator[tuple[Cell, Kind, Expected, Figures]]:
    """The cells that differ, by day and tags."""
    for cell in sorted(wanted.keys() | found.keys(), key=lambda each: (each.day, each.tags)):
        expected, there = wanted.get(cell, Expected()), found.get(cell, Figures())
        kind = rule(expected, there)
        if kind is not None:
            yield cell, kind, expected, there


def exactly(expected: Expected, found: Figures) -> Kind | None:
    """For points that are there once and for good: their number and their sum."""
    more = found.count - expected.count
    if expected.coming and -expected.coming <= more <= expected.coming + expected.taken_back:
        return None
    if 0 < more <= expected.taken_back:
        return "withdrawn"
    if more:
        return _by_count(expected, found)
    return None if _same(expected, found) else "differs"


def none_lacks(expected: Expected, found: Figures) -> Kind | None:
    """For points that the store forgets before the server does."""
    lacking = expected.count - found.count
    return _by_count(expected, found) if lacking > expected.coming else None


def by_sum(expected: Expected, found: Figures) -> Kind | None:
    """For counts of hours: one in which nothing counts may be there or not."""
    if expected.coming or _same(expected, found):
        return None
    if expected.sum <= found.sum <= expected.sum + expected.closing:
        return None
    return "differs" if found.count else "missing"


def keeping_any(rule: Rule) -> Rule:
    """``rule`` for a server that keeps whichever it likes of several values of an instant."""

    def judge(expected: Expected, found: Figures) -> Kind | None:
        kind = rule(expected, found)
        return "contested" if kind == "differs" and expected.contested else kind

    return judge


def _by_count(expected: Expected, found: Figures) -> Kind:
    if not found.count:
        return "missing"
    return "fewer" if found.count < expected.count else "more"


def _same(expected: Expected, found: Figures) -> bool:
    return abs(found.sum - expected.sum) <= SAME * expected.size
