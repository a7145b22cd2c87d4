"""What a hub answers on its local socket about reports: that one was told, and which revision that was."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.errors import OperatorError, StoreUnavailable
from hub.payloads import ReportRevised
from hub.sink.born import born
from storage.contract import Arrival, EventStore, StoreReader
from storage.reporting import Revision

LARGEST_QUERY_BYTES = 16_384
_NAME = re.compile(r"[a-z0-9-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What is asked when nothing is left out: such a report is news to those who are sent reports.
WHOLE = frozenset({"date", "audience"})
EXACT = "exact"
SPEAKER = "reports"
Bear = Callable[[Sequence[Arrival]], Awaitable[None]]


class ReportDesk:
    """One at a time: a report that was built from an older log never follows one from a newer.

    ``bear``: where events of the hub's own go. One that tells of a revision is there before the revision, so
    that a crash between them loses none: the same is said again with the same id.
    """

    def __init__(
        self,
        store: EventStore,
        open_reader: Callable[[], StoreReader],
        clock: Callable[[], int] = now_ms,
        bear: Bear | None = None,
        site: str = "hub",
    ) -> None:
        self._bear = bear
        self._site = site
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
            if last is None or last.sha256 != sha256:
                await self._tell(told._replace(revision=last.revision + 1 if last else 1))
            stands = await self._store.revise_report(told)
        return {"outcome": "done", "revision": stands.revision, "up_to": stands.up_to}

    async def _tell(self, new: Revision) -> None:
        """Of a whole day's report; raises OperatorError: then there is no revision either."""
        day = whole_day(new.query)
        if self._bear is None or day is None:
            return
        told = ReportRevised(new.report, day, new.revision, new.up_to, new.sha256, new.event_count)
        event = born(self._site, told, f"{new.report}|{day}", new.at_ms, SPEAKER)
        try:
            await self._bear([event])
        except StoreUnavailable as error:
            raise OperatorError("the store cannot keep it") from error

    async def _last(self, report: str, query: str) -> Revision | None:
        reader = self._open_reader()
        await reader.open()
        try:
            return next(iter(await reader.report_revisions(report, query)), None)
        finally:
            await reader.close()


def whole_day(query: str) -> str | None:
    """The day of a canonical question that leaves nothing out; None: it is another question."""
    try:
        told = msgspec.json.decode(query, type=dict[str, object])
    except msgspec.DecodeError:
        return None
    whole = told.keys() == WHOLE and told["audience"] == EXACT
    return str(told["date"]) if whole else None
