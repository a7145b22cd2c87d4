"""The spool as the rest of the edge sees it: all methods belong to the event loop's thread."""

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from hub.errors import SpoolFull
from hub.spool.books import Books, epoch_states, pruned_to, read_books
from hub.spool.captures import (
    Capture,
    QuarantineEntry,
    ReplayWork,
    list_quarantine,
    load_capture,
    waiting_before,
)
from hub.spool.committer import Committer
from hub.spool.forwards import Counted, ForwardQueue, Moved
from hub.spool.intake import CaptureRecord, Committed, EventRecord, Intake, ProblemRecord
from hub.spool.known_messages import KnownMessages
from hub.spool.numbering import Numbering
from hub.spool.orders import DAY_MS, OrderQueue, OrdersChanged
from hub.spool.pieces import KeepPiece, unfinished
from hub.spool.recall import recall
from hub.spool.receipts import ReceiptWork, Verdict
from hub.spool.rows import SEQ_MASK, EpochState, Row, row_number
from hub.spool.schema import open_reader, single_row
from hub.spool.upkeep import SLICE_ROWS, DeclareThinned, EndCaptures, MakeSkip, Prune, Size, Unsendable
from hub.vault import Sealer
from hub.wire import Receipt

HOUR_MS = 3_600_000
EVER_MS = 1 << 62
THINNING_SHARE = 0.8
MOST_SLICES = 20  # of one upkeep: what 5,000 rows a second leave behind, four times over
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """``quota_bytes``: above it devices get a negative answer. Receipted rows stay ``keep_rows_hours``."""

    quota_bytes: int = 8 * 1024**3
    keep_rows_hours: int = 72
    keep_captures_days: int = 90
    disk_floor_bytes: int = 64 * 1024**2
    keep_orders_days: int = 14


@dataclass(slots=True)
class SpoolFigures:
    """Edge events since the file was made: spooled = receipted + waiting + skipped, at any moment."""

    spooled: int = 0
    receipted: int = 0
    waiting: int = 0
    skipped: int = 0
    used_bytes: int = 0
    quota_bytes: int = 0
    share: float = 0.0


