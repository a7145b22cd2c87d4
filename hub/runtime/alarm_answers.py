"""Incidents that somebody looks after, as a list for edges: an edge that gets apart tells nobody of them."""

import msgspec

from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.states import State
from hub.lists import PublishedList
from hub.runtime.alarm_ledger import AlarmLedger

# Suppressed ones are left out: what the hub explains by a line that is down is to be told behind it.
ANSWERED = frozenset({State.ACK, State.LATCHED, State.SHELVED, State.OUT_OF_SERVICE})
MOST_ANSWERED = 10_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(str).decode


class AnswerList:
    """Ids of incidents, with those of their aliases; nothing about people."""

    def __init__(self, ledger: AlarmLedger) -> None:
        self._ledger = ledger

    async def published(self) -> PublishedList:
        """As the ledger stands; raises StoreUnavailable."""
        found: list[str] = []

        def ask(book: Book) -> list[Entry]:
            found.extend(answered(book))
            return []

        await self._ledger.enter(ask)
        return PublishedList.of([_encode(name) for name in sorted(found)[:MOST_ANSWERED]])


def answered(book: Book) -> set[str]:
    """The ids of incidents that go on, or wait for a decision, and call nobody."""
    open_ones = {
        each.incident
        for each in book.incidents.values()
        if not (each.closed or each.gone) and book.state(each) in ANSWERED
    }
    aliases = {each.incident for each in book.incidents.values() if each.merged_into in open_ones}
    return open_ones | aliases


def answers_of(items: list[bytes]) -> list[str]:
    """The ids of such a list; empty of one that cannot be read."""
    try:
        return [_decode(item) for item in items[:MOST_ANSWERED]]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
