"""Collect what the partitions deliver, write it in one transaction, then PUBACK and receipt."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.events import partition_of
from hub.mqtt.connection import BrokerAddress, Connection, Incoming
from hub.sink.intake import Delivery, Intake
from hub.sink.partition import Partition
from hub.sink.size import LARGEST_BATCH_EVENTS, SMALLEST_BATCH_EVENTS, BatchSize
from hub.sink.turns import Turns
from hub.sink.watermarks import Committed, Watermarks
from storage.contract import Arrival, Batch, EventStore, Watermark

WINDOW_SECONDS = 0.02
# While events come by the thousand a second, five times the window is a fifth of the commits: a quarter
# less CPU for each event, and fewer fsyncs beside the spool's.
BUSY_EVENTS = 20
BUSY_WINDOW_SECONDS = 0.1
SLICE_EVENTS = 25
LARGEST_BATCH_BYTES = 4 * 1024 * 1024
# Above this no connection is read that brings a backlog: the broker keeps the rest.
WAITING_EVENTS = 20_000
FULL_LANE_EVENTS = 500  # of one edge
SHARED_SECONDS = 2.0  # after a backlog was seen beside others
PAUSE_SECONDS = 0.01  # then between transactions of the backlog, as long as half a full one
RETRY_SECONDS = 1.0
SLOW_SECONDS = 5.0  # a store that answers later than that is away, whatever it says in the end

log = logging.getLogger(__name__)
_pause = asyncio.sleep


@dataclass(slots=True)
class SinkCounters:
    """delivered = stored + duplicates + quarantined, at any moment; ``waiting`` comes before delivered."""

    delivered: int = 0
    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    commits: int = 0
    failures: int = 0
    last_number: int = 0
    store_failure: str = ""


class Sink:
    """``stored`` hears every batch's arrivals after their commit, ``born`` that some are the hub's own."""

    def __init__(
        self,
        store: EventStore,
        address: BrokerAddress,
        partitions: Sequence[int],
        stored: Callable[[Sequence[Arrival]], None],
        born: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.counters = SinkCounters()
        self.marks = Watermarks()
        self.committed = Committed()
        self.partitions = {
            number: Partition(number, address, store, self.committed, self._deliver) for number in partitions
        }
        self._stored = stored
        self._born = born
        self._waiting = Turns()
        self._size = BatchSize(LARGEST_BATCH_EVENTS)
        self._wake = asyncio.Event()
        self._enough = asyncio.Event()
        self._other = asyncio.Event()
        self._paused: set[Connection] = set()
        self._writing_since: float | None = None
        self._shared_until = 0.0

    async def open(self) -> None:
        """The store is open, or refused a batch: learn what it has."""
        self.marks = Watermarks(await self.store.watermarks())
        self.committed.update(self.marks.all())

    async def run(self) -> None:
        """Write what was delivered until cancelled; raises StoreBroken."""
        while True:
            await self._wake.wait()
            await self._gather()
            self._wake.clear()
            while self._waiting:
                await self._write(self._next_batch())
                await self._leave_room()

    async def _gather(self) -> None:
        """Let a batch grow: a moment for single events, longer while many come, no longer than it is full."""
        if self._is_enough():
            return
        await _pause(WINDOW_SECONDS)
        if len(self._waiting) < BUSY_EVENTS or self._is_enough():
            return
        self._enough.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(BUSY_WINDOW_SECONDS - WINDOW_SECONDS):
                await self._enough.wait()

    async def _leave_room(self) -> None:
        """Let whoever speaks beside an edge that drains find the store free, about half of the time."""
        if monotonic() >= self._shared_until or self._waiting.has_others:
            return
        self._other.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_SECONDS):
                await self._other.wait()

    def _is_enough(self) -> bool:
        """A whole batch, or somebody who would wait only because another one drains."""
        return len(self._waiting) >= self._size.events or self._waiting.has_backlog_beside_others

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def store_trouble(self) -> str:
        """Why the store takes nothing just now; empty when it does."""
        asked = (self._writing_since, *(partition.asking_since for partition in self.partitions.values()))
        since = min((at for at in asked if at is not None), default=None)
        if since is not None and monotonic() - since > SLOW_SECONDS:
            return f"store.slow: no answer for more than {SLOW_SECONDS:g} s"
        troubles = (partition.store_trouble for partition in self.partitions.values())
        return self.counters.store_failure or next(filter(None, troubles), "")

    def _deliver(self, connection: Connection, messages: list[Incoming]) -> None:
        longest = self._waiting.add(Delivery(connection, message) for message in messages)
        if len(self._waiting) > WAITING_EVENTS and longest > FULL_LANE_EVENTS:
            connection.pause_reading()
            self._paused.add(connection)
        self._wake.set()
        if self._is_enough():
            self._enough.set()
        if self._waiting.has_others:
            self._other.set()

    def _next_batch(self) -> list[Delivery]:
        """A smaller one while others speak beside an edge that drains: each waits for two of them."""
        if self._waiting.has_backlog_beside_others:
            self._shared_until = monotonic() + SHARED_SECONDS
        events = self._size.events
        if monotonic() < self._shared_until:
            events = max(SMALLEST_BATCH_EVENTS, events // 2)
        return self._waiting.take(events, LARGEST_BATCH_BYTES)

    async def _write(self, deliveries: list[Delivery]) -> None:
        began = monotonic()
        intake = await self._read(deliveries)
        touched = self.marks.touched()
        batch = Batch(
            self.store.term,
            [*intake.arrivals, *intake.born],
            intake.poison,
            [Watermark(told.edge, told.epoch, told.seq, told.id) for told in touched],
            intake.holes,
            now_ms(),
        )
        self._writing_since = monotonic()
        try:
            outcome = await self.store.write(batch)
        except StoreUnavailable as error:
            self._waiting.put_back(deliveries)
            self._writing_since = None
            await self._failed(str(error))
            return
        self._writing_since = None
        self._size.observe(len(deliveries), monotonic() - began)
        self._count(outcome.stored, outcome.duplicates, outcome.quarantined, outcome.last_number)
        self._acknowledge(deliveries)
        self.committed.update(touched)
        for told in touched:
            partition = self.partitions.get(partition_of(told.edge))
            if partition:  # only its holder speaks of an edge
                partition.receipt_due(told)
        if intake.born:
            self._born()
        self._stored(intake.arrivals)

    async def _read(self, deliveries: list[Delivery]) -> Intake:
        """In slices: a whole batch at once would hold the ACKs of an edge beside us for milliseconds."""
        intake = Intake()
        for number, delivery in enumerate(deliveries, 1):
            intake.take(delivery.message, self.marks)
            if number % SLICE_EVENTS == 0:
                await asyncio.sleep(0)
        return intake

    def _acknowledge(self, deliveries: list[Delivery]) -> None:
        by_connection: dict[Connection, list[Incoming]] = {}
        for connection, message in deliveries:
            by_connection.setdefault(connection, []).append(message)
        for connection, messages in by_connection.items():
            connection.acknowledge(messages)
        if self._paused and len(self._waiting) < WAITING_EVENTS // 2:
            for connection in self._paused:
                connection.resume_reading()
            self._paused.clear()

    def _count(self, stored: int, duplicates: int, quarantined: int, last_number: int) -> None:
        counters = self.counters
        counters.stored += stored
        counters.duplicates += duplicates
        counters.quarantined += quarantined
        counters.delivered += stored + duplicates + quarantined
        counters.commits += 1
        counters.last_number = max(counters.last_number, last_number)
        counters.store_failure = ""

    async def _failed(self, reason: str) -> None:
        """Nothing was written and nothing is acknowledged; the same deliveries are tried again.

        A broker without a redelivery timer (mosquitto) would not bring them on this connection.
        """
        self.counters.failures += 1
        if reason != self.counters.store_failure:
            log.error("store does not take events", extra={"reason": reason})
        self.counters.store_failure = reason
        known = False
        while not known:  # what was covered in memory is not in the store: never go on with it
            await asyncio.sleep(RETRY_SECONDS)
            with suppress(StoreUnavailable):
                await self.open()
                known = True
