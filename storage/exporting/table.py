"""A table that can be exported: by one query (``SqlTable``), or by code of its own."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from storage.exporting.columns import MOST_ROWS, Column, Row
from storage.exporting.moment import Found, Moment
from storage.exporting.window import Window

BODIES_AT_ONCE = 200  # bodies of events: 256 KiB each at most


class Table(Protocol):
    """``time``: the column that ``--from`` and ``--to`` look at; empty: there is none."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def columns(self) -> tuple[Column, ...]: ...

    @property
    def time(self) -> str: ...

    def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        """Rows in the order that ``about`` tells, in blocks of about MOST_ROWS."""
        ...

    async def total(self, moment: Moment, window: Window) -> int:
        """About how many rows that will be, for the progress."""
        ...


def as_it_is(found: Found) -> Iterable[Row]:
    """The query gives the row."""
    return (found,)


def bounds_ms(window: Window) -> tuple[Any, ...]:
    """``$1`` and ``$2`` in Unix milliseconds."""
    return window.from_ms, window.to_ms


@dataclass(frozen=True, slots=True)
class SqlTable:
    """One query: ``select`` with the bounds of time in it, and its ``order``.

    ``rows``: what one row of the database becomes, none or many; ``at_once``: how many are asked for.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    select: str
    order: str
    time: str = ""
    rows: Callable[[Found], Iterable[Row]] = as_it_is
    bounds: Callable[[Window], tuple[Any, ...]] = bounds_ms
    at_once: int = 1000

    async def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        block: list[Row] = []
        asked = moment.blocks(f"{self.select}\n{self.order}", self._values(window), rows=self.at_once)
        async for found in asked:
            for row in found:
                block.extend(self.rows(row))
                if len(block) >= MOST_ROWS:
                    yield block
                    block = []
        if block:
            yield block

    async def total(self, moment: Moment, window: Window) -> int:
        counting = f"SELECT count(*) FROM ({self.select}) AS chosen"  # noqa: S608  a text of ours
        return int(await moment.one(counting, self._values(window)))

    def _values(self, window: Window) -> tuple[Any, ...]:
        return self.bounds(window) if self.time else ()
