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
# From a late reading to what the edge says of it lie some hundred rows of its spool, about a second; but what
# is very late is judged some 30 s after it came, and words wait for that.
HEAR_MS = 60_000
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
        self._waiting: list[tuple[int, EdgeWord]] = []  # with their numbers in the log
        self._reunited: list[tuple[int, str]] = []

    def begin(self) -> None:
        """The log is read again from what was entered last."""
        self._waiting.clear()
        self._reunited.clear()

    def place(self, device: str, edge: str) -> None:
        """Only its edge speaks of a device."""
        self._edge_of[device] = edge

    def hear(self, number: int, event: Event, payload: Payload | None) -> None:
        """Every event of an edge that has to do with alarms, with its number in the log."""
        if event.edge == HUB_EDGE:
            return
        if isinstance(payload, Alarm):
            self._hear_alarm(number, event, payload)
        elif event.edge != self._beside and self._now_ms() - parse_time(event.received) > LATE_MS:
            self._late_ms[event.edge] = self._now_ms()

    def ready(self, judged_to: int) -> bool:
        """Whether there is something to enter: words wait until the readings before them are judged."""
        return bool(self._waiting) and self._waiting[0][0] <= judged_to

    def enter(self, book: Book, now_ms: int, judged_to: int) -> list[Entry]:
        """May be called again, with another book, until ``entered``."""
        return enter_words(book, (word for number, word in self._waiting if number <= judged_to), now_ms)

    def entered(self, judged_to: int) -> None:
        """It is in the ledger."""
        self._waiting = [each for each in self._waiting if each[0] > judged_to]
        for _, edge in (each for each in self._reunited if each[0] <= judged_to):
            self._apart.discard(edge)
            self._late_ms.pop(edge, None)
        self._reunited = [each for each in self._reunited if each[0] > judged_to]

    def held_until(self, incident: Incident) -> int:
        """Until when nobody is told of an incident that calls now; 0: its edge has nothing to say."""
        edge, at_ms = self._edge_of.get(incident.known.device, ""), self._now_ms()
        late_ms = self._late_ms.get(edge)
        waits = edge in self._apart or (late_ms is not None and at_ms - late_ms < HEAR_MS)
        return at_ms + HEAR_MS if waits else 0

    def _hear_alarm(self, number: int, event: Event, alarm: Alarm) -> None:
        if alarm.change == APART:
            self._apart.add(event.edge)
        elif alarm.change == REUNITED:
            self._reunited.append((number, event.edge))
        elif alarm.change in _CHANGES:
            self._take(number, event, alarm)

    def _take(self, number: int, event: Event, alarm: Alarm) -> None:
        try:
            word = _word(event, alarm)
        except (BadAlarm, ValueError):
            log.warning("an edge's word of an alarm makes no sense", extra={"edge": event.edge})
            return
        if self._edge_of.get(word.episode.device) == event.edge:
            self._waiting.append((number, word))
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
