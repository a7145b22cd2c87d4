"""SUPPRESSED and RELEASED: what the tree explains, entered into the book."""

from dataclasses import dataclass

from hub.alarms.incidents.actions import Action, Release, Suppress
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.standing import Incident
from hub.alarms.inhibition import Tree


@dataclass(frozen=True, slots=True)
class Inhibited:
    """``entries`` that were made; ``due_ms``: when to look again though nothing happened, None: never."""

    entries: list[Entry]
    due_ms: int | None


def inhibit(book: Book, tree: Tree, now_ms: int) -> Inhibited:
    """Make every incident of ``book`` stand as ``tree`` explains it."""
    explained = tree.explain(book.incidents.values(), now_ms)
    changed = [
        each
        for each in book.incidents.values()
        if not each.closed and explained.by.get(each.incident, "") != each.suppressed_by
    ]
    entries: list[Entry] = []
    for incident in sorted(changed, key=_order):
        entries += book.act(incident.incident, _action(explained.by.get(incident.incident, "")), now_ms)
    return Inhibited(entries, explained.due_ms)


def _action(parent: str) -> Action:
    return Suppress(parent=parent) if parent else Release()


def _order(incident: Incident) -> tuple[str, str, str, int]:
    known = incident.known
    return known.device, known.metric, known.rule, known.start_ms
