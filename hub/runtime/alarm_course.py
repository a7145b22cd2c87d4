"""One course of the alarms through the log: from a start to the next."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hub.alarms.calibrations import Issued
from hub.alarms.evaluator import WINDOW_MS, Arrival, Evaluator
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.calibrate import Calibrate
from hub.alarms.incidents.entries import Entry
from hub.alarms.keeper import Keeper
from hub.alarms.rule_list import heard
from hub.alarms.rules import INFINITE, Profile
from hub.alarms.settings_in_force import Settings
from hub.events import InvalidEvent, decode_data, decode_event, parse_time
from hub.payloads import Alarm, DeviceStatus, Reading
from hub.runtime.alarm_history import next_history
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_units import ToldDevice, Units
from hub.runtime.edge_words import EdgeWords
from storage.contract import CursorGone, LoggedEvent, StoreReader
from storage.incidents import AlarmSetting, Judged

PAGE_EVENTS = 250  # a turn of the loop: 5 ms
# Readings of more than an hour ago: an edge that drains a week would change what is told with each page.
PATIENCE_MS = 30_000
# How far the log is judged is written with each entry, and now and then without: what lies behind is judged
# once more after a start, to no effect.
PROGRESS_MS = 10_000
log = logging.getLogger(__name__)


class AlarmCourse:
    """Every method raises StoreUnavailable; then a new course must begin."""

    def __init__(
        self,
        ledger: AlarmLedger,
        reader: StoreReader,
        settings: Settings,
        judged: Judged,
        power: Mapping[str, str],
        words: EdgeWords,
    ) -> None:
        self.cursor, self._history_from_ms = judged
        self._ledger = ledger
        self._reader = reader
        self._settings = settings
        self._units = Units(settings, power)
        self._keeper = Keeper(Evaluator(patience_ms=PATIENCE_MS))
        self._words = words
        self._calibrated: list[tuple[str, str, Calibrate]] = []  # site, device, what; not yet entered
        self._given: Sequence[Issued] = ()
        self._given_of: dict[str, list[Issued]] = {}  # by device
        self._sites: dict[str, str] = {}  # of the devices that were told
        self._written = Judged(0, 0)
        self._judged = 0

    @classmethod
    async def begin(
        cls,
        ledger: AlarmLedger,
        reader: StoreReader,
        profiles: Iterable[Profile],
        now_ms: int,
        power: Mapping[str, str] | None = None,
        words: EdgeWords | None = None,
    ) -> "AlarmCourse":
        """Where the one before ended; at the first start with the readings of two days.

        ``power``: the configured power group of each device that has one; ``words``: those of edges.
        """
        judged, kept = await ledger.begin()
        settings = Settings(kept)
        for label in settings.offer(profiles, now_ms):
            log.error("profile changed without a new version: the old one judges", extra={"profile": label})
        if not judged.cursor:
            judged = Judged((await reader.figures()).last_number, now_ms - WINDOW_MS)
        words = words or EdgeWords(lambda: now_ms)
        words.begin()
        course = cls(ledger, reader, settings, judged, power or {}, words)
        await course._place_known(now_ms)
        return course

    async def read_on(self) -> bool:
        """Take in a page of the log; whether there is more."""
        try:
            page = await self._reader.events(self.cursor, limit=PAGE_EVENTS)
        except CursorGone as gone:  # what stood there is in the tables only
            log.warning("alarms skip what the log has no more", extra={"to": gone.first - 1})
            self.cursor = gone.first - 1
            return True
        arrivals: list[Arrival] = []
        for logged in page:
            self._take(logged, arrivals)
        self._keeper.add(arrivals, self.cursor)
        self._judged += len(arrivals)
        self.cursor = page[-1].number if page else self.cursor
        return len(page) == PAGE_EVENTS

    def calibrate(self, site: str, device: str, action: Calibrate, now_ms: int) -> None:
        """Judge by it from now on; ``enter`` commits it with all that it changes."""
        issued_ms = self._settings.calibrations.free_ms(device, action.metric, now_ms)
        issued = Issued(
            device, action.metric, action.offset, action.from_ms, action.to_ms, issued_ms,
            action.actor, action.note,
        )  # fmt: skip
        self._calibrate(site, issued, action)

    def follow(self, given: Sequence[Issued]) -> None:
        """Judge by what another ledger issued, too, each as soon as its device is known here."""
        if given is not self._given:
            by_device: defaultdict[str, list[Issued]] = defaultdict(list)
            for issued in given:
                by_device[issued.device].append(issued)
            self._given, self._given_of = given, by_device
            for device in self._sites:
                self._follow(device)

    async def enter(self, now_ms: int) -> int:
        """Judge what is known, and commit what became known; how many entries that were.

        Of series that need their history a few at a time: others do not wait for them.
        """
        found = self._keeper.judge(now_ms)
        while wanted := self._keeper.wanted():
            history = await next_history(self._reader, wanted, now_ms)
            for series, readings in history.readings.items():
                self._keeper.give(series, readings, complete=history.complete)
            found = self._keeper.judge(now_ms)
            if not self._calibrated:  # a calibration is one commit with all that it changes
                break
        settings = [AlarmSetting(each.name, each.from_ms, each.body) for each in self._settings.new]
        judged = None if self._keeper.wanted() else Judged(self.judged_to, now_ms)
        heard_to = judged.cursor if judged else 0
        if not (found or settings or self._words.ready(heard_to) or now_ms >= self._progress_due_ms()):
            return 0
        entries = await self._ledger.enter(
            lambda book: self._entries(book, heard_to, now_ms), judged, settings
        )
        self._keeper.entered()
        self._words.entered(heard_to)
        self._calibrated = []
        self._settings.written()
        self._written = judged or self._written
        return len(entries)

    def _entries(self, book: Book, heard_to: int, now_ms: int) -> list[Entry]:
        """A calibration before what it changes; what edges say of incidents after them."""
        made: list[Entry] = []
        for site, device, action in self._calibrated:
            made += book.act_on_device(site, device, action, now_ms)
        return [*made, *self._keeper.enter(book, now_ms), *self._words.enter(book, now_ms, heard_to)]

    def due_ms(self) -> int | None:
        """When to go on though the log has not grown; None: never."""
        if self._keeper.wanted():
            return 0
        due = (self._keeper.due_ms(), self._progress_due_ms())
        return min((due_ms for due_ms in due if due_ms is not None and due_ms < INFINITE), default=None)

    def _progress_due_ms(self) -> int:
        return INFINITE if self.judged_to == self._written.cursor else self._written.at_ms + PROGRESS_MS

    @property
    def judged_to(self) -> int:
        """The log is judged up to here: what came late, or needs its history, may wait behind."""
        if self._keeper.wanted():
            return self._written.cursor
        mark = self._keeper.unjudged_mark
        return self.cursor if mark is None else mark

    def take_count(self) -> int:
        """Readings that were judged since it was asked last."""
        count, self._judged = self._judged, 0
        return count

    async def _place_known(self, now_ms: int) -> None:
        metrics: defaultdict[str, set[str]] = defaultdict(set)
        for row in await self._reader.latest_readings():
            metrics[row["device"]].add(row["metric"])
        for row in await self._reader.devices():
            self._words.place(row["device"], row["edge"])
            told = ToldDevice.of_row(row, self._settings.gateway_of(row["device"]))
            self._sites[told.device] = told.site
            for unit in self._units.of(told, now_ms):
                known = metrics[unit.device]
                self._keeper.place(unit, known, self._history_from_ms if known else None)

    def _follow(self, device: str) -> None:
        for issued in self._given_of.get(device, ()):
            if issued not in self._settings.calibrations:
                self._calibrate(self._sites[device], issued, heard(issued))

    def _calibrate(self, site: str, issued: Issued, action: Calibrate) -> None:
        self._settings.calibrate(issued)
        self._calibrated.append((site, issued.device, action))
        self._keeper.calibrate(issued.device, self._settings.calibrations.counted_of(issued.device))

    def _place(self, told: ToldDevice, now_ms: int) -> None:
        self._sites[told.device] = told.site
        self._follow(told.device)
        for unit in self._units.of(told, now_ms):
            self._keeper.place(unit)

    def _take(self, logged: LoggedEvent, arrivals: list[Arrival]) -> None:
        if logged.type not in (Reading.TYPE, DeviceStatus.TYPE, Alarm.TYPE):
            return
        try:
            event = decode_event(logged.body)
            payload = decode_data(event)
            time_ms = parse_time(event.time)
            self._words.hear(logged.number, event, payload)
        except (InvalidEvent, ValueError):
            return  # the sink lets none in
        if isinstance(payload, Reading):
            arrivals.append(((event.device, payload.metric), time_ms, payload.value, payload.quality))
        elif isinstance(payload, DeviceStatus):
            self._words.place(event.device, event.edge)
            self._place(ToldDevice.of_status(event, payload), parse_time(event.received))
