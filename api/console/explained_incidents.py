"""What an incident explains: those that were not told by themselves because of it."""

from nicegui import ui

from api.console.visit import Visit
from hub.errors import StoreUnavailable
from hub.machine_metrics import ONLINE
from storage.contract import Row
from storage.incidents import IncidentFilter

SHOWN = 100
POWER = frozenset({"POWER", "DEVICE_POWER"})


class Explained:
    """A panel, hidden while there is nothing in it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._drawn: list[str] = []
        self._panel = ui.element("section").classes("eh-panel eh-incident-explained")
        self._panel.set_visibility(False)

    async def tick(self, row: Row) -> None:
        """Look again which those are; only where it may be any."""
        if row["metric"] != ONLINE and row["kind"] not in POWER:
            return
        wanted = IncidentFilter(explained_by=str(row["id"]))
        try:
            page = await self._visit.deck.ledger.incidents(wanted, limit=SHOWN, cursor=None)
        except StoreUnavailable:
            return
        told = [f"{each['id']} {each['state']}" for each in page.items]
        if told != self._drawn:
            self._drawn = told
            self._draw(page.items, more=page.next_cursor is not None)

    def _draw(self, rows: list[Row], *, more: bool) -> None:
        say = self._visit.say
        self._panel.set_visibility(bool(rows))
        self._panel.clear()
        with self._panel:
            count = f"{say.count(len(rows))}{'+' if more else ''}"
            title = ui.label(say("alarm.explains", count=count)).classes("eh-strong")
            title.props("role=heading aria-level=2")
            ui.label(say("alarm.explains_means")).classes("eh-faint")
            with ui.element("ul").classes("eh-ledger"):
                for row in rows:
                    with ui.element("li"):
                        words = f"{row['device']} · {say.named('rule', row['kind'])}"
                        ui.link(words, f"/alarms/{row['id']}").classes("eh-strong")
                        ui.label(say.named("incident", row["state"])).classes("eh-faint")
