"""What an edge did by itself while its hub was away, entered into the hub's ledger when the edge tells it.

An edge judges its own readings by the same rules, so its incident usually has the id of the hub's own. Where
it has another, the edge's id becomes an alias of the incident that it overlaps.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Acknowledge, Action, Escalate, Notify, RefusedAction
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Detail, Entry
from hub.alarms.incidents.standing import rank
from hub.alarms.incidents.states import Kind

Change = Literal["RAISED", "RETRO_RAISED", "NOTIFIED", "ESCALATED", "ACKED"]


@dataclass(frozen=True, slots=True)
class EdgeWord:
    """One line of an edge's own ledger. ``detail`` as it stands there: channel, outcome, to, level."""

    edge: str
    site: str
    at_ms: int
    change: Change
    incident: str
    episode: Episode
    actor: str = ""
    detail: Detail | None = None


@dataclass(frozen=True, slots=True)
class _AtEdge(Action):
    """What has no other effect here: that the edge raised it too, or an acknowledgement that came late."""

    KIND = Kind.AT_EDGE
    BY_PERSON: ClassVar[bool] = False
    change: str = ""
    edge: str = ""
    at_ms: int = 0

    def detail(self) -> Detail:
        return {"change": self.change, "edge": self.edge, "at": self.at_ms}


@dataclass(frozen=True, slots=True)
class _Notified(Notify):
    edge: str = ""
    at_ms: int = 0

    def detail(self) -> Detail:
        return {**Notify.detail(self), "edge": self.edge, "at": self.at_ms}


@dataclass(frozen=True, slots=True)
class _Escalated(Escalate):
    edge: str = ""
    at_ms: int = 0

    def detail(self) -> Detail:
        return {**Escalate.detail(self), "edge": self.edge, "at": self.at_ms}


@dataclass(frozen=True, slots=True)
class _Acknowledged(Acknowledge):
    edge: str = ""
    at_ms: int = 0

    def detail(self) -> Detail:
        return {"edge": self.edge, "at": self.at_ms}


def enter_words(book: Book, words: Iterable[EdgeWord], now_ms: int) -> list[Entry]:
    """The entries that these words make; of an incident of another device, or made of no names, none."""
    made: list[Entry] = []
    for word in words:
        with suppress(RefusedAction):
            made += _alias(book, word, now_ms)
            made += _enter(book, word, now_ms)
    return made


def told_at_edge(entry: Entry) -> tuple[str, str] | None:
    """Whom an edge has told, as this entry says: (person, "") or ("", channel itself); None: nobody."""
    if entry.kind is not Kind.NOTIFIED or "edge" not in entry.detail:
        return None
    if entry.detail.get("outcome") != "delivered":
        return None
    person = str(entry.detail.get("to", ""))
    return person, "" if person else str(entry.detail.get("channel", ""))


def _alias(book: Book, word: EdgeWord, now_ms: int) -> list[Entry]:
    with suppress(RefusedAction):
        book.find(word.incident)
        return []
    detail: Detail = {"edge": word.edge, "at": word.at_ms}
    return book.open_alias(word.incident, word.site, word.episode, detail, now_ms)


def _enter(book: Book, word: EdgeWord, now_ms: int) -> list[Entry]:
    incident = book.find(word.incident)
    if incident.known.device != word.episode.device:
        raise RefusedAction("alarm.unknown")
    # One that got worse since is not acknowledged by what was said before.
    counts = word.change != "ACKED" or rank(incident.known) <= rank(word.episode)
    if counts and (action := _action(word)):
        with suppress(RefusedAction):
            return book.act(word.incident, action, now_ms)
    noted = _AtEdge(word.actor, change=word.change, edge=word.edge, at_ms=word.at_ms)
    return book.act(word.incident, noted, now_ms)


def _action(word: EdgeWord) -> Action | None:
    detail, edge, at_ms = word.detail or {}, word.edge, word.at_ms
    match word.change:
        case "ACKED":
            return _Acknowledged(word.actor, edge=edge, at_ms=at_ms)
        case "ESCALATED":
            level = detail.get("level")
            return _Escalated(level=level if isinstance(level, int) else 1, edge=edge, at_ms=at_ms)
        case "NOTIFIED":
            channel, outcome, to = (str(detail.get(name, "")) for name in ("channel", "outcome", "to"))
            return _Notified(channel=channel, outcome=outcome, to=to, edge=edge, at_ms=at_ms)
    return None
