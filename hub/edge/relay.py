"""Spool to bus, in order, until the hub's receipt says that the store has it (design 3).

The relay never decodes: it splices epoch and seq into the encoded body. A PUBACK only frees the
window; what moves the spool is the receipt.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from time import monotonic

from hub.edge.counters import RelayCounters
from hub.events import number_body
from hub.mqtt.connection import Connection, Outgoing, Unsendable
from hub.spool import EpochState, Row, Spool
from hub.streams.clock import now_ms

LINGER_SECONDS = 0.02  # longer writes wake broker and hub less often; nobody sees 20 ms
LARGEST_WRITE_ROWS = 128
# Devices wait for their answers, the bus for nobody: while so many rows come in the time above, they stay in
# the spool, for so long at most.
RUSH_ROWS = 20
YIELD_SECONDS = 2.0
# Design 3 allows 20,000. What is in flight beyond the way there and back of a receipt (some 150 ms) only
# stands in queues, before the events of others; and above the broker's max_ack_pending NATS leaves single
# messages out until ack_wait, which the hub must then ask for.
UNRECEIPTED_ROWS = 4_000
TAIL_ROWS = 8_000
LARGEST_TAIL_BODY_BYTES = 4096  # larger ones are read from the file: 8,000 of 256 KiB would be 2 GB

log = logging.getLogger(__name__)


class Relay:
    """Cursor over one epoch at a time, oldest first; ``declare`` tells the hub of rows that are gone."""

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
        self._offered = 0  # rows, ever
        self._caught_up = True
        self._turning = asyncio.Lock()  # two tasks move the epoch in hand; each reads the file for it
        spool.listen(self._offer)

    async def run(self, connection: Connection) -> None:
        """Publish until cancelled; a new connection goes on from the first row without PUBACK."""
        async with self._turning:
            self._resume(await self._draining())
        await self._hub_seen.wait()
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._linger()
            await self._send_waiting(connection)

    async def _linger(self) -> None:
        """Longer in a rush, if all was sent before it, and unless the hub waits for a row that it named."""
        until = monotonic() + YIELD_SECONDS if self._caught_up else 0.0
        self._caught_up = False
        seconds, rows = LINGER_SECONDS, RUSH_ROWS
        while True:
            before = self._offered
            await asyncio.sleep(seconds)
            if self._offered - before < rows or self._wanted or monotonic() >= until:
                return
            seconds, rows = 5 * LINGER_SECONDS, 2 * RUSH_ROWS  # one pause in it does not end it

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
        self.counters.line(False, now_ms())

    async def receipted(self, epoch: str, receipt_seq: int, *, resend: bool) -> None:
        """A receipt moved; ``resend``: everything after the receipt of the epoch in hand goes again."""
        async with self._turning:
            if epoch == self._epoch.epoch:
                self._epoch = self._epoch._replace(receipt_seq=receipt_seq)
                self._pass_receipted()
            else:
                await self._turn()
            if resend:
                self.rewind()
        self._wake.set()

    async def reload(self) -> None:
        """The spool's epochs changed: go on with what they say."""
        async with self._turning:
            await self._turn()

    def rewind(self) -> None:
        self.counters.rewinds += 1
        self._next_seq = self._epoch.receipt_seq + 1
        self._outstanding.clear()
        self._tail.clear()
        self._wake.set()

    def want(self, first: int, last: int) -> bool:
        """The hub names a gap, until it is closed: True when it goes again.

        False while its first row is on its way: not sent in this pass, or without PUBACK.
        """
        if not first <= last < self._next_seq or first in self._outstanding:
            return False
        if len(self._wanted) < 8 and (first, last) not in self._wanted:
            self._wanted.append((first, last))
            self._wake.set()
        return True

    @property
    def knows_hub(self) -> bool:
        """Whether this connection has heard of the partition's hub."""
        return self._hub_seen.is_set()

    @property
    def epoch(self) -> EpochState:
        return self._epoch

    @property
    def sent_to(self) -> tuple[int, int]:
        """(epoch number, seq) of the last row that was given to the bus; those before it were, too."""
        return self._epoch.number, self._next_seq - 1

    @property
    def all_sent(self) -> bool:
        return self._next_seq > self._epoch.last_seq

    async def _draining(self) -> EpochState:
        """What the file says, and what was told since; no await between that and its use."""
        books = self.spool.books
        while True:
            epoch = await self.spool.draining()
            if epoch.number == books.epoch_number:
                return epoch._replace(last_seq=max(epoch.last_seq, books.last_seq))
            if epoch.closed:
                return epoch

    async def _turn(self) -> None:
        epoch = await self._draining()
        if epoch.number == self._epoch.number:
            self._epoch = epoch
            self._pass_receipted()
            self._wake.set()
        else:
            self._resume(epoch)

    def _pass_receipted(self) -> None:
        """What got its receipt need not go again, and may be pruned."""
        if self._next_seq <= self._epoch.receipt_seq:
            self._next_seq = self._epoch.receipt_seq + 1
            self._tail.clear()

    def _resume(self, epoch: EpochState) -> None:
        first = min(self._outstanding, default=self._next_seq)
        if epoch.number != self._epoch.number:
            first = epoch.receipt_seq + 1
            self._highest_sent = 0
            self._wanted.clear()  # these were rows of the other one
        self._next_seq = max(first, epoch.receipt_seq + 1)
        self._epoch = epoch
        self._outstanding.clear()
        self._tail.clear()
        self._wake.set()

    def _offer(self, rows: list[Row]) -> None:
        """Keep rows in memory only while they join on to what is sent next: a hole here once skipped rows."""
        self._offered += len(rows)
        mine = [row for row in rows if row.epoch_number == self._epoch.number]
        for row in mine:
            behind = self._tail[-1].seq + 1 if self._tail else self._next_seq
            if row.seq == behind and len(self._tail) < TAIL_ROWS and len(row.body) < LARGEST_TAIL_BODY_BYTES:
                self._tail.append(row)
        if mine:
            self._epoch = self._epoch._replace(last_seq=max(self._epoch.last_seq, mine[-1].seq))
        if rows[-1].epoch_number > self._epoch.number:
            self._epoch = self._epoch._replace(closed=True)
        self._wake.set()

    async def _send_waiting(self, connection: Connection) -> None:
        if self._epoch.closed and self._epoch.receipt_seq >= self._epoch.last_seq:
            await self.reload()
        await self._send_all_wanted(connection)
        while rows := await self._next_rows(connection):
            await self._publish(connection, rows)
            await connection.drain()
            await self._send_all_wanted(connection)
        self._caught_up = self._caught_up or self.all_sent

    async def _send_all_wanted(self, connection: Connection) -> None:
        """Gaps first: until one is closed nothing behind it gets its receipt."""
        while self._wanted:
            await self._send_wanted(connection, *self._wanted.popleft())

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
        rows = await self.spool.rows(epoch.number, first, epoch.last_seq, room)
        gone = 0 if rows and rows[0].seq == first else await self.spool.pruned_to(epoch.number, first)
        if (epoch.number, first) != (self._epoch.number, self._next_seq):
            return []  # rewound meanwhile
        if gone and self._say_gone(connection, first, gone):
            self._next_seq = gone + 1
            self._wake.set()
        return [] if gone else rows

    def _say_gone(self, connection: Connection, first: int, last: int) -> bool:
        """Only what had a receipt once can be gone; False when the window is full just now."""
        if not connection.free_slots:
            return False
        self._declare(connection, self._epoch.epoch, first, last)
        return True

    async def _publish(self, connection: Connection, rows: list[Row]) -> None:
        if rows[0].seq != self._next_seq:
            raise AssertionError("the relay must never skip a row")
        if sent := await self._send(connection, rows):
            self._next_seq = sent[-1].seq + 1
        else:
            self._tail.clear()

    async def _send_wanted(self, connection: Connection, first: int, last: int) -> None:
        """What of a gap the window takes; the hub names the rest again."""
        epoch = self._epoch
        room = min(connection.free_slots, LARGEST_WRITE_ROWS)
        rows = await self.spool.rows(epoch.number, first, last, room) if room > 0 else []
        gone = 0 if rows and rows[0].seq == first else await self.spool.pruned_to(epoch.number, first)
        if epoch.number != self._epoch.number:
            return
        if gone:
            self._say_gone(connection, first, min(gone, last))
        if rows:
            await self._send(connection, rows)

    async def _send(self, connection: Connection, rows: list[Row]) -> list[Row]:
        """The rows that went out: none when MQTT cannot carry one of them; that one is quarantined."""
        epoch, rows = self._epoch.epoch, rows[: connection.free_slots]
        if not rows:
            return []
        batch = [Outgoing(row.topic, number_body(row.body, epoch, row.seq), row.seq) for row in rows]
        try:
            connection.publish(batch)
        except Unsendable as error:
            await self.spool.quarantine_unsendable(self._epoch.number, error.token or rows[0].seq)
            self._tail.clear()
            return []
        for row in rows:
            self._outstanding[row.seq] = None
        if rows[0].seq <= self._highest_sent:
            self.counters.resent += len(rows)
        self._highest_sent = max(self._highest_sent, rows[-1].seq)
        return rows
