"""What people ask of a spool: captures, quarantine, what waits. Read on a connection and in a thread of its
own, with a limit of time: the relay's reads and the writer never wait for a curious console."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw

from hub.errors import OperatorError
from hub.spool.books import epoch_states
from hub.spool.captures import QuarantineEntry
from hub.spool.contents import Emitted
from hub.spool.messages import Mentioned, MessageFilter, Messages, Opened, Sent, mentioned, opened, page, ways
from hub.spool.rows import EPOCH_SHIFT, SEQ_MASK, row_number
from hub.spool.schema import open_reader
from hub.vault import Sealer

PATIENCE_SECONDS = 2.0
LARGEST_PAGE = 1000
HOUR_MS = 3_600_000
_STEPS = 20_000  # of SQLite's machine between two looks at the clock: some milliseconds

_CAPTURES = """
    SELECT c.n, lower(hex(c.id)), c.device, c.adapter, c.received_ms, c.bytes,
           (SELECT count(*) FROM quarantine q WHERE q.capture = c.id),
           (SELECT count(*) FROM quarantine q WHERE q.capture = c.id AND q.state = 'WAITING')
    FROM capture c
    WHERE c.received_ms >= :from_ms AND c.received_ms < :to_ms AND (:device IS NULL OR c.device = :device)
      AND (c.received_ms, c.n) < (:before_ms, :before_n)
    ORDER BY c.received_ms DESC, c.n DESC LIMIT :rows"""
_QUARANTINE = """
    SELECT q.n, lower(hex(q.capture)), q.part, c.device, c.adapter, c.received_ms, c.bytes,
           q.reason, q.place, q.state
    FROM quarantine q JOIN capture c ON c.id = q.capture
    WHERE q.n < :before_n AND (:state IS NULL OR q.state = :state) ORDER BY q.n DESC LIMIT :rows"""
_UNSENDABLE = """
    SELECT u.n, lower(hex(u.id)), u.received_ms, u.topic, length(u.body), e.epoch
    FROM unsendable u LEFT JOIN epoch e ON e.number = u.n >> :shift ORDER BY u.n DESC LIMIT :rows"""
_HOURS = """
    SELECT device, received_ms / 3600000, count(*) FROM capture WHERE received_ms >= ? GROUP BY 1, 2"""
_WAITING_BY_DEVICE = """
    SELECT c.device, count(*) FROM quarantine q JOIN capture c ON c.id = q.capture
    WHERE q.state = 'WAITING' GROUP BY 1"""
_WAITING = "SELECT count(*) FROM quarantine WHERE state = 'WAITING'"
_OLDEST = "SELECT received_ms FROM event WHERE n > ? ORDER BY n LIMIT 1"
T = TypeVar("T")


class CaptureEntry(NamedTuple):
    """One kept message, unopened. ``problems``: how many of its parts were ever in quarantine."""

    n: int
    capture: str
    device: str
    adapter: str
    received_ms: int
    bytes: int
    problems: int
    waiting: int


class UnsendableRow(NamedTuple):
    """A row that the bus could not carry: declared to the hub, its body kept here."""

    epoch: str
    seq: int
    id: str
    received_ms: int
    topic: str
    bytes: int


@dataclass(frozen=True, slots=True)
class CaptureFilter:
    """Which captures: ``from_ms`` inclusive; ``before``: (received_ms, n) of the last one seen."""

    device: str | None = None
    from_ms: int = 0
    to_ms: int = 2**62
    before: tuple[int, int] = (2**62, 2**62)


@dataclass(frozen=True, slots=True)
class Standing:
    """``oldest_waiting_ms``: when the oldest event without receipt came to the edge, None: none waits."""

    oldest_waiting_ms: int | None
    quarantined: int
    unsendable: int


class SpoolDesk:
    """Questions to the spool at ``path``; each raises OperatorError when it takes over two seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def captures(self, wanted: CaptureFilter, limit: int) -> list[CaptureEntry]:
        """The newest first."""
        values: dict[str, Any] = {
            "device": wanted.device,
            "from_ms": wanted.from_ms,
            "to_ms": wanted.to_ms,
            "before_ms": wanted.before[0],
            "before_n": wanted.before[1],
            "rows": _bounded(limit),
        }
        return await self._ask(lambda db: [CaptureEntry(*row) for row in db.execute(_CAPTURES, values)])

    async def quarantine(
        self, state: str | None, limit: int, before_n: int = 2**62
    ) -> list[tuple[int, QuarantineEntry]]:
        """(n, entry), the newest first; ``before_n``: the n of the last seen."""
        values = {"state": state, "before_n": before_n, "rows": _bounded(limit)}
        return await self._ask(
            lambda db: [(row[0], QuarantineEntry(*row[1:])) for row in db.execute(_QUARANTINE, values)]
        )

    async def unsendable(self, limit: int) -> list[UnsendableRow]:
        """The newest first."""
        values = {"rows": _bounded(limit), "shift": EPOCH_SHIFT}
        return await self._ask(lambda db: [_unsendable(*row) for row in db.execute(_UNSENDABLE, values)])

    async def standing(self) -> Standing:
        """What waits, as the file says it."""
        return await self._ask(_standing)

    async def messages(
        self,
        sealer: Sealer,
        wanted: MessageFilter,
        limit: int,
        keep: Callable[[Sequence[Emitted]], bool] | None = None,
    ) -> Messages:
        """The newest first, opened to say what is in them; see ``hub.spool.messages.page``."""
        return await self._ask(lambda db: page(db, sealer, wanted, _bounded(limit), keep))

    async def opened(self, sealer: Sealer, capture: bytes) -> Opened:
        """One message with its bytes; raises OperatorError when it is not here."""
        return await self._ask(lambda db: opened(db, sealer, capture))

    async def mentioned(self, specimen: str) -> Mentioned:
        """Captures whose kept events name ``specimen``."""
        return await self._ask(lambda db: mentioned(db, specimen))

    async def ways(self, events: Sequence[str]) -> dict[str, Sent]:
        """How far each of these events is on its way to the hub."""
        return await self._ask(lambda db: ways(db, events))

    async def hours(self, first_hour: int) -> dict[str, dict[int, int]]:
        """Messages of each device by hour (Unix ms // 3,600,000), from ``first_hour`` on."""
        rows = await self._ask(lambda db: list(db.execute(_HOURS, (first_hour * HOUR_MS,))))
        counted: dict[str, dict[int, int]] = {}
        for device, hour, count in rows:
            counted.setdefault(str(device), {})[int(str(hour))] = int(str(count))
        return counted

    async def waiting_by_device(self) -> dict[str, int]:
        """Parts in quarantine that wait for somebody."""
        rows = await self._ask(lambda db: list(db.execute(_WAITING_BY_DEVICE)))
        return {str(device): int(str(count)) for device, count in rows}

    async def _ask(self, question: Callable[[apsw.Connection], T]) -> T:
        return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[apsw.Connection], T]) -> T:
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            with closing(open_reader(self._path)) as db:
                db.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
                with db:  # one snapshot for all that the question asks
                    answer = question(db)
        except apsw.InterruptError as error:
            raise OperatorError("too much to look through: name a shorter time") from error
        except apsw.Error as error:
            raise OperatorError("the spool cannot be read") from error
        return answer


def _standing(db: apsw.Connection) -> Standing:
    quarantined: int = db.execute(_WAITING).get
    unsendable: int = db.execute("SELECT count(*) FROM unsendable").get
    return Standing(_oldest_waiting_ms(db), quarantined, unsendable)


def _oldest_waiting_ms(db: apsw.Connection) -> int | None:
    behind = (state for state in epoch_states(db) if state.last_seq > state.receipt_seq)
    first = next(behind, None)
    if first is None:
        return None
    found: int | None = db.execute(_OLDEST, (row_number(first.number, first.receipt_seq),)).get
    return found


def _unsendable(
    n: int, name: str, received_ms: int, topic: str, size: int, epoch: str | None
) -> UnsendableRow:
    return UnsendableRow(epoch or "", n & SEQ_MASK, name, received_ms, topic, size)


def _bounded(limit: int) -> int:
    return max(1, min(limit, LARGEST_PAGE))
