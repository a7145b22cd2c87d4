"""Analyzers: is each of them alive, on time, understood, and is everything of it delivered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nicegui import ui

from api.console.analyzers import analyzers, clock_condition
from api.console.condition import ORDER, SIGNS, Condition, device_condition
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.settings import EVERYWHERE
from storage.contract import Row

_HOUR_MS = 3_600_000
MOST_SHOWN_CODES = 4
QUERIES = ("found", "empty", "passed", "unanswered")  # host queries, as the edge's counters name them


class Analyzers:
    """The page of one visitor: a card for each analyzer, those that need somebody first."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._drawn: object = None
        ui.label(visit.say("analyzer.intro")).classes("eh-note")
        self._told = ui.label().classes("eh-told").props("role=status")
        self._box = ui.element("div").classes("eh-cards eh-cards-wide")
        self._looked = ui.label().classes("eh-faint")

    async def tick(self) -> None:
        """Drawn again when something changed, and every ten seconds for the ages."""
        board, say = self.visit.board, self.visit.say
        fleet, seen, health = await board.fleet.get(), await board.analyzers.get(), await board.health.get()
        away = seen.fault and self.visit.deck.edge is not None
        self._told.set_text(say("edge.away") if away else "")
        hub_up = not health.fault and not away
        rows = [self._row(row, {} if away else seen.value) for row in analyzers(fleet.value)]
        rows.sort(key=lambda row: ORDER[device_condition(row, hub_up=hub_up)])
        drawn = (rows, health.fault, away, self.visit.deck.now_ms() // 10_000)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._box.clear()
        with self._box:
            for row in rows:
                self._card(row, hub_up=hub_up)
            if not rows:
                ui.label(say("run.no_analyzer")).classes("eh-empty")
        since = say.moment(ms_of(seen.value.get("since")))
        told = say("analyzer.looked", count=say.count(seen.value.get("looked_at", 0)), since=since)
        self._looked.set_text(told if seen.value.get("since") else "")

    def _row(self, row: Row, seen: dict[str, Any]) -> Row:
        """What the store or the edge says of the device, and what its edge knows of its messages."""
        mine = next((each for each in seen.get("items", ()) if each["id"] == row["id"]), None)
        return row | {"edge_row": mine}

    def _card(self, row: Row, *, hub_up: bool) -> None:
        say, mine = self.visit.say, row["edge_row"]
        condition = device_condition(row, hub_up=hub_up)
        with ui.element("article").classes(f"eh-card eh-is-{condition}"):
            with ui.element("div").classes("eh-card-head"):
                with ui.element("div"):
                    ui.label(str(row["id"])).classes("eh-strong").props("role=heading aria-level=2")
                    told = [row.get("profile") or row["kind"], self.visit.site_name(row["site"])]
                    ui.label(" · ".join(str(each) for each in told)).classes("eh-faint")
                state = say.named("device", row["state"] if condition != "unknown" else "UNKNOWN")
                ui.label(f"{SIGNS[condition]} {state}").classes("eh-chip")
            ui.label(say.reason(row["reason"])).classes("eh-faint")
            if mine is not None:
                self._hours(mine["hours"])
            self._facts(row, mine)
            if mine is None:
                self._elsewhere(row)
            elif mine["unmapped"]:
                self._unmapped(mine)

    def _facts(self, row: Row, mine: Row | None) -> None:
        say = self.visit.say
        heard_ms = ms_of(mine["last_message"]) if mine else row.get("heard_ms")
        offset = mine["clock_offset_s"] if mine else row.get("clock_offset_s")
        with ui.element("dl").classes("eh-facts"):
            self._line("last", say.age(heard_ms, self.visit.deck.now_ms()), "info" if heard_ms else "unknown")
            self._line("clock", self._clock(offset), clock_condition(offset))
            if mine is None:
                return
            counted = mine["messages"]
            self._line("identical", say.count(counted["identical"]), "info")
            waiting = mine["quarantined"]
            self._line("quarantined", say.count(waiting), "warn" if waiting else "ok", "/quarantine")
            unmapped = sum(code["count"] for code in mine["unmapped"])
            more = "+" if mine["more_unmapped"] else ""
            self._line("unmapped", say.count(unmapped) + more, "warn" if unmapped else "ok", "/captures")
            self._queries(counted)
            for queue in mine["forwards"]:
                self._queue(queue)

    def _queries(self, counted: Row) -> None:
        say = self.visit.say
        asked = {
            name: counted.get(f"queries_{name}", 0) for name in ("found", "empty", "passed", "unanswered")
        }
        if any(asked.values()):
            told = say("analyzer.asked", **{name: say.count(count) for name, count in asked.items()})
            self._line("queries", told, "warn" if asked["unanswered"] else "info")

    def _queue(self, queue: Row) -> None:
        say = self.visit.say
        condition: Condition = "bad" if queue["dead"] else "warn" if queue["trouble"] else "info"
        told = say("analyzer.owed", waiting=say.count(queue["waiting"]), dead=say.count(queue["dead"]))
        self._line("forward", told, condition, "/forwards", forward=queue["id"])

    def _line(self, name: str, told: str, condition: Condition, path: str = "", **more: str) -> None:
        with ui.element("dt"):
            ui.label(self.visit.say(f"analyzer.{name}", **more))
        with ui.element("dd").classes(f"eh-is-{condition}"):
            if path and condition in ("warn", "bad"):
                ui.link(told, path).classes("eh-strong eh-toned")
            else:
                ui.label(told).classes("eh-strong" + (" eh-toned" if condition in ("warn", "bad") else ""))

    def _clock(self, offset: float | None) -> str:
        say = self.visit.say
        if offset is None:
            return say("analyzer.clock_unknown")
        if clock_condition(offset) == "ok":
            return say("analyzer.clock_right")
        span = say.span(int(abs(offset) * 1000))
        return say("analyzer.clock_ahead" if offset > 0 else "analyzer.clock_behind", span=span)

    def _hours(self, hours: Sequence[int]) -> None:
        """Messages of the last 24 hours: a bar an hour, so that a silence is seen."""
        say, now_ms = self.visit.say, self.visit.deck.now_ms()
        most = max(hours, default=0)
        box = ui.element("div").classes("eh-hours")
        box.props["role"] = "img"
        box.props["aria-label"] = say("analyzer.hours", count=say.count(sum(hours)))
        with box:
            for place, count in enumerate(hours):
                at = now_ms - (len(hours) - 1 - place) * _HOUR_MS
                hour = datetime.fromtimestamp(at / 1000, say.zone).strftime("%H:00")
                bar = ui.element("span").classes("eh-hour" + ("" if count else " eh-hour-none"))
                bar.style(f"height:{4 if not count else 8 + round(24 * count / most)}px")
                bar.props["title"] = f"{hour} · {say.count(count)}"
        ui.label(say("analyzer.hours", count=say.count(sum(hours)))).classes("eh-age")

    def _unmapped(self, mine: Row) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-why"):
            ui.label(say("analyzer.unmapped_codes")).classes("eh-strong")
            for code in mine["unmapped"][:MOST_SHOWN_CODES]:
                ui.label(f"{code['test']} · {code['target']} × {say.count(code['count'])}").classes("eh-code")
            ui.label(say("analyzer.unmapped_how")).classes("eh-faint")
            ui.label(f"epihub profile unmapped --device {mine['id']}").classes("eh-code")
            ui.label(f"epihub profile replay {mine['id']}").classes("eh-code")

    def _elsewhere(self, row: Row) -> None:
        say, edge = self.visit.say, row.get("edge")
        url = self.visit.deck.settings.url_of_edge(str(edge)) if edge else None
        ui.label(say("analyzer.elsewhere")).classes("eh-faint")
        if url:
            ui.link(url, url, new_tab=True).props('rel="noopener noreferrer"').classes("eh-address")


def build(visit: Visit) -> Tick:
    return Analyzers(visit).tick


PAGE = ConsolePage("/analyzers", "analyzers", 29, "precision_manufacturing", build, at=EVERYWHERE)
