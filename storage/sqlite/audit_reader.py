"""What is asked of the audit in SQLite: part of SqliteReader (storage.audit.AuditReader)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

import apsw

from storage.audit import AuditFilter, AuditRow
from storage.sqlite import audit

T = TypeVar("T")


class SqliteAuditReader(ABC):
    """See storage.audit.AuditReader."""

    @abstractmethod
    async def _read(self, query: Callable[[apsw.Connection], T]) -> T:
        """``query`` in one read transaction."""

    async def audit(self, wanted: AuditFilter, before: int, *, limit: int) -> list[AuditRow]:
        return await self._read(lambda connection: audit.audit(connection, wanted, before, limit))

    async def audit_after(self, number: int, *, limit: int) -> list[AuditRow]:
        return await self._read(lambda connection: audit.audit_after(connection, number, limit))
