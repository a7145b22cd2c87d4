"""The panel of alerts on the page of the gates: says who, where and why, sounds until somebody knows."""

from nicegui import ui

from api.console.gate_alerts import Alert, Alerts
from api.console.gate_board import LiveGates
from api.console.gate_words import staff_reason
from api.console.visit import Visit
from storage.contract import Row

_SOUND_EVERY_MS = 3000
_BEGIN = "GateTones.begin(() => emitEvent('gate_sound', GateTones.state()))"
SOUND_STATES = ("on", "off", "touch")


class AlertPanel:
    """On top of everything, and empty most of the time."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._alerts = Alerts(persons=visit.who.may("operator"))
        self._drawn: list[tuple[Alert, bool]] = []
        self._sounded_ms = 0
        ui.add_head_html('<script src="/console/gate_tones.js"></script>')
        with ui.element("div").classes("eh-tools eh-gate-tools"):
            self._sound = ui.button(on_click=None, icon="volume_up").props("outline dense no-caps")
            self._sound.on("click", js_handler="() => GateTones.toggle()")
            self._show_sound("touch")
        ui.on("gate_sound", lambda event: self._show_sound(str(event.args)))
        self._box = ui.element("div").classes("eh-gate-alerts").props("role=alert aria-live=assertive")
        self._began = False

    def _show_sound(self, state: str) -> None:
        told = state if state in SOUND_STATES else "touch"
        self._sound.set_text(self.visit.say(f"gate.sound_{told}"))
        self._sound.props(f"icon={'volume_up' if told == 'on' else 'volume_off'}")

    def tick(self, live: LiveGates, scans: list[Row]) -> None:
        """Draw when something changed; sound as long as an alert stands."""
        now_ms = self.visit.deck.now_ms()
        if not self._began:
            self._began = True
            ui.run_javascript(_BEGIN)
        new = self._alerts.take(live.items, live.gates, scans, now_ms)
        drawn = [(alert, alert.names_somebody(now_ms)) for alert in self._alerts.standing]
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw()
        if new or (drawn and now_ms - self._sounded_ms >= _SOUND_EVERY_MS):
            self._sounded_ms = now_ms
            ui.run_javascript("GateTones.play('alert')")

    def _draw(self) -> None:
        say = self.visit.say
        self._box.clear()
        if not self._drawn:
            return
        with self._box, ui.element("section").classes("eh-gate-alert"):
            ui.icon("notification_important")
            with ui.element("div"):
                ui.label(say("gate.alert")).classes("eh-gate-alert-word")
                for alert, named in reversed(self._drawn):
                    ui.label(self._line(alert, named=named)).classes("eh-gate-alert-line")
                ui.label(say("gate.alert_silent"))
            ui.button(say("gate.alert_known"), icon="visibility", on_click=self._known).props("no-caps")

    def _line(self, alert: Alert, *, named: bool) -> str:
        say = self.visit.say
        who = [alert.initials] if named and alert.initials else []
        who += [say("kiosk.born", year=alert.birth_year)] if named and alert.birth_year else []
        return " · ".join([say.moment(alert.at_ms), alert.device, staff_reason(say, alert.reason), *who])

    def _known(self) -> None:
        self._alerts.known()
        self._drawn = []
        self._box.clear()
