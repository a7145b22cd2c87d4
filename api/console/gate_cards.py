"""Cards of the gates page: each zone with who is in it, each gate with how it stands and what can be done."""

from collections.abc import Callable

from nicegui import ui

from api.console.analyzers import clock_condition
from api.console.condition import SIGNS, Condition
from api.console.gate_words import standing_reason, zone_condition
from api.console.visit import Visit
from api.console.wording import ms_of
from storage.contract import Row


class ZoneCard:
    """How many are in one zone, and how far that can be believed."""

    def __init__(self, visit: Visit, row: Row, set_count: Callable[[Row], None] | None) -> None:
        self.visit = visit
        say = visit.say
        with ui.element("article").classes("eh-card eh-zone") as self.box:
            with ui.element("div").classes("eh-card-head"):
                with ui.element("div").classes("eh-clip"):
                    ui.label(row["zone"]).classes("eh-strong eh-clip")
                    ui.label(visit.site_name(row["site"])).classes("eh-faint eh-clip")
                self._mark = ui.label().classes("eh-mark")
            with ui.element("div").classes("eh-card-now"):
                self._inside = ui.label("—").classes("eh-card-value")
                ui.label(say("gate.inside")).classes("eh-faint")
            self._lines = ui.element("div").classes("eh-zone-lines")
            if set_count is not None:
                button = ui.button(say("gate.count"), icon="fact_check", on_click=lambda: set_count(row))
                button.props("flat dense no-caps")

    def show(self, row: Row, *, fault: bool) -> None:
        """What could not be read now is unknown, whatever it was."""
        say = self.visit.say
        condition: Condition = "unknown" if fault else zone_condition(row)
        self.box.classes(replace=f"eh-card eh-zone eh-is-{condition}")
        self._mark.set_text(f"{SIGNS[condition]} {say(f'state.{condition}')}")
        self._inside.set_text("?" if fault else say.count(row["count"]).replace("-", "−"))
        self._lines.clear()
        with self._lines:
            for text in _zone_lines(self.visit, row):
                ui.label(text).classes("eh-faint")


def _zone_lines(visit: Visit, row: Row) -> list[str]:
    say, now_ms = visit.say, visit.deck.now_ms()
    today, share, told = row["today"], row["inferred_share"], row["set"]
    counts = {name: say.count(today[name]) for name in ("entered", "left")}
    lines = [say("gate.today", **counts)]
    lines += [say("gate.below_zero")] if row["below_zero"] else []
    lines += [say("gate.inferred", share=say.decimal(share * 100, 0))] if share is not None else []
    if told is None:
        lines.append(say("gate.never_set"))
    else:
        lines.append(
            say("gate.was_set", count=say.count(told["count"]), age=say.age(ms_of(told["time"]), now_ms))
        )
        drift = row["drift"]
        lines += [say("gate.drift", drift=_signed(visit, drift))] if drift else []
    if row["difference"]:
        lines.append(say("gate.difference", difference=_signed(visit, row["difference"])))
    return lines


def _signed(visit: Visit, number: int) -> str:
    return f"{'+' if number > 0 else '−'}{visit.say.count(abs(number))}"


class GateCard:
    """One gate: its state, its clock, its screen, and the button that opens it."""

    def __init__(
        self, visit: Visit, row: Row, open_gate: Callable[[str], None] | None, *, screen: bool
    ) -> None:
        self.visit = visit
        say, name = visit.say, str(row["id"])
        with ui.element("article").classes("eh-card eh-gate") as self.box:
            with ui.element("div").classes("eh-card-head"):
                with ui.element("div").classes("eh-clip"):
                    ui.label(name).classes("eh-strong eh-clip")
                    ui.label(visit.site_name(row["site"])).classes("eh-faint eh-clip")
                self._mark = ui.label().classes("eh-mark")
            self._why = ui.label().classes("eh-faint")
            with ui.element("div").classes("eh-gate-badges"):
                self._clock = ui.label().classes("eh-chip")
                self._heard = ui.label().classes("eh-age")
            with ui.element("div").classes("eh-acts eh-gate-acts"):
                if screen:
                    link = ui.link(target=f"/kiosk/{name}", new_tab=True).classes("eh-gate-screen")
                    with link.props('rel="noopener"'):
                        ui.icon("fullscreen")
                        ui.label(say("gate.screen"))
                if open_gate is not None:
                    button = ui.button(say("gate.open"), icon="lock_open", on_click=lambda: open_gate(name))
                    button.props("outline dense no-caps")

    def show(self, row: Row, condition: Condition) -> None:
        say = self.visit.say
        state = say.named("device", row["state"] if condition != "unknown" else "UNKNOWN")
        self.box.classes(replace=f"eh-card eh-gate eh-is-{condition}")
        self._mark.set_text(f"{SIGNS[condition]} {state}")
        self._why.set_text(standing_reason(say, row["reason"]))
        offset = row.get("clock_offset_s")
        clock = clock_condition(offset)
        self._clock.classes(replace=f"eh-chip eh-is-{clock}")
        name = "clock_unknown" if offset is None else "clock_off" if clock == "warn" else "clock_right"
        self._clock.set_text(f"{SIGNS[clock]} {say(f'gate.{name}', seconds=say.decimal(offset or 0, 0))}")
        heard_ms = row.get("heard_ms")
        self._heard.set_text(
            say("gate.heard", age=say.age(heard_ms, self.visit.deck.now_ms())) if heard_ms else ""
        )
