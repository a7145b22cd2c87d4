"""Orders on the edge's local socket: placed by API and console, looked up, cancelled (docs/orders.md)."""

from typing import Any

import msgspec

from hub.control import Answer, Handler
from hub.edge.audit import By
from hub.edge.edge import Edge
from hub.edge.ordering import MOST_AT_ONCE, Analyzer, GivenOrder, OrderRules
from hub.errors import OperatorError, SpoolFull
from hub.identity import id_text
from hub.runtime.decision_book import DecisionBook
from hub.spool import OrderEntry
from hub.spool.order_rows import ORDER_STATES, OrderRow
from hub.spool.order_shelf import OrderShelf
from hub.spool.orders import specimens_of
from hub.streams.clock import now_ms

MOST_KNOWN_TESTS = 500
MOST_ON_A_PAGE = 150  # with 64 tests and results each they fit a line of the socket


class OrderDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.shelf = OrderShelf(edge.spool.path)
        self.decisions = DecisionBook(edge)
        self.rules = OrderRules(_analyzers(edge), edge.pseudonyms)

    def calls(self) -> dict[str, Handler]:
        return {
            "orders.place": self.place,
            "orders.list": self.entries,
            "orders.show": self.show,
            "orders.book": self.book,
            "orders.tests": self.tests,
        }

    async def place(
        self, orders: list[dict[str, Any]], by: str = "", through: By = "command", session: str = ""
    ) -> Answer:
        """{items}, committed, in the order given; or {refused}: [{item field code}], and nothing changed.

        How each stands, without its tests and results: of 1,000 they could be more than a line holds.
        """
        given = msgspec.convert(orders, list[GivenOrder])
        if not 1 <= len(given) <= MOST_AT_ONCE:
            raise OperatorError(f"1 to {MOST_AT_ONCE} orders at once")
        placings, wrong = self.rules.check(given, by)
        if wrong:
            return {"refused": [fault._asdict() for fault in wrong]}
        if self.edge.spool.books.full and not all(order.cancelled for order in given):
            raise SpoolFull("the spool's quota is used up")
        if cancelled := [order.order for order in given if order.cancelled]:
            what = cancelled[0] if len(cancelled) == 1 else f"{len(cancelled)} orders"
            await self.decisions.note("orders.cancel", what, by, through, session=session)
        earlier = await self.shelf.earlier(specimens_of(placings))
        done = await self.edge.spool.orders.place(placings, now_ms(), earlier)
        if done.refused:
            places = {order.order: item for item, order in enumerate(given)}
            refused = [
                {"item": places[order], "field": "order", "code": code}
                for order, code in done.refused.items()
            ]
            return {"refused": refused}
        rows = await self.edge.spool.orders.rows([order.order for order in given])
        return {"items": [state_of(row) for row in rows]}

    async def entries(
        self,
        specimen: str | None = None,
        state: str | None = None,
        device: str | None = None,
        limit: int = 100,
        before: int = 2**62,
    ) -> Answer:
        """Orders, the newest first, 150 at most; ``next`` is the next ``before``, null at the end."""
        if state is not None and state not in ORDER_STATES:
            raise OperatorError(f"there are the states {', '.join(ORDER_STATES)}")
        rows = min(limit, MOST_ON_A_PAGE)
        found = await self.shelf.order_entries(specimen, state, device, rows, before)
        last = found[-1].row.n if len(found) == rows else None
        return {"items": [told(entry) for entry in found], "next": last}

    async def show(self, order: str) -> Answer:
        """{item}: one order, null where it is not known."""
        found = await self.shelf.order_entry(order)
        return {"item": told(found) if found else None}

    async def tests(self) -> Answer:
        """{items}: each analyzer with its site and the tests that its profile names, by code, 500 at most."""
        return {"items": [self._orderable(name) for name in sorted(self.rules.analyzers)]}

    def _orderable(self, name: str) -> dict[str, Any]:
        known = sorted(self.edge.adapters[name].known_tests().items())[:MOST_KNOWN_TESTS]
        tests = [{"code": code, "text": text} for code, text in known]
        return {"id": name, "site": self.rules.analyzers[name].site, "tests": tests}

    async def book(self) -> Answer:
        """How many are open, and how many may be."""
        book = self.edge.spool.orders.book
        return {"placed": book.placed, "sent": book.sent, "most": book.most}


def state_of(row: OrderRow) -> dict[str, Any]:
    """How an order stands; times in Unix ms."""
    kept = ("site", "device", "specimen", "priority", "specimen_type", "collected_ms", "state")
    times = ("placed_by", "placed_ms", "at_ms", "sent_ms", "sent_to", "refused_ms", "refused_by")
    named = {name: getattr(row, name) for name in (*kept, *times)}
    return {"order": row.number, **named, "recall": bool(row.recall)}


def told(entry: OrderEntry) -> dict[str, Any]:
    """The whole order; ``results``: which event gave which test its final result."""
    results = [result._asdict() | {"event": id_text(result.event)} for result in entry.results]
    return state_of(entry.row) | {"tests": entry.row.tests, "results": results}


def _analyzers(edge: Edge) -> dict[str, Analyzer]:
    found = {}
    for name, adapter in edge.adapters.items():
        patterns = adapter.label_patterns()
        if patterns is not None:
            found[name] = Analyzer(edge.outlets[name].origin.site, *patterns)
    return found
