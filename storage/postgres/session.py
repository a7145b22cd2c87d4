"""What the writer knows while it writes: its connection, ids it looked up, and work due at the commit."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import asyncpg

from storage.knowledge import Knowledge, SeriesKey, remember
from storage.lab_days import DEFAULT_TIMEZONE
from storage.postgres.entries import Entry, columns

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


class Session(Knowledge):
    """The writer's connection with what may be remembered from one transaction to the next."""

    def __init__(self, connection: asyncpg.Connection, schema: int) -> None:
        super().__init__()
        self.connection = connection
        self.schema = schema  # oid: names the locks of this store
        self.last_number = 0

    def begin(self, last_number: int, deleted_number: int, timezone: str) -> None:
        """What the store says at the start of a transaction; nothing is due yet."""
        self.last_number, self.deleted_number = last_number, deleted_number
        self.zone = ZoneInfo(timezone or DEFAULT_TIMEZONE)
        self.nothing_due()

    async def epoch(self, edge: str, epoch: str, now_ms: int) -> int:
        """The number of an epoch, given when the hub first sees it."""
        key = (edge, epoch)
        number = self._epochs.get(key)
        if number is None:
            number = await self.connection.fetchval(_EPOCH, *key)
            if number is None:
                number = await self.connection.fetchval(_NEW_EPOCH, *key, now_ms)
            remember(self._epochs, key, number)
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
                remember(self._series, (device, metric, unit, edge, site), number)
        return {key: self._series[key] for key in wanted}

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
