"""The readings of an edge's own devices from its spool into the store of its alarms, after their commit.

How far it came is a watermark of that store, in the transaction of the readings. Rows stay in the spool for
72 hours and until the hub has them, so nothing is missed by whoever was away shorter than that.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from hub.clock import now_ms
from hub.errors import StoreUnavailable
from hub.events import InvalidEvent, decode_data, decode_event, number_body
from hub.identity import id_text
from hub.payloads import DeviceStatus, Reading
from hub.spool.rows import EPOCH_SHIFT, SEQ_MASK, row_number
from hub.spool.schema import open_reader
from storage.contract import Arrival, Batch, EventStore, Watermark

POLL_SECONDS = 0.5
PAGE_ROWS = 500
_ROWS = "SELECT n, id, topic, body FROM event WHERE n > ? ORDER BY n LIMIT ?"
_EPOCHS = "SELECT number, epoch FROM epoch ORDER BY number"
_LEVELS = frozenset(kind.TYPE.replace(".", "-") for kind in (Reading, DeviceStatus))


@dataclass(frozen=True, slots=True)
class _Page:
    """Rows after a cursor; ``epochs`` by their numbers."""

    rows: list[Any]
    epochs: dict[int, str]


class SpoolFeed:
    """``grown`` is told of every commit. Only looks at the spool: the edge's own writer waits for nothing."""

    def __init__(
        self,
        spool: Path,
        store: EventStore,
        edge: str,
        grown: Callable[[], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._spool = spool
        self._store = store
        self._edge = edge
        self._grown = grown
        self._poll_seconds = poll_seconds
        self._thread = ThreadPoolExecutor(1, "spool-feed")

    async def run(self) -> None:
        """Until cancelled; raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        try:
            spool = await loop.run_in_executor(self._thread, open_reader, self._spool)
            try:
                cursor = await self._cursor(spool)
                while True:
                    page = await loop.run_in_executor(self._thread, _page, spool, cursor)
                    cursor = await self._take(page, cursor)
                    if len(page.rows) < PAGE_ROWS:
                        await asyncio.sleep(self._poll_seconds)
            finally:
                await loop.run_in_executor(self._thread, spool.close)
        except apsw.Error as error:
            raise StoreUnavailable(f"the spool cannot be read: {type(error).__name__}") from error

    async def _cursor(self, spool: apsw.Connection) -> int:
        """The last row that is in the store; 0 of a spool that it does not know."""
        loop = asyncio.get_running_loop()
        numbers = {
            epoch: number for number, epoch in await loop.run_in_executor(self._thread, _epochs, spool)
        }
        marks = [mark for mark in await self._store.watermarks() if mark.epoch in numbers]
        return max((row_number(numbers[mark.epoch], mark.seq) for mark in marks), default=0)

    async def _take(self, page: _Page, cursor: int) -> int:
        """Commit what of the rows is about alarms; the new cursor."""
        arrivals: list[Arrival] = []
        for n, _, topic, body in page.rows:
            if topic.rpartition("/")[2] in _LEVELS:
                with suppress(InvalidEvent):  # of another version of epihub; the hub has it in quarantine
                    arrivals.append(_arrival(body, page.epochs[n >> EPOCH_SHIFT], n & SEQ_MASK))
        if arrivals:
            n, event_id, _, _ = page.rows[-1]
            mark = Watermark(self._edge, page.epochs[n >> EPOCH_SHIFT], n & SEQ_MASK, id_text(event_id))
            await self._store.write(
                Batch(self._store.term, arrivals, watermarks=[mark], received_ms=now_ms())
            )
            self._grown()
        return page.rows[-1][0] if page.rows else cursor


def _arrival(body: bytes, epoch: str, seq: int) -> Arrival:
    """As the hub gets it from the relay: states of a device are ordered by these numbers."""
    numbered = number_body(body, epoch, seq)
    event = decode_event(numbered)
    return Arrival(event, decode_data(event), numbered)


def _epochs(spool: apsw.Connection) -> list[Any]:
    return spool.execute(_EPOCHS).fetchall()


def _page(spool: apsw.Connection, cursor: int) -> _Page:
    with spool:
        rows, epochs = spool.execute(_ROWS, (cursor, PAGE_ROWS)).fetchall(), dict(_epochs(spool))
    return _Page(rows, epochs)
