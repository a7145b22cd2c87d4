"""A server as a projector fills it, for the store's tests: what is written stays until written again."""

from math import isnan
from typing import Any

from hub.events import decode_data, decode_event, parse_time
from hub.payloads import Reading
from storage.contract import StoreReader
from storage.instants import QUALITIES
from storage.projections import WITHDRAWN, AnalyzerHourKey, GateHourKey
from storage.readings import Series as Named

READING = Reading.TYPE
Instant = tuple[int, int]


class Copy:
    """Follows a store's log as a projector does, page by page, from a number that may go back."""

    def __init__(self) -> None:
        self.number = 0
        self.values: dict[Instant, float] = {}
        self.qualities: dict[Instant, int] = {}
        self.gates: dict[GateHourKey, tuple[int, ...]] = {}
        self.analyzers: dict[tuple[AnalyzerHourKey, str], int] = {}

    async def follow(self, reader: StoreReader, *, limit: int = 10_000, pages: int = 10_000) -> None:
        """At most ``pages``, until there is no more."""
        for _ in range(pages):
            page = await reader.log_page(self.number, limit=limit, types=[READING])
            if page.last == self.number:
                return
            names = {Named(*each[1:]): each.series for each in await reader.series()}
            told = {}
            for event in page.events:
                found = decode_event(event.body)
                payload: Any = decode_data(found)
                named = Named(found.site, found.edge, found.device, payload.metric, payload.unit)
                told[names[named], parse_time(found.time)] = (payload.value, payload.quality)
            for instant, (value, quality) in told.items():
                self.put(instant, value, QUALITIES.index(quality))
            for standing in await reader.contested([*told, *page.instants]):
                self.put(standing[:2], standing.value, standing.quality)
            for row in await reader.standing_gate_hours(page.gate_hours):
                self.gates[row.key] = row.counts
            for hour in await reader.analyzer_hours(page.analyzer_hours):
                self.analyzers[hour.key, hour.call] = hour.results
            self.number = page.last

    async def take_day(self, reader: StoreReader, day: int) -> None:
        """All readings of a UTC day from the tables."""
        wanted = [each.series for each in await reader.series()]
        while wanted:
            found = await reader.day_of_readings(day, wanted)
            for one in found:
                for ts, value, quality in zip(one.ts, one.values, one.qualities, strict=True):
                    self.put((one.series, ts), None if isnan(value) else value, quality)
            del wanted[: len(found)]

    def put(self, instant: Instant, value: float | None, quality: int) -> None:
        if value is not None:
            self.values[instant] = value
        self.qualities[instant] = quality

    def standing(self) -> dict[Instant, tuple[float | None, int]]:
        """What it shows of instants that are not withdrawn; ``value`` where the quality leaves one."""
        bad = QUALITIES.index("BAD")
        return {
            instant: (self.values.get(instant) if quality < bad else None, quality)
            for instant, quality in self.qualities.items()
            if quality != WITHDRAWN
        }