class Spool:
    """Commit, receive receipts, read back. ``make_skip`` encodes the edge's declarations."""

    def __init__(
        self, path: Path, sealer: Sealer, make_skip: MakeSkip, limits: SpoolLimits | None = None
    ) -> None:
        self.path = path
        self.sealer = sealer
        self.make_skip = make_skip
        self.limits = limits or SpoolLimits()
        self.numbering = Numbering()
        self._known = KnownMessages()
        self.books = Books()
        self._listeners: list[Callable[[list[Row]], None]] = []
        self._committer = Committer(path, self._heard, self._reload)
        self.forwards = ForwardQueue(
            self._committer.submit, self._on_reader, self.limits.keep_captures_days * 24 * HOUR_MS
        )
        self.orders = OrderQueue(
            self._committer.submit, self._on_reader, self.limits.keep_orders_days * DAY_MS
        )
        self._reading = ThreadPoolExecutor(1, "spool-reader")
        self._reader: apsw.Connection | None = None

    async def open(self) -> None:
        """Raises ConfigError or OperatorError when the file cannot be used."""
        self._committer.start()
        self.books.session = await self._committer.submit(_Start(self._reload))
        self._reader = open_reader(self.path)
        await self.refresh()
        await self.forwards.load()
        await self.orders.load()
        await self.upkeep(now_ms=0)

    async def close(self) -> None:
        """The writer goes last: who closes a database last moves its WAL into the file."""
        self._reading.shutdown()
        if self._reader:
            self._reader.close()
        await self._committer.stop()

    async def broken(self) -> str:
        """Waits until the file cannot be written any more; gives the reason."""
        return await self._committer.failed()

    @property
    def session(self) -> int:
        """How often this spool was opened: tells an old will from a new one."""
        return self.books.session

    def listen(self, heard: Callable[[list[Row]], None]) -> None:
        """``heard`` gets every committed row of the open epoch, in order."""
        self._listeners.append(heard)

    def commit(
        self,
        events: list[EventRecord],
        capture: CaptureRecord | None = None,
        problems: tuple[ProblemRecord, ...] = (),
        reply: bytes = b"",
    ) -> "asyncio.Future[Committed]":
        """Queue one transaction at once; raises NotCommitted, as does the future."""
        return self._committer.submit(self._intake(events, capture, problems, reply))

    def exchange(
        self,
        events: list[EventRecord],
        capture: CaptureRecord | None,
        problems: tuple[ProblemRecord, ...],
        reply: bytes,
        settled: Callable[[Committed | None], None],
    ) -> "asyncio.Future[bytes]":
        """``commit`` for a message: the future has the reply to send; ``settled`` hears every end."""
        work = self._intake(events, capture, problems, reply)
        return self._committer.exchange(work, settled, _reply_of)

    def _intake(
        self,
        events: list[EventRecord],
        capture: CaptureRecord | None,
        problems: tuple[ProblemRecord, ...],
        reply: bytes,
    ) -> Intake:
        if self.books.full:
            raise SpoolFull("the spool's quota is used up")
        return Intake(self.numbering, self._known, self.sealer, events, capture, problems, reply)

    def replay(
        self,
        capture: Capture,
        events: list[EventRecord],
        contents: Any,
        problems: tuple[ProblemRecord, ...],
        state: str,
    ) -> "asyncio.Future[Committed]":
        intake = Intake(self.numbering, self._known, self.sealer, events, None, problems)
        return self._committer.submit(ReplayWork(intake, capture, contents, state))

    def keep_piece(self, message: str, device: str, raw: bytes, received_ms: int) -> "asyncio.Future[None]":
        """Queue a piece of a message that is not whole yet; raises NotCommitted, as does the future."""
        if self.books.full:
            raise SpoolFull("the spool's quota is used up")
        return self._committer.submit(KeepPiece(self.sealer, message, device, raw, received_ms))

    async def unfinished(self, device: str) -> dict[str, bytes]:
        """Messages of a device of which only pieces came, by their names."""
        return await self._on_reader(lambda db: unfinished(db, self.sealer, device))

    async def receive(self, receipt: Receipt) -> Verdict:
        """Raises NotCommitted: the receipt is as if it had not come."""
        verdict = await self._committer.submit(ReceiptWork(self.numbering, receipt))
        if verdict.kind not in ("UNKNOWN", "STALE"):
            await self.refresh()
        return verdict

    async def quarantine_unsendable(self, epoch_number: int, seq: int) -> bool:
        moved = await self._committer.submit(Unsendable(epoch_number, seq, self.make_skip))
        await self.refresh()
        return moved

    async def rows(self, epoch_number: int, first: int, last: int, limit: int) -> list[Row]:
        """Rows first..last of an epoch that are still here, oldest first."""
        found = await self._read(
            "SELECT n, topic, body FROM event WHERE n BETWEEN ? AND ? ORDER BY n LIMIT ?",
            (row_number(epoch_number, first), row_number(epoch_number, last), limit),
        )
        return [Row(epoch_number, number & SEQ_MASK, topic, body) for number, topic, body in found]

    async def recall(self, levels: frozenset[str], since_ms: int, read: Callable[[Row], T | None]) -> list[T]:
        """What ``read`` (in another thread) makes of rows since then of topics that end with ``levels``."""
        return await self._on_reader(lambda db: recall(db, levels, since_ms, read))

    async def pruned_to(self, epoch_number: int, first: int) -> int:
        """The last of the rows from ``first`` on that are gone for good; 0 when ``first`` is not gone."""
        return await self._on_reader(lambda db: pruned_to(db, epoch_number, first))

    async def draining(self) -> EpochState:
        """The oldest epoch with rows that have no receipt, else the open one."""
        while True:
            states = await self.epochs()
            if states[-1].number >= self.books.epoch_number:
                return next((state for state in states if state.last_seq > state.receipt_seq), states[-1])

    async def epochs(self) -> list[EpochState]:
        """Oldest first; ``last_seq`` of a closed epoch counts the rows that are still its own."""
        return await self._on_reader(epoch_states)

    async def load_capture(self, capture: bytes) -> Capture:
        """Raises OperatorError when it is not here or cannot be opened."""
        return await self._on_reader(lambda db: load_capture(db, self.sealer, capture))

    async def parts(self, capture: bytes) -> dict[int, str]:
        """The states of a capture's quarantine entries by their numbers."""
        sql = "SELECT part, state FROM quarantine WHERE capture = ? ORDER BY part"
        return dict(await self._read(sql, (capture,)))

    async def quarantine(self, state: str | None = None, limit: int = 100) -> list[QuarantineEntry]:
        return await self._on_reader(lambda db: list_quarantine(db, state, limit))

    async def waiting_before(self, adapters: tuple[str, ...], before_ms: int, limit: int) -> list[bytes]:
        """Captures of ``adapters`` received before then about which nobody has decided."""
        return await self._on_reader(lambda db: waiting_before(db, adapters, before_ms, limit))

    async def end_captures(self, adapters: tuple[str, ...], before_ms: int) -> int:
        """Delete a slice of the captures of ``adapters`` received before then; gives how many."""
        return await self._committer.submit(EndCaptures(self._known, adapters, before_ms))

    async def upkeep(self, now_ms: int) -> Size:
        """Prune in slices, and measure the quota."""
        rows_before_ms = now_ms - self.limits.keep_rows_hours * HOUR_MS
        captures_before_ms = now_ms - self.limits.keep_captures_days * 24 * HOUR_MS
        prune = Prune(self._known, EVER_MS if self.numbering.thinning else rows_before_ms, captures_before_ms)
        for _ in range(MOST_SLICES):
            size = await self._committer.submit(prune)
            self._measure(size.used_bytes)
            if size.pruned < SLICE_ROWS:
                break
        if not self.numbering.thinning:
            await self._committer.submit(DeclareThinned(self.numbering, self.make_skip))
        return size

    def figures(self) -> SpoolFigures:
        books = self.books
        return SpoolFigures(
            spooled=books.spooled,
            receipted=books.spooled - books.waiting - books.skipped,
            waiting=books.waiting,
            skipped=books.skipped,
            used_bytes=books.used_bytes,
            quota_bytes=self.limits.quota_bytes,
            share=books.used_bytes / self.limits.quota_bytes,
        )

    async def refresh(self) -> None:
        """Read the books anew after the epochs changed."""
        while not self.books.take(await self._on_reader(read_books)):
            pass  # an epoch ended meanwhile

    def _heard(self, results: list[Any]) -> None:
        rows: list[Row] = []
        for result in results:
            match result:
                case Committed():
                    rows += result.rows
                    self.forwards.owed(result.owed)
                    self.orders.moved(result.orders)
                case Moved():
                    self.forwards.moved(result)
                case Counted():
                    self.forwards.counted(result)
                case OrdersChanged():
                    self.orders.changed(result)
        self._tell(rows)

    def _tell(self, rows: list[Row]) -> None:
        if not rows:
            return
        self.books.add(rows)
        for heard in self._listeners:
            heard(rows)

    def _measure(self, used_bytes: int) -> None:
        self.books.used_bytes = used_bytes
        free = shutil.disk_usage(self.path.parent).free
        self.books.full = used_bytes >= self.limits.quota_bytes or free < self.limits.disk_floor_bytes
        self.numbering.thinning = used_bytes >= THINNING_SHARE * self.limits.quota_bytes

    async def _read(self, sql: str, values: tuple[int | bytes, ...]) -> list[Any]:
        return await self._on_reader(lambda db: db.execute(sql, values).fetchall())

    def _reload(self, db: apsw.Connection) -> None:
        self.numbering.load(db)
        self._known.load(db)

    async def _on_reader(self, question: Callable[[apsw.Connection], T]) -> T:
        assert self._reader is not None
        return await asyncio.get_running_loop().run_in_executor(self._reading, question, self._reader)


def _reply_of(committed: Committed) -> bytes:
    return committed.reply


@dataclass(frozen=True, slots=True)
class _Start:
    """Load what the writer knows by heart, and count this start."""

    load: Callable[[apsw.Connection], None]

    def apply(self, db: apsw.Connection) -> int:
        self.load(db)
        session = int(single_row(db, "SELECT value FROM meta WHERE name = 'session'")[0]) + 1
        db.execute("UPDATE meta SET value = ? WHERE name = 'session'", (str(session),))
        return session
