"""What a projector asks of PostgreSQL: part of PostgresReader (storage.projections.ProjectionReader)."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

import asyncpg

from storage.contract import Page
from storage.postgres.queries import projections, standing
from storage.projections import (
    AnalyzerHour,
    AnalyzerHourKey,
    GateHourKey,
    GateHourRow,
    LogPage,
    ProjectionRow,
    Series,
    SeriesDay,
    Standing,
)

T = TypeVar("T")


class PostgresProjectionReader(ABC):
    """See storage.projections.ProjectionReader."""

    @abstractmethod
    async def _read(self, query: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """``query`` in one read transaction."""

    async def projections(self) -> list[ProjectionRow]:
        return await self._read(projections.rows)

    async def rejected(self, name: str, *, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: projections.page_of_rejected(connection, name, limit=limit, cursor=cursor)
        )

    async def log_page(self, after: int, *, limit: int, types: Collection[str]) -> LogPage:
        return await self._read(lambda connection: projections.log_page(connection, after, limit, types))

    async def series(self) -> list[Series]:
        return await self._read(projections.series)

    async def reading_days(self) -> tuple[int, int] | None:
        return await self._read(standing.reading_days)

    async def reading_day_before(self, day: int) -> int | None:
        return await self._read(lambda connection: standing.reading_day_before(connection, day))

    async def day_of_readings(
        self, day: int, series: Sequence[int], *, skip_damaged: bool = False
    ) -> list[SeriesDay]:
        return await self._read(
            lambda connection: standing.day_of_readings(connection, day, series, skip_damaged)
        )

    async def contested(self, instants: Sequence[tuple[int, int]]) -> list[Standing]:
        return await self._read(lambda connection: standing.contested(connection, instants))

    async def standing_gate_hours(self, hours: Collection[GateHourKey]) -> list[GateHourRow]:
        return await self._read(lambda connection: projections.gate_hours(connection, hours))

    async def analyzer_hours(self, hours: Collection[AnalyzerHourKey]) -> list[AnalyzerHour]:
        return await self._read(lambda connection: projections.analyzer_hours(connection, hours))

    async def hours_of_day(self, day: int) -> tuple[list[GateHourKey], list[AnalyzerHourKey]]:
        return await self._read(lambda connection: projections.hours_of_day(connection, day))

    async def oldest_unprojected(self, number: int) -> int | None:
        return await self._read(lambda connection: projections.oldest_unprojected(connection, number))

    async def events_after(self, number: int) -> int:
        return await self._read(lambda connection: projections.events_after(connection, number))
