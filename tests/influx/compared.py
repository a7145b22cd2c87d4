"""A store whose log is on a server, and the comparison of the two, for tests of any server."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

from storage.contract import Arrival, EventStore, StoreReader
from storage.gates import HOUR_MS
from storage.influx.cardinality import SeriesLimit
from storage.influx.closed_hours import closed_before
from storage.influx.comparison import compare
from storage.influx.following import page_after
from storage.influx.pages import PageOfLog
from storage.influx.reading.read_back import ReadBack
from storage.influx.server import Written
from storage.influx.settings import ProjectionSettings
from storage.influx.verify import Asked
from storage.influx.verifying.report import Report
from storage.influx.verifying.resending import Resending
from storage.influx.writing import Writer
from storage.projections import HISTORY_SENT, ProjectionChange, ProjectionRow
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import write

NAME, HUB = "victoria", "epihub-test"
SETTINGS = ProjectionSettings(NAME, "http://127.0.0.1:8428", bucket="epihub")
TODAY = NOW // DAY


class SettledAt:
    """A reader whose projections were settled at a time of the test's."""

    def __init__(self, reader: StoreReader, at_ms: int) -> None:
        self._reader = reader
        self._at_ms = at_ms

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def projections(self) -> list[ProjectionRow]:
        return [replace(row, settled_at_ms=self._at_ms) for row in await self._reader.projections()]


@dataclass
class Compared:
    """``settled``: the number of the log up to which the server was given everything.

    ``settled_at_ms``: when, for verify; 0: at ``now_ms``.
    """

    store: EventStore
    reader: StoreReader
    writer: Writer
    back: ReadBack
    settled: int = 0
    now_ms: int = NOW + 6 * HOUR_MS
    settled_at_ms: int = 0
    changes: dict[str, Any] = field(default_factory=dict)

    async def write(self, *arrivals: Arrival) -> None:
        """Into the store alone."""
        await write(self.store, *arrivals)

    async def project(self) -> None:
        """What the store has and the server does not, and that it is settled."""
        pages = PageOfLog(SeriesLimit())
        while True:
            found = await page_after(
                self.reader, pages, self.settled, 1000, hours_before=closed_before(self.now_ms)
            )
            if found.last == self.settled:
                break
            if found.lines:
                assert self.writer.write([line.text for line in found.lines]) == Written()
            self.settled = found.last
        await self.settle()

    async def settle(self, **changes: Any) -> None:
        told: dict[str, Any] = {
            "number": self.settled,
            "history_day": HISTORY_SENT,
            "target": SETTINGS.target,
        } | changes
        await self.store.settle_projection(ProjectionChange(NAME, **told))

    async def settle_as(self, name: str, target: str) -> None:
        """The same under another name, of another address."""
        change = ProjectionChange(name, number=self.settled, history_day=HISTORY_SENT, target=target)
        await self.store.settle_projection(change)

    async def verify(self, *, repair: bool = False, shown_seconds: float = 0.0, **asked: Any) -> Report:
        """What ``epihub projection verify`` finds."""
        wanted = Asked(**{"first": None, "end": TODAY + 2, "now_ms": self.now_ms} | asked)
        resending = Resending(self.writer, hub_name=HUB, most_lines=500) if repair else None
        reader = cast(StoreReader, SettledAt(self.reader, self.settled_at_ms or self.now_ms))
        return await compare(reader, self.back, SETTINGS, wanted, resending, shown_seconds=shown_seconds)


def told(report: Report) -> list[tuple[str, str, str, int, str]]:
    """Measurement, field, device, days before today and kind of every difference."""
    return [
        (each.measurement, each.field, dict(each.tags)["device"], TODAY - each.day, each.kind)
        for each in report.differences
    ]
