"""What the pages show, read once for all of them."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from api.console.alarm_owners import Owner, Owners
from api.console.calls_today import Tally
from api.console.camera_board import CameraBoard
from api.console.daily_checks import Rounds, RoundsSeen
from api.console.damage_outlook import Outlook, Outlooks
from api.console.gate_board import GateBoard
from api.console.shared_query import Shared
from api.console.standing_alarms import AlarmDesk, OpenAlarms, alarm_desk, open_alarms
from api.console.wording import ms_of
from api.deck import Deck
from api.link import Health
from api.vaccine_probe import temperatures
from storage.contract import Figures as StoreFigures
from storage.contract import Page, ReadingFilter, ResultFilter, Row

RECENT_RESULTS = 300
MOST_ENTRIES = 200
MOST_UNSENDABLE = 20
MOST_LOOKS = 500
_COUNTED_ENTRIES = 1000
_WAITING = "epihub_spool_events_waiting"
_SEEN = "epihub_device_last_seen_timestamp_seconds"
_SAMPLE = re.compile(
    r'^(?P<name>[a-z_]+)(?:\{device="(?P<device>[a-z0-9_-]+)"[^}]*\})? (?P<value>[0-9.e+]+)$', re.M
)

# Spans of the charts: length and step, so that a chart has at most some hundred points.
SPANS: dict[str, tuple[int, int]] = {
    "15m": (900_000, 10_000),
    "2h": (7_200_000, 60_000),
    "24h": (86_400_000, 600_000),
    "7d": (604_800_000, 3_600_000),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """From the hub's metrics: events that wait in the spool, and when each device last spoke (Unix ms)."""

    waiting: int | None = None
    seen_ms: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The quarantine: how many entries wait (``more``: at least), and the newest of all states."""

    count: int = 0
    more: bool = False
    entries: tuple[Row, ...] = ()


def read_figures(text: str) -> Figures:
    waiting: int | None = None
    seen_ms: dict[str, int] = {}
    for found in _SAMPLE.finditer(text):
        value = float(found["value"])
        if found["name"] == _WAITING:
            waiting = (waiting or 0) + int(value)
        elif found["name"] == _SEEN and found["device"]:
            seen_ms[found["device"]] = int(value * 1000)
    return Figures(waiting, seen_ms)


class Board:
    """Snapshots shared by all open pages."""

    def __init__(self, deck: Deck, zone: ZoneInfo) -> None:
        self._deck = deck
        self._tally = Tally(deck.store.reader, zone) if deck.store else None
        self.gates = GateBoard(deck, zone)
        self.fleet: Shared[list[Row]] = Shared(self._fleet, [], 1)
        self.cameras = CameraBoard(deck)
        self.latest: Shared[list[Row]] = Shared(self._latest, [], 1)
        self.results: Shared[list[Row]] = Shared(self._results, [], 1)
        self.today: Shared[Counter[str]] = Shared(self._today, Counter(), 2)
        self.quarantine: Shared[Waiting] = Shared(self._quarantine, Waiting(), 2)
        self.health: Shared[Health] = Shared(deck.hub.health, Health("unknown"), 2)
        self.figures: Shared[Figures] = Shared(self._figures, Figures(), 2)
        self.edge: Shared[dict[str, Any]] = Shared(self._edge, {}, 1)
        self.edge_devices: Shared[list[Row]] = Shared(self._edge_devices, [], 1)
        self.analyzers: Shared[dict[str, Any]] = Shared(self._analyzers, {}, 10)  # opens 300 messages
        self.unsendable: Shared[list[Row]] = Shared(self._unsendable, [], 5)
        self.looks: Shared[list[Row]] = Shared(self._looks, [], 5)  # the file is read whole
        self.decisions: Shared[list[Row]] = Shared(self._decisions, [], 5)
        self.edges: Shared[list[Row]] = Shared(self._edges, [], 5)
        self.store: Shared[StoreFigures | None] = Shared(self._store, None, 2)
        self._rounds = Rounds(deck.store.reader, zone) if deck.store else None
        self.alarms: Shared[OpenAlarms] = Shared(self._alarms, OpenAlarms(), 1)
        self.alarm_desk: Shared[AlarmDesk] = Shared(self._alarm_desk, AlarmDesk(), 5)
        self.rounds: Shared[RoundsSeen] = Shared(self._checked, {}, 2)
        self._owners_known = Owners(deck.store.reader) if deck.store else None
        self.owners: Shared[dict[str, Owner]] = Shared(self._owned, {}, 2)
        self._outlooks_of = Outlooks(deck.store.reader) if deck.store else None
        self.outlooks: Shared[dict[str, Outlook]] = Shared(self._looked_ahead, {}, 10)
        self._charts: dict[str, Shared[dict[str, list[Row]]]] = {
            span: Shared(lambda span=span: self._steps(span), {}, max(5, SPANS[span][1] / 10_000))  # type: ignore[misc]
            for span in SPANS
        }

    def chart(self, span: str) -> Shared[dict[str, list[Row]]]:
        """Steps of the temperature of every unit, by device."""
        return self._charts[span]

    async def _latest(self) -> list[Row]:
        return await self._deck.ledger.latest_readings()

    async def _store(self) -> StoreFigures | None:
        return await self._deck.reader.figures()

    async def _alarms(self) -> OpenAlarms:
        return await open_alarms(self._deck.ledger)

    async def _alarm_desk(self) -> AlarmDesk:
        return await alarm_desk(self._deck.ledger, self._deck.now_ms())

    async def _checked(self) -> RoundsSeen:
        return await self._rounds.seen(self._deck.now_ms()) if self._rounds else {}

    async def _owned(self) -> dict[str, Owner]:
        return (
            await self._owners_known.read((await self.alarms.get()).value.rows) if self._owners_known else {}
        )

    async def _looked_ahead(self) -> dict[str, Outlook]:
        if self._outlooks_of is None:
            return {}
        latest, fleet = (await self.latest.get()).value, (await self.fleet.get()).value
        desk, alarms = (await self.alarm_desk.get()).value, (await self.alarms.get()).value
        return await self._outlooks_of.read(latest, fleet, desk, alarms, self._deck.now_ms())

    async def _edge(self) -> dict[str, Any]:
        return await self._deck.edge.status() if self._deck.edge else {}

    async def _edge_devices(self) -> list[Row]:
        return await self._deck.edge.devices() if self._deck.edge else []

    async def _looks(self) -> list[Row]:
        return await self._deck.edge.looks(MOST_LOOKS) if self._deck.edge else []

    async def _analyzers(self) -> dict[str, Any]:
        """{items, looked_at, since}: what the edge beside us knows of its devices' messages."""
        if self._deck.edge is None:
            return {}
        rows, looked = await self._deck.edge.analyzers()
        return {"items": rows} | looked

    async def _decisions(self) -> list[Row]:
        return await self._deck.edge.decisions(MOST_LOOKS) if self._deck.edge else []

    async def _unsendable(self) -> list[Row]:
        return await self._deck.edge.unsendable(MOST_UNSENDABLE) if self._deck.edge else []

    async def _edges(self) -> list[Row]:
        """Edges elsewhere: {id url receipts}."""
        settings = self._deck.settings
        marks = (await self._deck.reader.figures()).watermarks
        names = {mark.edge for mark in marks} | {told["id"] for told in settings.edges}
        found = sorted(names - ({settings.edge} if self._deck.edge else set()))
        return [
            {
                "id": name,
                "url": settings.url_of_edge(name),
                "stored": sum(m.seq for m in marks if m.edge == name),
            }
            for name in found
        ]

    async def _results(self) -> list[Row]:
        return (await self._page(ResultFilter(), RECENT_RESULTS)).items

    async def find(self, specimen: str) -> list[Row]:
        """Results of one specimen in the whole store; raises StoreUnavailable."""
        return (await self._page(ResultFilter(specimen=specimen), RECENT_RESULTS)).items

    async def _page(self, wanted: ResultFilter, limit: int) -> Page:
        return await self._deck.reader.results(wanted, limit=limit, cursor=None)

    async def _today(self) -> Counter[str]:
        return await self._tally.count(self._deck.now_ms()) if self._tally else Counter()

    async def _quarantine(self) -> Waiting:
        if self._deck.store is None:
            return await self._quarantine_of_edge()
        waiting = await self._deck.reader.quarantine("WAITING", limit=_COUNTED_ENTRIES, cursor=None)
        newest = await self._deck.reader.quarantine(None, limit=MOST_ENTRIES, cursor=None)
        return Waiting(len(waiting.items), waiting.next_cursor is not None, tuple(newest.items))

    async def _quarantine_of_edge(self) -> Waiting:
        if self._deck.edge is None:
            return Waiting()
        rows, _ = await self._deck.edge.quarantine(None, MOST_ENTRIES)
        count = int((await self._deck.edge.status())["quarantined"])
        edge = self._deck.settings.edge
        return Waiting(count, False, tuple(row | {"edge": edge} for row in rows))

    async def _figures(self) -> Figures:
        return read_figures(await self._deck.hub.metrics())

    async def _fleet(self) -> list[Row]:
        """Every device with ``heard_ms``: the newest sign of it that anything here knows of."""
        rows = await self._deck.inventory.devices()
        heard = dict((await self.figures.get()).value.seen_ms or {})
        for row in [*(await self.latest.get()).value, *(await self.results.get()).value]:
            _later(heard, str(row["device"]), ms_of(row.get("received")))
        for row in rows:
            _later(heard, row["id"], ms_of(row.get("last_message")))
        return [row | {"heard_ms": heard.get(row["id"])} for row in rows]

    async def _steps(self, span: str) -> dict[str, list[Row]]:
        length_ms, step_ms = SPANS[span]
        now_ms = self._deck.now_ms()
        found: dict[str, list[Row]] = {}
        desk = (await self.alarm_desk.get()).value
        for reading in temperatures((await self.latest.get()).value):
            wanted: dict[str, Any] = {"from_ms": now_ms - length_ms, "to_ms": now_ms + step_ms}
            narrowed = ReadingFilter(reading["device"], reading["metric"], **wanted, step_ms=step_ms)
            page = await self._deck.reader.readings(narrowed, limit=1000, cursor=None)
            found[reading["device"]] = desk.corrected(page.items)
        return found


def _later(heard: dict[str, int], device: str, ms: int | None) -> None:
    if ms is not None and ms > heard.get(device, 0):
        heard[device] = ms
