"""The unit's curve over a day, a week or a month, and the lanes of its door, power and alarms beside it."""

from nicegui import ui

from api.console.chart import shift_of
from api.console.condition import limits_of
from api.console.lane_strip import strip
from api.console.lane_words import MOST_LINES, disagreement_words, lines
from api.console.unit_chart import drawn
from api.console.unit_curve import UnitCurve, curve_of
from api.console.unit_history import UnitHistory, our_alarms, read_history
from api.console.unit_lanes import Lane, Span, device_lane, disagreements, door_lane, power_lane, within
from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit
from hub.alarms.rules import Rule
from storage.contract import Row

HOUR_MS = 3_600_000
# Length, and how often it is read again.
SPANS: dict[str, tuple[int, int]] = {
    "24h": (24 * HOUR_MS, 10_000),
    "7d": (7 * 24 * HOUR_MS, 60_000),
    "30d": (30 * 24 * HOUR_MS, 300_000),
}
_WIDTH = 480  # of the chart: time goes on by so many steps
_USUAL_HOLD_MS = 1_800_000
_KEYS = ("excursion", "unseen", "late", "bad")


class History:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._read: tuple[int, object] = (0, None)
        self._shown: object = None
        say = visit.say
        names = {span: say(f"unit.span_{span}") for span in SPANS}
        with ui.element("div").classes("eh-tools"):
            self._span = ui.toggle(names, value="24h", on_change=self._again)
            self._span.props("dense no-caps unelevated").classes("eh-spans")
        self._until = ui.label().classes("eh-faint")
        self._note = ui.label().classes("eh-why").props("role=status")
        self._note.set_visibility(False)
        self._chart = ui.echart({}).classes("eh-chart eh-chart-tall")
        with ui.element("div").classes("eh-line eh-faint eh-keys"):
            for name in _KEYS:
                ui.label(say(f"unit.key_{name}")).classes(f"eh-key-{name}")
        self._lanes = ui.element("div").classes("eh-lanes")
        self._words = ui.element("div").classes("eh-unit-words")

    async def tick(self) -> None:
        """Read it again when it is due or an incident moved; draw what changed. Raises StoreUnavailable."""
        board, now_ms = self.visit.board, self.visit.deck.now_ms()
        alarms = (await board.alarms.get()).value.by_device().get(self._device, [])
        read_ms, told = self._read
        if now_ms - read_ms < SPANS[self._span.value][1] and told == alarms:
            return
        self._read = (now_ms, alarms)
        span = (now_ms - SPANS[self._span.value][0], now_ms)
        desk, latest = (await board.alarm_desk.get()).value, (await board.latest.get()).value
        history = await read_history(self.visit.deck.reader, self._device, latest, desk, span)
        # A unit that says nothing more is silent for longer each time: its gap grows.
        seen = (self._span.value, history, now_ms // (SPANS[self._span.value][0] // _WIDTH))
        if self._shown == seen:
            return
        self._shown = seen
        fleet = {row["id"]: row for row in (await board.fleet.get()).value}
        device = fleet.get(self._device, {})
        self._draw(history, device, desk.watching(device, history.metric), span)

    async def _again(self) -> None:
        self._read = (0, None)
        await self.tick()

    def _draw(self, history: UnitHistory, device: Row, rules: list[Rule], span: Span) -> None:
        visit, limits = self.visit, limits_of(device.get("profile"))
        hold_ms = max((rule.hold_ms for rule in rules), default=_USUAL_HOLD_MS)
        curve = curve_of(history.moments, limits, span, max(hold_ms, 0 if history.single else HOUR_MS))
        shift_ms = shift_of(visit, span[1])
        self._chart.options.clear()
        self._chart.options.update(drawn(visit, limits, curve, span, shift_ms))
        self._chart.update()
        self._until.set_text(
            visit.say(
                "unit.until",
                span=visit.say(f"unit.span_{self._span.value}"),
                moment=visit.say.moment(span[1]),
            )
        )
        self._note.set_text("" if history.single else visit.say("unit.too_many"))
        self._note.set_visibility(not history.single)
        ours = Lane("ours", within(our_alarms(history.incidents, span[1]), span))
        lanes = (
            door_lane(history.told, span),
            power_lane(history.told, span),
            device_lane(history.told, span),
        )
        self._draw_lanes((*lanes, ours), span)
        self._draw_words((*lanes, ours), curve, history)

    def _draw_lanes(self, lanes: tuple[Lane, ...], span: Span) -> None:
        self._lanes.clear()
        with self._lanes:
            for lane in lanes:
                strip(self.visit.say, lane, span)

    def _draw_words(self, lanes: tuple[Lane, ...], curve: UnitCurve, history: UnitHistory) -> None:
        say = self.visit.say
        by_name = {lane.name: lane for lane in lanes}
        found = lines(say, lanes, curve)
        self._words.clear()
        with self._words:
            for each in disagreements(by_name["ours"], by_name["device"], history.told):
                ui.label(disagreement_words(say, each)).classes("eh-why eh-strong")
            ui.label(say("unit.words")).classes("eh-strong").props("role=heading aria-level=3")
            if not found:
                ui.label(say("unit.words_none")).classes("eh-faint")
            with ui.element("ul").classes("eh-unit-lines"):
                for _, when, what in found[:MOST_LINES]:
                    with ui.element("li"):
                        ui.label(when).classes("eh-age")
                        ui.label(what)
            if len(found) > MOST_LINES:
                ui.label(say("unit.words_more", count=say.count(len(found) - MOST_LINES))).classes("eh-faint")


def build(visit: Visit, device: str) -> Tick:
    return History(visit, device).tick


SECTION = UnitSection("history", 5, build, wide=True)
