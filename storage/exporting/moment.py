"""One moment of a store that is read for as long as it takes, while the hub goes on writing."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from storage.cameras import CameraDay, CameraDayFilter, ToldPeriod
from storage.rollup import Figures

Found = tuple[Any, ...]  # a row as the database has it


class Moment(Protocol):
    """A read-only transaction. Raises hub.errors.StoreUnavailable.

    One SQL text serves both databases: parameters are ``$1``, ``$2`` …, each of one type, flags are
    compared as ``= TRUE``.
    """

    def blocks(self, sql: str, values: Sequence[Any] = (), *, rows: int = 1000) -> AsyncIterator[list[Found]]:
        """What a query gives, in blocks of at most ``rows``."""
        ...

    async def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row; None: there is none."""
        ...

    async def hours(self, series: list[int], from_ms: int, to_ms: int) -> dict[int, dict[int, Figures]]:
        """Of each series the figures of whole hours by their start, as the API gives them."""
        ...

    async def camera_periods(self, device: str, from_ms: int, to_ms: int) -> Sequence[ToldPeriod]:
        """See storage.cameras.CameraReader; raises TooManyRows."""
        ...

    async def camera_days(self, wanted: CameraDayFilter) -> list[CameraDay]:
        """See storage.cameras.CameraReader; raises TooManyRows."""
        ...


async def rows_of(moment: Moment, sql: str, values: Sequence[Any] = ()) -> list[Found]:
    """All rows of a query that gives few."""
    return [row async for block in moment.blocks(sql, values) for row in block]
