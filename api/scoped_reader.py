"""The store as somebody with a scope sees it: rows of other sites are not there.

What is asked of a device or site outside is answered as if it were empty; what cannot be divided by sites
is refused (``__getattr__``), so a new question of the store is closed until it stands here.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from api.scope import Scope, not_served
from api.scoped_facts import ScopedFacts
from hub.alarms.calibrations import CALIBRATION
from storage.cameras import ToldPeriod
from storage.contract import (
    Figures,
    LabDay,
    LabDayFilter,
    LoggedEvent,
    Page,
    ReadingFilter,
    ResultFilter,
    Row,
    StoreReader,
)
from storage.curves import Curve
from storage.gates import GateHour, GateHourFilter, Occupancy, ScanFilter
from storage.incidents import AlarmSetting, AlarmStanding, EntryRow, IncidentFilter, Measured
from storage.lots import LotFilter, Placement

_MOST_ROUNDS = 20
_OF_A_DEVICE = (CALIBRATION, "unit/", "gateway/")
_LOG_PAGE = 1000
_Filter = TypeVar("_Filter", ResultFilter, ScanFilter, IncidentFilter)


class _OfEvent(msgspec.Struct):
    site: str = ""


def site_of_event(event: LoggedEvent) -> str:
    """Empty where the body does not say."""
    try:
        return msgspec.json.decode(event.body, type=_OfEvent).site
    except msgspec.DecodeError:
        return ""


class ScopedReader(ScopedFacts):
    """``placed``: {device: site} as configured; what the store heard of other devices counts beside it."""

    def __init__(self, reader: StoreReader, scope: Scope, placed: dict[str, str]) -> None:
        super().__init__(reader, scope)
        self._reader = reader
        self._placed = dict(placed)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise not_served()

    async def has_device(self, device: str) -> bool:
        """Whether it stands at a site of the scope."""
        if device not in self._placed:
            self._placed |= {
                str(row["device"]): str(row["site"])
                for row in await self._reader.devices()
                if row["device"] not in self._placed
            }
        return self._scope.has_site(self._placed.get(device))

    async def devices(self) -> list[Row]:
        return self._mine(await self._reader.devices())

    async def results(self, wanted: ResultFilter, *, limit: int, cursor: str | None) -> Page:
        return await self._kept(self._reader.results, wanted, limit, cursor)

    async def result(self, event_id: str) -> Row | None:
        return self._mine_or_none(await self._reader.result(event_id))

    async def scans(self, wanted: ScanFilter, *, limit: int, cursor: str | None) -> Page:
        return await self._kept(self._reader.scans, wanted, limit, cursor)

    async def arrivals(self, event_ids: Sequence[str]) -> dict[str, int]:
        return await self._reader.arrivals(event_ids)

    async def lab_days(self, wanted: LabDayFilter) -> list[LabDay]:
        asked = self._scope.sites if wanted.sites is None else self._scope.sites & set(wanted.sites)
        return await self._reader.lab_days(replace(wanted, sites=sorted(asked))) if asked else []

    async def readings(self, wanted: ReadingFilter, *, limit: int, cursor: str | None) -> Page:
        narrowed = await self._of_mine(wanted)
        return await self._reader.readings(narrowed, limit=limit, cursor=cursor) if narrowed else Page([])

    async def curves(self, wanted: ReadingFilter) -> list[Curve]:
        narrowed = await self._of_mine(wanted)
        return await self._reader.curves(narrowed) if narrowed else []

    async def latest_readings(self) -> list[Row]:
        return self._mine(await self._reader.latest_readings())

    async def history(
        self, device: str | tuple[str, ...], metric: str, *, from_ms: int, to_ms: int, limit: int
    ) -> list[Measured]:
        asked = await self._devices(device)
        if not asked:
            return []
        return await self._reader.history(asked, metric, from_ms=from_ms, to_ms=to_ms, limit=limit)

    async def incidents(self, wanted: IncidentFilter, *, limit: int, cursor: str | None) -> Page:
        return await self._kept(self._reader.incidents, wanted, limit, cursor)

    async def incident(self, incident_id: str) -> Row | None:
        return self._mine_or_none(await self._reader.incident(incident_id))

    async def incident_entries(
        self, after: int, *, limit: int, incident_id: str | None = None, device: str | None = None
    ) -> list[EntryRow]:
        """Of another site: that there was an entry, and when; its readers count on their numbers."""
        if incident_id is not None and await self.incident(incident_id) is None:
            return []
        rows = await self._reader.incident_entries(after, limit=limit, incident_id=incident_id, device=device)
        return [row if await self.has_device(row.device) else _closed(row) for row in rows]

    async def alarm_standing(self, reaching_ms: int) -> AlarmStanding:
        """Without the incidents themselves, which are for those that judge."""
        told = await self._reader.alarm_standing(reaching_ms)
        services = [row for row in told.services if await self.has_device(row.device)]
        return replace(told, incidents=(), services=services, settings=await self._set_for_me(told.settings))

    async def alarm_settings(self, prefix: str) -> list[AlarmSetting]:
        return await self._set_for_me(await self._reader.alarm_settings(prefix))

    async def cameras(self, device: str | None = None) -> list[Row]:
        return self._mine(await self._reader.cameras(device))

    async def camera_periods(self, device: str, from_ms: int, to_ms: int) -> Sequence[ToldPeriod]:
        told = await self._reader.camera_periods(device, from_ms, to_ms)
        return [row for row in told if self._scope.has_site(row.site)]

    async def quarantine(self, state: str | None, *, limit: int, cursor: str | None) -> Page:
        async def ask(wanted: str | None, *, limit: int, cursor: str | None) -> Page:
            return await self._reader.quarantine(wanted, limit=limit, cursor=cursor)

        return await self._gathered(ask, state, limit, cursor)

    async def quarantined(self, entry_id: str) -> Row | None:
        return self._mine_or_none(await self._reader.quarantined(entry_id))

    async def occupancy(
        self, day_began_ms: int, *, edge: str | None = None, zone: str | None = None
    ) -> list[Occupancy]:
        told = await self._reader.occupancy(day_began_ms, edge=edge, zone=zone)
        return [each for each in told if self._scope.has_site(each.site)]

    async def gate_hours(self, wanted: GateHourFilter) -> Sequence[GateHour]:
        return [row for row in await self._reader.gate_hours(wanted) if self._scope.has_site(row.site)]

    async def lots(self, wanted: LotFilter, after: str, *, limit: int) -> list[str]:
        """The next of those that were in units of the scope only."""
        found: list[str] = []
        while len(found) < limit:
            names = await self._reader.lots(wanted, after, limit=limit)
            seen = {row.lot for row in await self.placements(names)} if names else set()
            found += [name for name in names if name in seen]
            if len(names) < limit:
                break
            after = names[-1]
        return found[:limit]

    async def placements(self, lots: Sequence[str]) -> list[Placement]:
        """Of lots that were in units of the scope only: a clock of half a way would mislead."""
        rows = await self._reader.placements(lots)
        elsewhere = {row.lot for row in rows if row.unit and not await self.has_device(row.unit)}
        return [row for row in rows if row.lot not in elsewhere]

    async def lot_is_ours(self, lot: str) -> bool | None:
        """None: nobody ever told of it."""
        rows = await self._reader.placements([lot])
        return bool(await self.placements([lot])) if rows else None

    async def events(self, after: int, *, limit: int) -> list[LoggedEvent]:
        """Part of the log is looked through: ``looked_through`` says how far."""
        return (await self.looked_through(after, limit))[0]

    def has_event(self, event: LoggedEvent) -> bool:
        """Whether it is of a site of the scope."""
        return self._scope.has_site(site_of_event(event))

    async def looked_through(self, after: int, limit: int) -> tuple[list[LoggedEvent], int]:
        """Events of the scope, and the number up to which the log was looked through."""
        found: list[LoggedEvent] = []
        for _ in range(_MOST_ROUNDS):
            rows = await self._reader.events(after, limit=_LOG_PAGE)
            for row in rows:
                after = row.number
                if self.has_event(row):
                    found.append(row)
                    if len(found) == limit:
                        return found, after
            if len(rows) < _LOG_PAGE:
                break
        return found, after

    async def figures(self) -> Figures:
        """Sums of the whole store are no site's data; the edges of others are not named."""
        told = await self._reader.figures()
        edges = {row.get("edge") for row in await self.devices()}
        return replace(told, watermarks=tuple(mark for mark in told.watermarks if mark.edge in edges))

    async def _devices(self, asked: str | tuple[str, ...]) -> tuple[str, ...]:
        names = (asked,) if isinstance(asked, str) else asked
        return tuple([name for name in names if await self.has_device(name)])

    async def _of_mine(self, wanted: ReadingFilter) -> ReadingFilter | None:
        asked = await self._devices(wanted.device)
        return replace(wanted, device=asked) if asked else None

    async def _set_for_me(self, settings: Sequence[AlarmSetting]) -> list[AlarmSetting]:
        return [
            each
            for each in settings
            if not each.name.startswith(_OF_A_DEVICE) or await self.has_device(each.name.split("/")[1])
        ]

    async def _kept(
        self, ask: Callable[..., Awaitable[Page]], wanted: _Filter, limit: int, cursor: str | None
    ) -> Page:
        if wanted.site is not None and not self._scope.has_site(wanted.site):
            return Page([])
        if wanted.site is None and len(self._scope.sites) == 1:
            wanted = replace(wanted, site=next(iter(self._scope.sites)))
        return await self._gathered(ask, wanted, limit, cursor)

    async def _gathered(
        self, ask: Callable[..., Awaitable[Page]], wanted: Any, limit: int, cursor: str | None
    ) -> Page:
        """A page may be short and go on: others' rows are passed by, for so many rounds."""
        found: list[Row] = []
        for _ in range(_MOST_ROUNDS):
            page = await ask(wanted, limit=limit - len(found), cursor=cursor)
            found += self._mine(page.items)
            cursor = page.next_cursor
            if cursor is None or len(found) == limit:
                break
        return Page(found, cursor)

    def _mine(self, rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if self._scope.has_site(row.get("site"))]

    def _mine_or_none(self, row: Row | None) -> Row | None:
        return row if row is not None and self._scope.has_site(row.get("site")) else None


def _closed(row: EntryRow) -> EntryRow:
    return row._replace(incident="", device="", kind="", body=b"{}", hash=b"")
