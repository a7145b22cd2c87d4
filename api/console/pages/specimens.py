"""Unmatched specimens: the laboratory's work list, what waits longest first."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from api.console.grid import LiveGrid
from api.console.visit import ConsolePage, Tick, Visit
from api.unmatched import WorkList
from hub.errors import StoreUnavailable
from storage.contract import Row, TooManyRows

MOST_ROWS = 500
_AGAIN_MS = 10_000
_REST = 20  # times as long as an answer took


def columns(visit: Visit) -> list[dict[str, Any]]:
    say = visit.say
    since = {"field": "since_ms", ":valueFormatter": "params => params.data.since", "filter": False}
    age = {"field": "age_s", ":valueFormatter": "params => params.data.age", "filter": False}
    return [
        {"headerName": say("specimen.age"), **age, "minWidth": 120, "maxWidth": 150},
        {"headerName": say("specimen.kind"), "field": "kind", "minWidth": 190},
        {
            "headerName": say("specimen.name"),
            "field": "specimen",
            "tooltipField": "specimen",
            "minWidth": 180,
        },
        {"headerName": say("specimen.order"), "field": "order", "minWidth": 130},
        {"headerName": say("specimen.place"), "field": "place", "minWidth": 150, "flex": 2},
        {"headerName": say("specimen.test"), "field": "test", "minWidth": 120},
        {"headerName": say("specimen.device"), "field": "device", "minWidth": 130},
        {"headerName": say("specimen.since"), **since, "minWidth": 172, "maxWidth": 190},
    ]


def shown(visit: Visit, row: Row) -> Row:
    """A row of the list in words; ``place``: where it was taken, or where its result was measured."""
    say, pool = visit.say, row["pool"]
    place = visit.site_name(row["facility"] or row["site"])
    return {
        "id": f"{row['kind']} {row['id']}",
        "kind": say(f"specimen.{row['kind']}"),
        "specimen": f"{row['specimen']} ({say('specimen.pool')})" if pool else str(row["specimen"]),
        "order": row["order"] or "—",
        "place": place,
        "test": row["test"] or "—",
        "device": row["device"] or "—",
        "since_ms": row["since_ms"],
        "since": say.moment(row["since_ms"]),
        "age_s": row["age_s"],
        "age": say.span(row["age_s"] * 1000),
    }


class Specimens:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._pause_ms = _AGAIN_MS
        say = visit.say
        ui.label(say("specimen.intro")).classes("eh-note")
        if visit.deck.scope is not None:
            ui.label(say("specimen.scoped")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            kinds = {"": say("app.all"), "waiting": say("specimen.waiting"), "stray": say("specimen.stray")}
            self._kind = ui.toggle(kinds, value="").props("dense no-caps unelevated").classes("eh-spans")
            self._kind.on_value_change(self._again)
            self._told = ui.label().classes("eh-faint").props("role=status")
        self._grid = LiveGrid(say, columns(visit))

    async def _again(self) -> None:
        self._asked_ms = 0
        await self.tick()

    async def tick(self) -> None:
        """Now and then: a store of many specimens takes its time."""
        deck = self.visit.deck
        now_ms = deck.now_ms()
        if now_ms - self._asked_ms < self._pause_ms:
            return
        self._asked_ms = now_ms
        try:
            rows = await WorkList(deck.reader, self.visit.say.zone, now_ms).rows()
        except StoreUnavailable:
            self._told.set_text(self.visit.say("banner.store_away"))
            return
        except TooManyRows:
            self._told.set_text(self.visit.say("specimen.too_many"))
            return
        self._pause_ms = max(_AGAIN_MS, _REST * (deck.now_ms() - now_ms))
        self._show(rows)

    def _show(self, rows: Sequence[Row]) -> None:
        say = self.visit.say
        wanted = [row for row in rows if self._kind.value in ("", row["kind"])]
        counted = {kind: sum(row["kind"] == kind for row in rows) for kind in ("waiting", "stray")}
        parts = [say("specimen.counts", **{kind: say.count(found) for kind, found in counted.items()})]
        if len(wanted) > MOST_ROWS:
            parts.append(say("specimen.more", count=say.count(MOST_ROWS)))
        self._told.set_text(" · ".join(parts))
        self._grid.show([shown(self.visit, row) for row in wanted[:MOST_ROWS]])


def build(visit: Visit) -> Tick:
    return Specimens(visit).tick


PAGE = ConsolePage("/specimens", "specimens", 33, "pending_actions", build)
