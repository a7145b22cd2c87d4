"""The work list of the laboratory: specimens without a result, and results without a specimen."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import Literal
from zoneinfo import ZoneInfo

from api.local_days import day_of
from api.reports.frame.tabular import AsOf
from api.reports.lab_samples.samples import LabSamplesQuery, Samples, gather, unmatched_of
from api.specimens import Sample
from hub.events import format_time
from storage.contract import Row, StoreReader
from storage.reporting import StoredResult

TYPE = "specimen.unmatched"
Kind = Literal["waiting", "stray"]
_ASKED = LabSamplesQuery.model_validate({})


@dataclass(frozen=True, slots=True)
class WorkList:
    """What is unmatched now, of so many local days up to today."""

    reader: StoreReader
    zone: ZoneInfo
    now_ms: int
    days: int = 30

    async def rows(self) -> list[Row]:
        """What waits longest comes first; raises TooManyRows."""
        today = day_of(self.now_ms, self.zone)
        up_to = (await self.reader.figures()).last_number
        as_of = AsOf(up_to, today, self.zone, today - timedelta(days=self.days - 1))
        read = await gather(self.reader, _ASKED, as_of)
        return await asyncio.to_thread(self._rows, read)

    def _rows(self, read: Samples) -> list[Row]:
        found = unmatched_of(read, self.zone)
        rows = [*map(self._waiting, found.samples), *map(self._stray, found.strays)]
        return sorted(rows, key=itemgetter("since_ms", "id"))

    def _waiting(self, sample: Sample) -> Row:
        told = sample.told
        return self._row("waiting", sample.fact.id, sample.collected_ms, sample.fact.received_ms) | {
            "specimen": told.specimen,
            "order": told.order or None,
            "facility": told.facility or None,
            "district": told.district or None,
            "pool": told.pool,
            "test": None,
        }

    def _stray(self, result: StoredResult) -> Row:
        told = result.payload
        return self._row("stray", result.id, result.time_ms, result.received_ms) | {
            "site": result.site,
            "device": result.device,
            "specimen": told.specimen,
            "order": told.order,
            "facility": None,
            "district": None,
            "pool": None,
            "test": told.test.text or told.test.code,
        }

    def _row(self, kind: Kind, name: str, since_ms: int, received_ms: int) -> Row:
        return {
            "id": name,
            "type": TYPE,
            "site": None,
            "device": None,
            "time": format_time(since_ms),
            "received": format_time(received_ms),
            "kind": kind,
            "since_ms": since_ms,
            "age_s": max(0, self.now_ms - since_ms) // 1000,
        }
