"""What the hub writes: the lease, the log, the projections, quarantine, watermarks, holes, alarms and lots.

A commit goes to the server in a dozen statements however many events it has: each statement carries
arrays. What an event means is decided here, in order, as if the events came one by one.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

from hub.errors import StoreBroken, StoreUnavailable
from storage.admission import Stored, UnstorableError, checked, refused
from storage.columns import log_columns
from storage.contract import Batch, Outcome, Poison
from storage.postgres import incidents, lots
from storage.postgres.entries import Entry, Share, columns
from storage.postgres.failures import FAILURES, REFUSALS, reason_of, unavailable
from storage.postgres.line import Line
from storage.postgres.projections import Projection, load
from storage.postgres.session import Session
from storage.postgres.transaction import Standing, transaction

T = TypeVar("T")

Write = Callable[[Session, list[Entry]], Awaitable[None]]

_KNOWN = "SELECT event.id FROM unnest($1::bytea[]) AS own (id) JOIN event ON event.id = own.id"
_INSERT_EVENTS = """
INSERT INTO event
    (number, id, type, edge, epoch, seq, site, device, subject, supersedes, time_ms, received_ms, body)
SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
    $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bigint[], $12::bigint[], $13::bytea[])
"""
_INSERT_POISON = """
INSERT INTO poison (digest, edge, topic, received_ms, reason, body)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[])
ON CONFLICT (digest) DO NOTHING
"""
_WATERMARK = "UPDATE epoch SET seq = $1, id = $2 WHERE number = $3 AND coalesce(seq, -1) < $1"
_HOLE = """
INSERT INTO hole (epoch, first, last, reason, received_ms) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""


class RefusedError(Exception):
    """PostgreSQL refused one event of a commit; it is written again with savepoints to find which."""


