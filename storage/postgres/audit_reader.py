"""What is asked of the audit in PostgreSQL: part of PostgresReader (storage.audit.AuditReader)."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from storage.audit import AuditFilter, AuditRow
from storage.postgres import audit

T = TypeVar("T")


class PostgresAuditReader(ABC):
    """See storage.audit.AuditReader."""

    @abstractmethod
    async def _read(self, query: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """``query`` in one read transaction."""

    async def audit(self, wanted: AuditFilter, before: int, *, limit: int) -> list[AuditRow]:
        return await self._read(lambda connection: audit.audit(connection, wanted, before, limit))

    async def audit_after(self, number: int, *, limit: int) -> list[AuditRow]:
        return await self._read(lambda connection: audit.audit_after(connection, number, limit))
