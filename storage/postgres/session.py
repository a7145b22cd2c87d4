"""What the writer knows while it writes: its connection, ids it looked up, and work due at the commit."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar
from zoneinfo import ZoneInfo

import asyncpg

from storage.chunks import Sample
from storage.compaction import Lateness
from storage.lab_days import DEFAULT_TIMEZONE, Change
from storage.postgres.entries import Entry, columns

MOST_CACHED_IDS = 100_000
# Unpacked chunks, about 0.5 MB each at most: late readings of one series come together.
MOST_CACHED_CHUNKS = 32

K = TypeVar("K")

SeriesKey = tuple[str, str, str, str, str]  # device, metric, unit, edge, site

_EPOCH = "SELECT number FROM epoch WHERE edge = $1 AND epoch = $2"
_NEW_EPOCH = "INSERT INTO epoch (edge, epoch, first_seen_ms) VALUES ($1, $2, $3) RETURNING number"
_NEW_SERIES = """
INSERT INTO series (device, metric, unit, edge, site)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT DO NOTHING
"""
_SERIES = """
SELECT device, metric, unit, edge, site, series
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS key (device, metric, unit, edge, site)
JOIN series USING (device, metric, unit, edge, site)
"""
_REPLACED = """
SELECT event.supersedes, event.edge, event.type, event.number FROM unnest($1::bytea[]) AS own (id)
JOIN event ON event.supersedes = own.id
"""


class Session:
    """The writer's connection with what may be remembered from one transaction to the next."""

    def __init__(self, connection: asyncpg.Connection, schema: int) -> None:
        self.connection = connection
        self.schema = schema  # oid: names the locks of this store
        self.gains: Counter[str] = Counter()
        self.sightings: dict[tuple[str, str], tuple[str, int]] = {}
        self.lab_changes: list[Change] = []
        self.zone = ZoneInfo(DEFAULT_TIMEZONE)
        self.last_number = 0
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

    def begin(self, last_number: int, deleted_number: int, timezone: str) -> None:
        """What the store says at the start of a transaction; nothing is due yet."""
        self.last_number, self.deleted_number = last_number, deleted_number
        self.zone = ZoneInfo(timezone or DEFAULT_TIMEZONE)
        self.gains.clear()
        self.sightings.clear()
        self.lab_changes.clear()

    async def epoch(self, edge: str, epoch: str, now_ms: int) -> int:
        """The number of an epoch, given when the hub first sees it."""
        key = (edge, epoch)
        number = self._epochs.get(key)
        if number is None:
            number = await self.connection.fetchval(_EPOCH, *key)
            if number is None:
                number = await self.connection.fetchval(_NEW_EPOCH, *key, now_ms)
            _remember(self._epochs, key, number)
        return number

    async def series(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
        """The ids of series, made in the running transaction when they are new."""
        wanted = dict.fromkeys(keys)
        missing = [key for key in wanted if key not in self._series]
        if missing:
            arrays = columns(missing, 5)
            await self.connection.execute(_NEW_SERIES, *arrays)
            for *names, number in await self.connection.fetch(_SERIES, *arrays):
                device, metric, unit, edge, site = names
                _remember(self._series, (device, metric, unit, edge, site), number)
        return {key: self._series[key] for key in wanted}

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

    async def mark_replaced(self, entries: list[Entry]) -> None:
        """Tell the entries that an event of their own edge supersedes.

        Of those of this commit that come later only the ones of the same type: others take nothing away.
        """
        by_key = {entry.key: entry for entry in entries}
        for event_id, edge, event_type, number in await self.connection.fetch(
            _REPLACED, [entry.stored.id for entry in entries]
        ):
            entry = by_key.get((event_id, edge))
            if entry and (number < entry.stored.number or event_type == entry.stored.event.type):
                entry.replaced = True


def _remember(cache: dict[K, int], key: K, number: int) -> None:
    if len(cache) >= MOST_CACHED_IDS:
        cache.clear()
    cache[key] = number
