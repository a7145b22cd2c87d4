"""What a subject of the comparison is: what a server should have of a measurement, and its lines."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import NamedTuple, Protocol

from storage.influx.comparing import Cell, Expected, Rule
from storage.influx.reading.read_back import Point


class Days(NamedTuple):
    """UTC days since 1970-01-01; ``end`` is not one of them."""

    first: int
    end: int

    def within(self, other: "Days") -> "Days":
        first = max(self.first, other.first)
        return Days(first, max(first, min(self.end, other.end)))

    def parts(self, length: int) -> "list[Days]":
        """One after the other, of at most ``length`` days."""
        return [Days(first, min(first + length, self.end)) for first in range(self.first, self.end, length)]


NO_DAYS = Days(0, 0)
Wanted = dict[str, dict[Cell, Expected]]  # by field


class Subject(Protocol):
    """Made anew for each comparison; reads the store as it stands."""

    @property
    def name(self) -> str:
        """Of the measurement."""
        ...

    @property
    def tags(self) -> tuple[str, ...]: ...

    @property
    def rules(self) -> Mapping[str, Rule]:
        """By field: those that are compared."""
        ...

    async def days(self) -> Days:
        """Where the store has any of it; empty: it has none."""
        ...

    def knows(self, tags: tuple[str, ...]) -> bool:
        """Whether points of this series are ours on any day; else only where ``wanted`` has the cell."""
        ...

    def length(self) -> int:
        """Of so many days the figures are asked for at once."""
        ...

    async def wanted(self, days: Days) -> Wanted:
        """What should be there; every field of ``rules`` has its cells. Raises StoreUnavailable."""
        ...

    def pages(self, cells: Collection[Cell]) -> AsyncIterator[list[str]]:
        """The lines of these cells, as they stand."""
        ...

    async def taken_back(self, cells: Collection[Cell]) -> list[Point]:
        """Points of these cells that may be at the server and that nothing stands for any more."""
        ...
