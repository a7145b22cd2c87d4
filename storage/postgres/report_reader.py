"""What reports ask of PostgreSQL: part of PostgresReader (storage.reporting.ReportReader)."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from storage.postgres.queries import gate_days, reporting, results_known
from storage.reporting import FactFilter, GateDayCount, ResultsFilter, Revision, StoredFact, StoredResult

T = TypeVar("T")


class PostgresReportReader(ABC):
    """See storage.reporting.ReportReader."""

    @abstractmethod
    async def _read(self, query: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """``query`` in one read transaction."""

    async def facts(self, wanted: FactFilter) -> list[StoredFact]:
        return await self._read(lambda connection: reporting.facts(connection, wanted))

    async def current_fact(self, type_: str, subject: str) -> StoredFact | None:
        return await self._read(lambda connection: reporting.current_fact(connection, type_, subject))

    async def results_known(self, wanted: ResultsFilter) -> list[StoredResult]:
        return await self._read(lambda connection: results_known.results_known(connection, wanted))

    async def gate_days(self, from_day: int, to_day: int, up_to: int) -> list[GateDayCount]:
        return await self._read(lambda connection: gate_days.gate_days(connection, from_day, to_day, up_to))

    async def arrived_ms(self, number: int) -> int | None:
        return await self._read(lambda connection: reporting.arrived_ms(connection, number))

    async def report_revisions(self, report: str, query: str) -> list[Revision]:
        return await self._read(lambda connection: reporting.report_revisions(connection, report, query))
