"""Orders: what a laboratory wants measured, by state and specimen; placed, cancelled after a question."""

from typing import Any, get_args

from nicegui import ui

from api.console.live_list import LiveList
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.order_dialog import OrderDialog
from api.problems import Problem
from api.settings import BY_EDGE
from hub.facts import OrderState
from storage.contract import Row

PAGE_ROWS = 50
OPEN = ("PLACED", "SENT")
_LONGEST_SPECIMEN = 64
_AGAIN_MS = 3000


class Orders:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._next: int | None = None
        self._paged = False
        say = visit.say
        ui.label(say("order.intro")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            self._specimen = ui.input(say("result.specimen"), placeholder=say("capture.specimen"))
            self._specimen.props("dense outlined stack-label clearable").classes("eh-choice")
            self._specimen.on("keydown.enter", self._again).on("clear", self._again)
            states: dict[str, str] = {"": say("app.all")}
            states |= {state: say(f"order.{state}") for state in get_args(OrderState)}
            self._state = ui.select(states, value="", label=say("device.state"), on_change=self._again)
            self._state.props("dense outlined").classes("eh-choice")
            self._open = ui.label().classes("eh-faint")
            if visit.who.may("operator"):
                place = ui.button(say("order.place"), icon="add", on_click=self._place)
                place.props("unelevated no-caps").classes("eh-to-end")
        self._form = OrderDialog(visit, self._again)
        self._told = ui.label().classes("eh-told").props("role=status")
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog") as self._card:
            pass
        self._dialog.on("hide", self._card.clear)
        self._list = LiveList(self._order, say("order.none"))
        self._older = ui.button(say("order.older"), icon="expand_more", on_click=self._more)
        self._older.props("flat no-caps").set_visibility(False)

    async def tick(self) -> None:
        """What is new, every three seconds, while the reader looks at the newest."""
        now_ms = self.visit.deck.now_ms()
        if self._paged or now_ms - self._asked_ms < _AGAIN_MS:
            return
        self._asked_ms = now_ms
        rows = await self._ask(None)
        if rows is not None:
            self._list.show(rows)

    async def _again(self) -> None:
        self._asked_ms, self._paged = 0, False
        await self.tick()

    async def _more(self) -> None:
        self._paged = True
        self._list.append(await self._ask(self._next) or [])

    async def _ask(self, before: int | None) -> list[Row] | None:
        edge, say = self.visit.deck.edge, self.visit.say
        if edge is None:
            return None
        specimen = str(self._specimen.value or "").strip()[:_LONGEST_SPECIMEN]
        wanted: dict[str, Any] = {"specimen": specimen, "state": self._state.value, "before": before}
        told = {name: value for name, value in wanted.items() if value}
        try:
            rows, self._next = await edge.orders(limit=PAGE_ROWS, **told)
            book = await edge.order_book()
        except Problem as problem:
            self._told.set_text(say("capture.too_much" if problem.status == 422 else "edge.away"))
            self._list.clear()
            return None
        self._told.set_text("")
        self._open.set_text(say("order.open", placed=say.count(book["placed"]), sent=say.count(book["sent"])))
        self._older.set_visibility(self._next is not None)
        return rows

    async def _place(self) -> None:
        await self._form.ask()

    def _order(self, row: Row) -> ui.element:
        say, state = self.visit.say, str(row["state"])
        done = {str(result["test"]) for result in row["results"]}
        with ui.element("article").classes("eh-entry eh-entry-order") as entry:
            with ui.element("div").classes("eh-entry-what"):
                ui.label(str(row["specimen"])).classes("eh-strong eh-clip")
                ui.label(say("journey.order", order=row["id"])).classes("eh-faint eh-clip")
                to = row["device"] or self.visit.site_name(row["site"])
                ui.label(say("order.to", to=to)).classes("eh-faint eh-clip")
            with ui.element("div").classes("eh-chips"):
                if row["priority"] == "STAT":
                    ui.label(say("order.stat")).classes("eh-chip eh-is-bad")
                for test in row["tests"]:
                    tone, sign = ("ok", "✓ ") if test in done else ("unknown", "")
                    ui.label(f"{sign}{test}").classes(f"eh-chip eh-is-{tone}")
            with ui.element("div").classes("eh-order-state"):
                ui.label(say(f"order.{state}")).classes(f"eh-chip eh-order-{state}")
                if row["to_be_recalled"]:
                    ui.label(say("order.to_be_recalled", device=row["sent_to"])).classes("eh-faint")
                if row["refused_by"]:
                    ui.label(say("order.refused", device=row["refused_by"])).classes("eh-faint")
            with ui.element("div").classes("eh-entry-when"):
                placed = {"moment": say.moment(ms_of(row["received"])), "by": row["placed_by"]}
                ui.label(say("order.placed", **placed)).classes("eh-age")
                if row["sent_to"]:
                    sent = say.moment(ms_of(row["sent"]))
                    ui.label(say("order.sent", device=row["sent_to"], moment=sent)).classes("eh-age")
            with ui.element("div").classes("eh-acts"):
                if state in OPEN and self.visit.who.may("operator"):
                    cancel = ui.button(say("order.cancel"), icon="block", on_click=lambda: self._sure(row))
                    cancel.props("outline dense no-caps")
        return entry

    def _sure(self, row: Row) -> None:
        say = self.visit.say
        self._card.clear()
        with self._card:
            ui.label(say("order.cancel_title", order=row["id"])).classes("eh-strong")
            ui.label(say("order.cancel_sure")).classes("eh-faint")
            wrong = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("order.keep"), on_click=self._dialog.close).props("flat no-caps")
                sure = ui.button(say("order.cancel"), color="negative").props("unelevated no-caps")

        async def cancel() -> None:
            told = await self._cancel(str(row["id"]))
            if told:
                wrong.set_text(told)
                return
            self._dialog.close()
            await self._again()

        sure.on_click(cancel)
        self._dialog.open()

    async def _cancel(self, order: str) -> str:
        """Empty when it is cancelled, else why not in words; who did it is in the edge's audit first."""
        edge, who, say = self.visit.deck.edge, self.visit.who, self.visit.say
        if edge is None or not who.may("operator"):
            return say("quarantine.forbidden")
        try:
            cancelled = [{"order": order, "cancelled": True}]
            await edge.place_orders(cancelled, who.id, "console", "" if who.local else who.id)
        except Problem as problem:
            known = problem.code in ("order.resulted", "order.unknown")
            return say(f"order.{problem.code.partition('.')[2]}" if known else "order.not_stored")
        return ""


def build(visit: Visit) -> Tick:
    return Orders(visit).tick


PAGE = ConsolePage("/orders", "orders", 36, "assignment", build, at=BY_EDGE)
