"""The last decisions at the gates, and how often each reason refused somebody."""

from collections.abc import Sequence

from nicegui import ui

from api.console.condition import SIGNS
from api.console.gate_words import (
    decided_condition,
    passage_words,
    reasons_counted,
    staff_reason,
    who_it_was,
)
from api.console.live_list import LiveList
from api.console.visit import Visit
from api.console.wording import ms_of
from storage.contract import Row

HOUR_MS = 3_600_000
MOST_SHOWN = 50
MOST_REASONS = 8


class LastScans:
    """Newest first; ``since``: rows are only those of a page that was open (an edge alone has no store)."""

    def __init__(self, visit: Visit, *, since_opened: bool) -> None:
        self.visit = visit
        say = visit.say
        self._reasons_drawn: object = None
        with ui.element("section").classes("eh-gate-scans"):
            ui.label(say("gate.last")).classes("eh-subtitle").props("role=heading aria-level=2")
            self._reasons = ui.element("div").classes("eh-chips").props(f'aria-label="{say("gate.reasons")}"')
            ui.label(say("gate.since_opened" if since_opened else "gate.store_note")).classes("eh-faint")
            self._fault = ui.label().classes("eh-wrong").props("role=status")
            self._list = LiveList(self._draw, say("gate.none"))

    def show(self, rows: Sequence[Row], *, fault: bool) -> None:
        self._fault.set_text(self.visit.say("gate.store_away") if fault else "")
        self._list.show(rows[:MOST_SHOWN])
        since_ms = self.visit.deck.now_ms() - HOUR_MS
        counted = reasons_counted(row for row in rows if (ms_of(row["time"]) or 0) >= since_ms)[:MOST_REASONS]
        if counted == self._reasons_drawn:
            return
        self._reasons_drawn = counted
        self._reasons.clear()
        with self._reasons:
            for reason, count in counted:
                text = f"{staff_reason(self.visit.say, reason)}: {self.visit.say.count(count)}"
                ui.label(text).classes("eh-chip")

    def _draw(self, row: Row) -> ui.element:
        say, condition = self.visit.say, decided_condition(row["decision"])
        with ui.element("article").classes(f"eh-entry eh-gate-scan eh-is-{condition}") as entry:
            ui.label(say.moment(ms_of(row["time"]))).classes("eh-age")
            ui.label(f"{SIGNS[condition]} {say.named('gate_decision', row['decision'])}").classes(
                f"eh-chip eh-is-{condition}"
            )
            with ui.element("div").classes("eh-gate-why"):
                ui.label(staff_reason(say, row["reason"])).classes("eh-strong")
                remarks = [staff_reason(say, remark) for remark in row.get("remarks") or ()]
                if remarks:
                    ui.label(" · ".join(remarks)).classes("eh-faint")
            with ui.element("div").classes("eh-gate-where"):
                ui.label(str(row["device"])).classes("eh-strong eh-clip")
                ui.label(who_it_was(say, row)).classes("eh-faint")
            ui.label(passage_words(say, row)).classes("eh-faint")
            ui.label(say("gate.took", ms=say.decimal(row["took_ms"], 1))).classes("eh-age")
        return entry