class Ledger:
    """Writes groups of batches over the writer's line."""

    def __init__(self, line: Line, store_id: str) -> None:
        self.store_id = store_id
        self._line = line
        self._projections = load()

    async def write(self, batches: Sequence[Batch]) -> list[Outcome | StoreUnavailable]:
        """Commit all batches at once; one that lost its lease writes nothing and gets its error.

        Raises StoreUnavailable: nothing of any batch was written, unless the line broke while the
        server committed. Then nobody knows; what is sent again is recognised by its ids.
        """
        try:
            return await self.run(
                lambda session, standing: self._write(session, standing, batches, self._quick)
            )
        except RefusedError:
            return await self.run(
                lambda session, standing: self._write(session, standing, batches, self._careful)
            )

    async def run(self, work: Callable[[Session, Standing], Awaitable[T]]) -> T:
        """Do ``work`` in a transaction of its own; raises StoreUnavailable: nothing was written.

        Raises StoreBroken when somebody has put another store in the place of ours.
        """
        try:
            session = await self._line.session()
            async with transaction(session) as standing:
                if standing.id != self.store_id:
                    raise StoreBroken("store.replaced: the database holds another store")
                return await work(session, standing)
        except UnstorableError as error:  # a damaged chunk, met by maintenance
            raise StoreUnavailable(str(error)) from error
        except FAILURES as error:
            raise unavailable(error) from error

    async def _write(
        self, session: Session, standing: Standing, batches: Sequence[Batch], write: Write
    ) -> list[Outcome | StoreUnavailable]:
        refusals = await incidents.refusals(session, batches)
        for place, batch in enumerate(batches):
            if batch.term < standing.term:
                refusals[place] = StoreUnavailable("lease lost")
        held = [Share(batch) for place, batch in enumerate(batches) if place not in refusals]
        for share in held:
            await self._admit(session, share)
        await write(session, [entry for share in held for entry in share.entries])
        last_number = standing.last_number
        for share in held:
            await _write_rest(session, share)
            last_number = share.settle(last_number)
        outcomes = (share.outcome for share in held)
        return [refusals.get(place) or next(outcomes) for place in range(len(batches))]

    async def _admit(self, session: Session, share: Share) -> None:
        """Epochs get their numbers in the order in which a batch names them: events, holes, watermarks."""
        arrived_ms = share.batch.received_ms
        for arrival in share.batch.arrivals:
            try:
                known = checked(arrival)
            except UnstorableError as error:
                share.refused.append((arrival, str(error)))
                continue
            event = arrival.event
            epoch = await session.epoch(event.edge, event.epoch, arrived_ms)
            stored = Stored(
                0, known.id, known.supersedes, event, epoch, known.time_ms, known.received_ms, arrived_ms
            )
            share.entries.append(self._prepared(Entry(arrival, stored)))
        for hole in share.batch.holes:
            await session.epoch(hole.edge, hole.epoch, arrived_ms)
        for watermark in share.batch.watermarks:
            await session.epoch(watermark.edge, watermark.epoch, arrived_ms)

    def _prepared(self, entry: Entry) -> Entry:
        projection = self._projections.get(entry.stored.event.type)
        if projection and entry.payload is not None:
            try:
                entry.prepared = projection.prepare(entry.stored, entry.payload)
            except (ValueError, OverflowError):
                entry.refusal = "store.bad_value"
        return entry

    async def _quick(self, session: Session, entries: list[Entry]) -> None:
        """Write all entries; raises RefusedError when the server refuses one."""
        try:
            await self._store(session, entries)
        except REFUSALS as error:
            raise RefusedError from error

    async def _careful(self, session: Session, entries: list[Entry]) -> None:
        """Halve what is refused until the one entry is alone: it goes to quarantine in this transaction."""
        gains, last_number = session.gains.copy(), session.last_number
        sightings, due = session.sightings.copy(), session.due_counts()
        await session.connection.execute("SAVEPOINT one")
        try:
            await self._store(session, entries)
        except REFUSALS as error:
            await session.connection.execute("ROLLBACK TO one; RELEASE one")
            session.forget()
            session.gains, session.last_number, session.sightings = gains, last_number, sightings
            session.take_back(due)
            await self._halve(session, entries, reason_of(error))
        else:
            await session.connection.execute("RELEASE one")

    async def _halve(self, session: Session, entries: list[Entry], reason: str) -> None:
        for entry in entries:
            entry.stored = entry.stored._replace(number=0)
        if len(entries) == 1:
            entries[0].refusal = reason
            return
        half = len(entries) // 2
        await self._careful(session, entries[:half])
        await self._careful(session, entries[half:])

    async def _store(self, session: Session, entries: list[Entry]) -> None:
        """Log what is new and can be stored, then show it to the projections, each once."""
        fresh = await self._fresh(session, entries)
        if not fresh:
            return
        for number, entry in enumerate(fresh, session.last_number + 1):
            entry.stored = entry.stored._replace(number=number)
        rows = [(each.stored.number, *log_columns(each.stored, each.arrival.body)) for each in fresh]
        await session.connection.execute(_INSERT_EVENTS, *columns(rows, 13))
        session.last_number += len(fresh)
        session.gains["events"] += len(fresh)
        for projection, of_type in self._by_projection(fresh):
            await projection.apply(session, of_type)
        for entry in fresh:
            session.sight(entry.stored.event, entry.stored.received_ms)

    async def _fresh(self, session: Session, entries: list[Entry]) -> list[Entry]:
        known = {
            row[0] for row in await session.connection.fetch(_KNOWN, [entry.stored.id for entry in entries])
        }
        for projection, of_type in self._by_projection(entries):
            if projection.seen:
                known |= await projection.seen(session, of_type)
        fresh = []
        for entry in entries:
            if entry.stored.id in known:
                entry.refusal = ""
            elif not entry.refusal:
                known.add(entry.stored.id)
                fresh.append(entry)
        return fresh

    def _by_projection(self, entries: Iterable[Entry]) -> Iterable[tuple[Projection, list[Entry]]]:
        of_type: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.payload is not None and not entry.refusal:
                of_type[entry.stored.event.type].append(entry)
        return [
            (self._projections[name], found) for name, found in of_type.items() if name in self._projections
        ]


async def _write_rest(session: Session, share: Share) -> None:
    """Quarantine, holes, watermarks, alarms and lots of one batch."""
    batch, arrived_ms = share.batch, share.batch.received_ms
    share.refused += [(entry.arrival, entry.refusal) for entry in share.entries if entry.refusal]
    poison = [refused(arrival, reason) for arrival, reason in share.refused]
    await _quarantine(session, [*poison, *batch.poison], arrived_ms)
    for hole in batch.holes:
        epoch = await session.epoch(hole.edge, hole.epoch, arrived_ms)
        await session.connection.execute(_HOLE, epoch, hole.first, hole.last, hole.reason, arrived_ms)
    for watermark in batch.watermarks:
        epoch = await session.epoch(watermark.edge, watermark.epoch, arrived_ms)
        await session.connection.execute(_WATERMARK, watermark.seq, watermark.id, epoch)
    if batch.alarms:
        await incidents.enter(session, batch.alarms)
    await lots.enter(session.connection, batch.placements)


async def _quarantine(session: Session, poison: Sequence[Poison], arrived_ms: int) -> None:
    if not poison:
        return
    rows = [
        (sha256(each.body).digest(), each.edge, _text(each.topic), arrived_ms, each.reason, each.body)
        for each in poison
    ]
    done = await session.connection.execute(_INSERT_POISON, *columns(rows, 6))
    session.gains["poison"] += int(done.rpartition(" ")[2])


def _text(topic: str) -> str:
    """A topic may hold a NUL that the broker let through; PostgreSQL does not keep one."""
    return topic.replace("\0", "\ufffd")
