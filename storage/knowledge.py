"""What a writer knows while it writes, in either dialect: ids it looked up, and work due at the commit."""

from collections import Counter
from typing import TypeVar
from zoneinfo import ZoneInfo

from hub.events import Event
from storage.admission import is_message
from storage.chunks import Sample
from storage.compaction import Lateness
from storage.gate_facts import GateChange
from storage.lab_days import DEFAULT_TIMEZONE, Change
from storage.retention import VISITS

MOST_CACHED_IDS = 100_000
# Unpacked chunks, about 0.5 MB each at most: late readings of one series come together.
MOST_CACHED_CHUNKS = 32

K = TypeVar("K")

SeriesKey = tuple[str, str, str, str, str]  # device, metric, unit, edge, site


class Knowledge:
    """What may be remembered from one transaction to the next."""

    def __init__(self) -> None:
        self.gains: Counter[str] = Counter()
        self.sightings: dict[tuple[str, str], tuple[str, int]] = {}
        self.lab_changes: list[Change] = []
        self.gate_changes: list[GateChange] = []
        self.zone = ZoneInfo(DEFAULT_TIMEZONE)
        self.deleted_number = 0
        # Readings at or after this moment are in no chunk.
        self.chunked_until = -(2**63)
        self.lateness = Lateness()
        # Series whose old readings changed since the compaction's pass began.
        self.disturbed: set[int] = set()
        self.interrupted = False
        # Up to where each class of rows was deleted.
        self.swept: dict[str, int] = {}
        self.samples: dict[tuple[int, int], list[Sample]] = {}
        self._epochs: dict[tuple[str, str], int] = {}
        self._series: dict[SeriesKey, int] = {}

    def forget(self) -> None:
        """Drop what a transaction that was rolled back may have put into the caches."""
        self._epochs.clear()
        self._series.clear()
        self.samples.clear()
        self.swept.clear()
        self.interrupted = True

    def nothing_due(self) -> None:
        """Drop what was due at the end of a transaction that did not end well."""
        self.gains.clear()
        self.sightings.clear()
        self.lab_changes.clear()
        self.gate_changes.clear()

    def due_counts(self) -> tuple[int, int]:
        """How far counting is: for ``take_back``."""
        return len(self.lab_changes), len(self.gate_changes)

    def take_back(self, due: tuple[int, int]) -> None:
        """What was counted since ``due_counts`` was rolled back."""
        del self.lab_changes[due[0] :]
        del self.gate_changes[due[1] :]

    def visit_came(self, time_ms: int) -> None:
        """A scan that comes after its week was blanked: look again, not a week later."""
        if time_ms < self.swept.get(VISITS, time_ms):
            del self.swept[VISITS]

    def sight(self, event: Event, received_ms: int) -> None:
        """Note for the commit when its device was last heard."""
        key = (event.edge, event.device)
        newest = self.sightings.get(key)
        if is_message(event) and (newest is None or received_ms > newest[1]):
            self.sightings[key] = (event.site, received_ms)

    def disturb(self, series: int, ts: int, now_ms: int) -> None:
        """A reading at ``ts`` comes or goes: compaction must not believe what it has in hand."""
        if ts < self.chunked_until:
            self.disturbed.add(series)
            self.lateness.late(now_ms)

    def remember_samples(self, key: tuple[int, int], samples: list[Sample]) -> None:
        """Keep an unpacked chunk of (series, first instant); the one kept longest goes."""
        if len(self.samples) >= MOST_CACHED_CHUNKS:
            self.samples.pop(next(iter(self.samples)))
        self.samples[key] = samples


def remember(cache: dict[K, int], key: K, number: int) -> None:
    """Keep an id; a full cache is emptied."""
    if len(cache) >= MOST_CACHED_IDS:
        cache.clear()
    cache[key] = number
