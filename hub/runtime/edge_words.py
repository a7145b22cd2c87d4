"""What edges that were apart say of their own alarms, as the hub's log brings it.

An edge speaks by ``alarm.v1`` events of its own. They stand in its spool behind the readings that they are
about, so an incident found in such readings waits a little before anybody is told: the edge may have done so.
"""

import logging
from collections.abc import Callable
from typing import get_args

from hub.alarms.incidents.alarm_event import BadAlarm, detail_of, episode_of
from hub.alarms.incidents.at_edge import Change, EdgeWord, enter_words
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.standing import Incident
from hub.events import Event, parse_time
from hub.payloads import Alarm, Payload
from hub.sink.born import HUB_EDGE

APART, REUNITED = "APART", "REUNITED"
# From a late reading to what the edge says of it lie some hundred rows of its spool: about a second.
HEAR_MS = 30_000
LATE_MS = 20_000  # the line was away: nothing else keeps an event so long on its way
_CHANGES = get_args(Change)
log = logging.getLogger(__name__)


class EdgeWords:
    """``beside``: the edge that shares our processes and never judges by itself."""

    def __init__(self, clock: Callable[[], int], beside: str = "") -> None:
        self._now_ms = clock
        self._beside = beside
        self._edge_of: dict[str, str] = {}
        self._apart: set[str] = set()
        self._late_ms: dict[str, int] = {}  # when something late came from an edge
        self._waiting: list[EdgeWord] = []

    def begin(self) -> None:
        """The log is read again from what was entered last."""
        self._waiting.clear()

    def place(self, device: str, edge: str) -> None:
        """Only its edge speaks of a device."""
        self._edge_of[device] = edge

    def hear(self, event: Event, payload: Payload | None) -> None:
        """Every event of an edge that has to do with alarms."""
        if event.edge == HUB_EDGE:
            return
        if isinstance(payload, Alarm):
            self._hear_alarm(event, payload)
        elif event.edge != self._beside and self._now_ms() - parse_time(event.received) > LATE_MS:
            self._late_ms[event.edge] = self._now_ms()

    @property
    def waiting(self) -> bool:
        """Whether there is something to enter."""
        return bool(self._waiting)

    def enter(self, book: Book, now_ms: int) -> list[Entry]:
        """May be called again, with another book, until ``entered``."""
        return enter_words(book, self._waiting, now_ms)

    def entered(self) -> None:
        """It is in the ledger."""
        self._waiting = []

    def held_until(self, incident: Incident) -> int:
        """Until when nobody is told of an incident that calls now; 0: its edge has nothing to say."""
        edge, at_ms = self._edge_of.get(incident.known.device, ""), self._now_ms()
        late_ms = self._late_ms.get(edge)
        waits = edge in self._apart or (late_ms is not None and at_ms - late_ms < HEAR_MS)
        return at_ms + HEAR_MS if waits else 0

    def _hear_alarm(self, event: Event, alarm: Alarm) -> None:
        if alarm.change == APART:
            self._apart.add(event.edge)
        elif alarm.change == REUNITED:
            self._apart.discard(event.edge)
            self._late_ms.pop(event.edge, None)
        elif alarm.change in _CHANGES:
            self._take(event, alarm)

    def _take(self, event: Event, alarm: Alarm) -> None:
        try:
            word = _word(event, alarm)
        except (BadAlarm, ValueError):
            log.warning("an edge's word of an alarm makes no sense", extra={"edge": event.edge})
            return
        if self._edge_of.get(word.episode.device) == event.edge:
            self._waiting.append(word)
        else:
            log.warning("an edge speaks of a device that is not its own", extra={"edge": event.edge})


def _word(event: Event, alarm: Alarm) -> EdgeWord:
    change: Change = alarm.change  # type: ignore[assignment]  # it is one of them
    return EdgeWord(
        event.edge,
        event.site,
        parse_time(event.time),
        change,
        alarm.incident,
        episode_of(alarm),
        alarm.actor,
        detail_of(alarm),
    )
