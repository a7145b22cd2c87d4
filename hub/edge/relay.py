"""Spool to bus, in order, until the hub's receipt says that the store has it (design 3).

The relay never decodes: it splices epoch and seq into the encoded body. A PUBACK only frees the
window; what moves the spool is the receipt.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from hub.edge.counters import RelayCounters
from hub.events import number_body
from hub.mqtt.connection import Connection, Outgoing, Unsendable
from hub.spool import EpochState, Row, Spool

LINGER_SECONDS = 0.005
LARGEST_WRITE_ROWS = 128
UNRECEIPTED_ROWS = 20_000
TAIL_ROWS = 8_000
PRUNED = "pruned"

log = logging.getLogger(__name__)


class Relay:
    """Cursor over one epoch at a time, oldest first; ``skipped_ranges`` declares rows that are gone."""

    def __init__(self, spool: Spool, declare: Callable[[Connection, str, int, int], None]) -> None:
        self.spool = spool
        self.counters = RelayCounters()
        self._declare = declare
        self._epoch = EpochState(0, "", 0, 0, False)
        self._next_seq = 1
        self._highest_sent = 0
        self._tail: deque[Row] = deque()
        self._wanted: deque[tuple[int, int]] = deque()
        self._outstanding: dict[int, None] = {}  # sent, no PUBACK yet, in order
        self._wake = asyncio.Event()
        self._hub_seen = asyncio.Event()
        spool.listen(self._offer)

    async def run(self, connection: Connection) -> None:
        """Publish until cancelled; a new connection goes on from the first row without PUBACK."""
        self._resume(await self.spool.draining())
        await self._hub_seen.wait()
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(LINGER_SECONDS)
            await self._send_waiting(connection)

    def on_published(self, tokens: list[int]) -> None:
        for token in tokens:
            self._outstanding.pop(token, None)
        self.counters.published += len(tokens)
        self._wake.set()

    def hub_seen(self, online: bool) -> None:
        """The partition's hub exists on this broker: its session stands, so nothing we publish is dropped."""
        self.counters.hub_online = online
        self._hub_seen.set()

    def lost(self) -> None:
        """The line ended: another broker, or a wiped one, must be known to have a hub before we publish."""
        self._hub_seen.clear()
        self.counters.connected = False

    async def receipted(self, receipt_seq: int, *, resend: bool) -> None:
        """The receipt of the epoch in hand moved; ``resend``: everything after it goes again."""
        self._epoch = self._epoch._replace(receipt_seq=receipt_seq)
        if resend:
            self.rewind()
        if self._epoch.closed and receipt_seq >= self._epoch.last_seq:
            await self.reload()
        self._wake.set()

    async def reload(self) -> None:
        """The spool's epochs changed: start from what they say."""
        self._outstanding.clear()
        self._resume(await self.spool.draining())

    def rewind(self) -> None:
        self.counters.rewinds += 1
        self._next_seq = self._epoch.receipt_seq + 1
        self._outstanding.clear()
        self._tail.clear()
        self._wake.set()

    def want(self, first: int, last: int) -> None:
        """The hub names a gap; it repeats that until the gap is closed."""
        if first <= last < self._next_seq and len(self._wanted) < 8 and (first, last) not in self._wanted:
            self._wanted.append((first, last))
            self._wake.set()

    @property
    def knows_hub(self) -> bool:
        """Whether this connection has heard of the partition's hub."""
        return self._hub_seen.is_set()

    @property
    def epoch(self) -> EpochState:
        return self._epoch

    @property
    def all_sent(self) -> bool:
        return self._next_seq > self._last_seq

    @property
    def _last_seq(self) -> int:
        open_epoch = self._epoch.number == self.spool.books.epoch_number
        return self.spool.books.last_seq if open_epoch else self._epoch.last_seq

    def _resume(self, epoch: EpochState) -> None:
        first = next(iter(self._outstanding), self._next_seq)
        if epoch.number != self._epoch.number:
            first = epoch.receipt_seq + 1
        self._next_seq = max(first, epoch.receipt_seq + 1)
        self._epoch = epoch
        self._outstanding.clear()
        self._tail.clear()
        self._wake.set()

    def _offer(self, rows: list[Row]) -> None:
        """Keep rows in memory only while they join on to what is sent next: a hole here once skipped rows."""
        for row in rows:
            behind = self._tail[-1].seq + 1 if self._tail else self._next_seq
            if row.epoch_number == self._epoch.number and row.seq == behind and len(self._tail) < TAIL_ROWS:
                self._tail.append(row)
        self._wake.set()

    async def _send_waiting(self, connection: Connection) -> None:
        while self._wanted:
            await self._send_wanted(connection, *self._wanted[0])
            self._wanted.popleft()
        while rows := await self._next_rows(connection):
            await self._publish(connection, rows)
            await connection.drain()

    async def _next_rows(self, connection: Connection) -> list[Row]:
        in_flight = self._next_seq - 1 - self._epoch.receipt_seq
        room = min(connection.free_slots, UNRECEIPTED_ROWS - in_flight, LARGEST_WRITE_ROWS)
        if room <= 0 or self.all_sent:
            return []
        if self._tail and self._tail[0].seq == self._next_seq:
            return [self._tail.popleft() for _ in range(min(room, len(self._tail)))]
        self._tail.clear()
        return await self._read(connection, room)

    async def _read(self, connection: Connection, room: int) -> list[Row]:
        """Rows from the file; where the first are gone (pruned), that is declared and passed over."""
        epoch, first = self._epoch, self._next_seq
        rows = await self.spool.rows(epoch.number, first, self._last_seq, room)
        if (epoch.number, first) != (self._epoch.number, self._next_seq):
            return []  # rewound meanwhile
        if rows and rows[0].seq != first:
            self._declare(connection, epoch.epoch, first, rows[0].seq - 1)
            self._next_seq = rows[0].seq
        return rows

    async def _publish(self, connection: Connection, rows: list[Row]) -> None:
        if rows[0].seq != self._next_seq:
            raise AssertionError("the relay must never skip a row")
        if await self._send(connection, rows):
            self._next_seq = rows[-1].seq + 1

    async def _send_wanted(self, connection: Connection, first: int, last: int) -> None:
        room = min(connection.free_slots, LARGEST_WRITE_ROWS)
        rows = await self.spool.rows(self._epoch.number, first, last, room) if room > 0 else []
        if room > 0 and (not rows or rows[0].seq > first):
            self._declare(connection, self._epoch.epoch, first, (rows[0].seq - 1) if rows else last)
        if rows:
            await self._send(connection, rows)

    async def _send(self, connection: Connection, rows: list[Row]) -> bool:
        """False when MQTT cannot carry one of them: that one is quarantined, the rest goes next time."""
        epoch = self._epoch.epoch
        batch = [Outgoing(row.topic, number_body(row.body, epoch, row.seq), row.seq) for row in rows]
        try:
            connection.publish(batch)
        except Unsendable as error:
            await self.spool.quarantine_unsendable(self._epoch.number, error.token or rows[0].seq)
            self._tail.clear()
            return False
        for row in rows:
            self._outstanding[row.seq] = None
        if rows[0].seq <= self._highest_sent:
            self.counters.resent += len(rows)
        self._highest_sent = max(self._highest_sent, rows[-1].seq)
        return True
