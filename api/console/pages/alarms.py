"""Alarms: what is open, the neediest first, live; what is closed on request."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from api.console.alarm_dialog import AlarmDialog
from api.console.alarm_words import how_long, limit_told, marks, measured, short, sign, state_means, tone
from api.console.live_list import LiveList
from api.console.standing_alarms import OPEN_STATES, SEVERITIES
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from hub.errors import StoreUnavailable
from storage.contract import Row
from storage.incidents import IncidentFilter

CLOSED = "CLOSED"
PAGE_ROWS = 50
MOST_SHOWN = 200
_AGAIN_MS = 3000


class Alarms:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._closed: list[Row] = []
        self._cursor: str | None = None
        self._lasting: dict[str, ui.label] = {}
        say = visit.say
        ui.label(say("alarm.intro" if visit.deck.store else "alarm.intro_edge")).classes("eh-note")
        self._tools()
        self._unknown = ui.label().classes("eh-why eh-strong").props("role=status")
        self._dialog = AlarmDialog(visit, self.tick)
        self._list = LiveList(self._draw, say("alarm.none"))
        self._older = ui.button(say("alarm.older"), icon="expand_more", on_click=self._more)
        self._older.props("flat no-caps").set_visibility(False)

    def _tools(self) -> None:
        say, visit = self.visit.say, self.visit
        states = {"": say("alarm.all_open")} | {name: say(f"incident.{name}") for name in OPEN_STATES}
        sites = {"": say("app.all")} | {
            str(site["id"]): visit.site_name(site["id"]) for site in visit.deck.settings.sites
        }
        with ui.element("div").classes("eh-tools"):
            self._state = ui.select(states | {CLOSED: say(f"incident.{CLOSED}")}, value="")
            self._state.props["label"] = say("device.state")
            self._site = ui.select(sites, value="", label=say("device.site"))
            for choice in (self._state, self._site):
                choice.props("dense outlined options-dense").classes("eh-choice")
                choice.on_value_change(self._again)
            self._counted = ui.label().classes("eh-faint").props("role=status")

    async def tick(self) -> None:
        """Renew the list; what went on goes on being counted."""
        board = self.visit.board
        seen, hub_away = await board.alarms.get(), (await board.health.get()).fault
        closed = self._state.value == CLOSED
        rows = await self._ask_closed() if closed else self._narrowed(seen.value.rows)
        known = not (hub_away or seen.fault)
        rules = (await board.alarm_desk.get()).value
        shown = [row | {"_limit": limit_told(self.visit.say, rules.rule(row))} for row in rows[:MOST_SHOWN]]
        if shown or known or closed:
            self._list.show(shown)
        else:
            self._list.clear()  # nothing that is known: by no means nothing
        self._count(seen.value.rows, more=seen.value.more or len(rows) > MOST_SHOWN)
        beside = "hub" if self.visit.deck.store else "edge"
        self._tell_unknown("store" if seen.fault else beside if hub_away else "")
        now_ms = self.visit.deck.now_ms()
        for row in shown:
            self._lasting[str(row["id"])].set_text(how_long(self.visit.say, row, now_ms))
        self._older.set_visibility(closed and self._cursor is not None and len(rows) < MOST_SHOWN)

    def _tell_unknown(self, why: str) -> None:
        self._unknown.set_text(self.visit.say(f"alarm.unknown_{why}") if why else "")
        self._unknown.set_visibility(bool(why))

    def _count(self, rows: Sequence[Row], *, more: bool) -> None:
        say = self.visit.say
        counts = [
            f"{say.count(count)} {say(f'severity.{name}').lower()}"
            for name in SEVERITIES
            if (count := sum(row["severity"] == name for row in rows))
        ]
        if more:
            counts.append(say("alarm.more", count=MOST_SHOWN))
        self._counted.set_text(" · ".join(counts))

    def _narrowed(self, rows: Sequence[Row]) -> list[Row]:
        state, site = self._state.value, self._site.value
        return [row for row in rows if state in ("", row["state"]) and site in ("", row["site"])]

    async def _again(self) -> None:
        self._asked_ms, self._closed, self._cursor = 0, [], None
        await self.tick()

    async def _ask_closed(self) -> list[Row]:
        """The first page again each three seconds, unless the reader went on."""
        now_ms = self.visit.deck.now_ms()
        if len(self._closed) <= PAGE_ROWS and now_ms - self._asked_ms >= _AGAIN_MS:
            self._asked_ms = now_ms
            self._closed = await self._page(None)
        return self._closed

    async def _page(self, cursor: str | None) -> list[Row]:
        wanted = IncidentFilter((CLOSED,), self._site.value or None)
        try:
            page = await self.visit.deck.ledger.incidents(wanted, limit=PAGE_ROWS, cursor=cursor)
        except StoreUnavailable:
            return self._closed if cursor is None else []
        self._cursor = page.next_cursor
        return list(page.items)

    async def _more(self) -> None:
        self._closed = self._closed + await self._page(self._cursor)
        await self.tick()

    def _draw(self, row: Row) -> ui.element:
        say, visit = self.visit.say, self.visit
        condition = tone(row)
        with ui.element("article").classes(f"eh-entry eh-alarm eh-is-{condition}") as entry:
            with ui.element("div").classes("eh-alarm-what"):
                with ui.element("div").classes("eh-line"):
                    ui.link(f"{sign(row)} {say.named('rule', row['kind'])}", f"/alarms/{row['id']}").classes(
                        "eh-strong eh-alarm-name"
                    )
                    worst = measured(say, row["metric"], row["worst"])
                    if worst:
                        ui.label(say("alarm.worst", value=worst)).classes("eh-alarm-worst")
                ui.label(f"{row['device']} · {visit.site_name(row['site'])}")
                ui.label(row["_limit"]).classes("eh-faint")
            self._standing(row, condition)
            with ui.element("div").classes("eh-entry-when"):
                ui.label(say("alarm.since", moment=short(say, ms_of(row["time"])))).classes("eh-strong")
                self._lasting[str(row["id"])] = ui.label().classes("eh-age")
                owner = (
                    say("alarm.owner", owner=row["assigned_to"])
                    if row["assigned_to"]
                    else say("alarm.no_owner")
                )
                ui.label(owner).classes("eh-age")
            with ui.element("div").classes("eh-acts"):
                self._acts(row)
        return entry

    def _standing(self, row: Row, condition: str) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-chips"):
            ui.label(say.named("severity", row["severity"])).classes(f"eh-chip eh-is-{condition}")
            state = say.named("incident", row["state"])
            ui.label(state).classes("eh-chip eh-is-unknown").tooltip(state_means(say, row))
            for mark in marks(row):
                chip = ui.label(say(f"alarm.{mark}")).classes("eh-chip eh-is-info")
                chip.tooltip(say(f"alarm.{mark}_means"))

    def _acts(self, row: Row) -> None:
        say: Any = self.visit.say
        if self.visit.who.may("operator") and not row["acknowledged"] and row["state"] != CLOSED:
            ack = ui.button(say("act.ack"), icon="visibility", on_click=lambda: self._dialog.ask("ack", row))
            ack.props("outline dense no-caps")
        ui.link(say("alarm.open"), f"/alarms/{row['id']}").classes("eh-strong")


def build(visit: Visit) -> Tick:
    return Alarms(visit).tick


PAGE = ConsolePage("/alarms", "alarms", 15, "notifications_active", build, of_ledger=True)
