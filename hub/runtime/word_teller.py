"""What an edge's own alarms did while its hub was away, into the edge's spool: the hub hears it in order."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from hub.control import ControlClient, ControlUnavailable
from hub.errors import OperatorError, StoreUnavailable
from hub.events import decode_data, decode_event, format_time, parse_time
from hub.payloads import Alarm
from storage.contract import EventStore, LoggedEvent, StoreReader

CALL = "alarms.tell"
PAGE_EVENTS = 100
KIND = "hub.away"
# People and channels act here only while the hub is away; that an episode was found is told only then.
_ALWAYS = frozenset({"NOTIFIED", "ESCALATED", "ACKED"})
_WHEN_APART = frozenset({"RAISED", "RETRO_RAISED"})


class WordTeller:
    """At least once: ``announced`` of the store moves when the spool has it; the hub knows events by id.

    ``apart``: whether the hub is away just now.
    """

    def __init__(
        self,
        store: EventStore,
        open_reader: Callable[[], StoreReader],
        edge: ControlClient,
        apart: Callable[[], bool],
    ) -> None:
        self._store = store
        self._open_reader = open_reader
        self._edge = edge
        self._apart = apart
        self._changes: deque[dict[str, Any]] = deque()
        self._grown = asyncio.Event()

    def grown(self) -> None:
        """The ledger has."""
        self._grown.set()

    def say(self, change: str, edge: str, site: str, at_ms: int) -> None:
        """APART or REUNITED, behind everything that the ledger says until now."""
        state = "RAISED" if change == "APART" else "RETURNED"
        incident = f"{edge}/{KIND}/{at_ms}"
        alarm = Alarm(incident, KIND, "info", state, edge, format_time(at_ms), change=change)
        self._changes.append(_word(site, at_ms, incident, alarm))
        self._grown.set()

    async def run(self) -> None:
        """Until cancelled; raises StoreUnavailable, also while the edge takes nothing."""
        reader = self._open_reader()
        await reader.open()
        try:
            number = await self._store.announced()
            while True:
                self._grown.clear()
                number = await self._tell_ledger(reader, number)
                while self._changes:
                    await self._tell([self._changes[0]])
                    self._changes.popleft()
                await self._grown.wait()
        finally:
            await reader.close()

    async def _tell_ledger(self, reader: StoreReader, number: int) -> int:
        while page := await reader.events_of_hub(number, limit=PAGE_EVENTS):
            words = [word for logged in page if (word := self._of_ledger(logged))]
            if words:
                await self._tell(words)
            number = page[-1].number
            await self._store.mark_announced(number)
        return number

    def _of_ledger(self, logged: LoggedEvent) -> dict[str, Any] | None:
        event = decode_event(logged.body)
        alarm = decode_data(event)
        if not isinstance(alarm, Alarm):
            return None
        if not (alarm.change in _ALWAYS or (alarm.change in _WHEN_APART and self._apart())):
            return None
        return _word(event.site, parse_time(event.time), event.subject, alarm)

    async def _tell(self, words: list[dict[str, Any]]) -> None:
        try:
            await self._edge.call(CALL, words=words)
        except (ControlUnavailable, OperatorError) as error:
            raise StoreUnavailable(f"the edge takes no words: {error}") from error


def _word(site: str, at_ms: int, key: str, alarm: Alarm) -> dict[str, Any]:
    return {"site": site, "at_ms": at_ms, "key": key, "alarm": msgspec.to_builtins(alarm)}
