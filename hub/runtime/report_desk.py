"""What a hub answers on its local socket about reports: that one was told, and which revision that was."""

import asyncio
import re
from collections.abc import Callable

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.errors import OperatorError
from storage.contract import EventStore, StoreReader
from storage.reporting import Revision

LARGEST_QUERY_BYTES = 16_384
_NAME = re.compile(r"[a-z0-9-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReportDesk:
    """One at a time: a report that was built from an older log never follows one from a newer."""

    def __init__(
        self,
        store: EventStore,
        open_reader: Callable[[], StoreReader],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._store = store
        self._open_reader = open_reader
        self._now_ms = clock
        self._one = asyncio.Lock()

    def calls(self) -> dict[str, Handler]:
        return {"report.revise": self.revise}

    async def revise(self, report: str, query: str, up_to: int, sha256: str, event_count: int) -> Answer:
        """{outcome, revision, up_to}: "done", or "stale" where a newer log was told with other data."""
        if not (_NAME.fullmatch(report) and _SHA256.fullmatch(sha256)):
            raise OperatorError("not a report")
        if len(query.encode()) > LARGEST_QUERY_BYTES:
            raise OperatorError("the question is too long")
        told = Revision(report, query, 0, up_to, sha256, event_count, self._now_ms())
        async with self._one:
            last = await self._last(report, query)
            if last is not None and last.sha256 != sha256 and last.up_to > up_to:
                return {"outcome": "stale", "revision": last.revision, "up_to": last.up_to}
            stands = await self._store.revise_report(told)
        return {"outcome": "done", "revision": stands.revision, "up_to": stands.up_to}

    async def _last(self, report: str, query: str) -> Revision | None:
        reader = self._open_reader()
        await reader.open()
        try:
            return next(iter(await reader.report_revisions(report, query)), None)
        finally:
            await reader.close()
