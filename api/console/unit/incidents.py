"""Incidents of the unit: those that are open, and the last ones that are closed."""

from nicegui import ui

from api.console.alarm_words import how_long, limit_told, marks, measured, short, sign, tone
from api.console.live_list import LiveList
from api.console.standing_alarms import need
from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit
from api.console.wording import ms_of
from storage.contract import Row
from storage.incidents import IncidentFilter

MOST_SHOWN = 20


class Incidents:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._lasting: dict[str, ui.label] = {}
        self._unknown = ui.label(visit.say("alarm.unknown_hub")).classes("eh-why eh-strong")
        self._unknown.props("role=status").set_visibility(False)
        self._list = LiveList(self._draw, visit.say("unit.no_incident"))

    async def tick(self) -> None:
        """Renew the list; raises StoreUnavailable."""
        visit = self.visit
        wanted = IncidentFilter(device=self._device)
        page = await visit.deck.reader.incidents(wanted, limit=MOST_SHOWN, cursor=None)
        desk = (await visit.board.alarm_desk.get()).value
        self._unknown.set_visibility((await visit.board.health.get()).fault)
        # An open one may be older than the last ones.
        open_ones = (await visit.board.alarms.get()).value.by_device().get(self._device, [])
        found = {row["id"]: row for row in (*open_ones, *page.items)}
        rows = sorted(found.values(), key=lambda row: (row["state"] == "CLOSED", *self._place(row)))
        self._list.show([row | {"_limit": limit_told(visit.say, desk.rule(row))} for row in rows])
        for row in rows:
            self._lasting[str(row["id"])].set_text(how_long(visit.say, row, visit.deck.now_ms()))

    def _place(self, row: Row) -> tuple[object, ...]:
        """Open ones by need, closed ones the newest first."""
        return (-(ms_of(row["time"]) or 0),) if row["state"] == "CLOSED" else need(row)

    def _draw(self, row: Row) -> ui.element:
        say, condition = self.visit.say, tone(row)
        with ui.element("article").classes(f"eh-unit-incident eh-is-{condition}") as entry:
            name = f"{sign(row)} {say.named('rule', row['kind'])}"
            ui.link(name, f"/alarms/{row['id']}").classes("eh-strong eh-alarm-name")
            ui.label(say.named("incident", row["state"])).classes(f"eh-chip eh-is-{condition}")
            for mark in marks(row):
                ui.label(say(f"alarm.{mark}")).classes("eh-chip eh-is-info")
            worst = measured(say, row["metric"], row["worst"])
            told = [row["_limit"], say("alarm.worst", value=worst) if worst else ""]
            ui.label(" · ".join(part for part in told if part)).classes("eh-faint")
            since = say("alarm.since", moment=short(say, ms_of(row["time"])))
            with ui.element("div").classes("eh-line"):
                ui.label(since).classes("eh-age")
                self._lasting[str(row["id"])] = ui.label().classes("eh-age")
        return entry


def build(visit: Visit, device: str) -> Tick:
    return Incidents(visit, device).tick


SECTION = UnitSection("incidents", 1, build)
