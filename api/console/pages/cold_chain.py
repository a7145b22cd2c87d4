"""Cold chain: a card for each unit with its value, the value's age, and a chart between its limits."""

from collections.abc import Sequence

from nicegui import ui

from api.console.board import SPANS
from api.console.chart import options, points, shift_of
from api.console.condition import SIGNS, Shown, limits_of
from api.console.pages.overview import units
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from storage.contract import Row

AUTO = "auto"
_SHORTEST_MS = 120_000
_FULL_DAY_POINTS = 18  # of the 144 steps of a day: three hours
_TWO_HOURS_POINTS = 2


class Card:
    """One unit."""

    def __init__(self, visit: Visit, device: Row) -> None:
        self.visit = visit
        self.limits = limits_of(device.get("profile"))
        say = visit.say
        with ui.element("article").classes("eh-card") as self.box:
            with ui.element("div").classes("eh-card-head"):
                with ui.element("div").classes("eh-clip"):
                    ui.label(device["id"]).classes("eh-strong")
                    ui.label(visit.site_name(device["site"])).classes("eh-faint eh-clip")
                self._mark = ui.label().classes("eh-mark")
            with ui.element("div").classes("eh-card-now"):
                self._value = ui.label("—").classes("eh-card-value")
                with ui.element("div"):
                    self._age = ui.label().classes("eh-age")
                    low, high = say.decimal(self.limits.low, 0), say.degrees(self.limits.high)
                    ui.label(
                        say("cold.limits", low=low, high=high.replace(",0", "").replace(".0", ""))
                    ).classes("eh-faint")
            self._chart = ui.echart(options(visit, self.limits, [], (0, 1))).classes("eh-chart")
        self._drawn: object = None

    def show(self, reading: Row, shown: Shown) -> None:
        say = self.visit.say
        self.box.classes(replace=f"eh-card eh-is-{shown.condition}")
        self._mark.set_text(f"{SIGNS[shown.condition]} {say(f'cold.{shown.why}')}")
        self._value.set_text(say.degrees(reading.get("value")))
        self._age.set_text(say.age(ms_of(reading["time"]), self.visit.deck.now_ms()))

    def draw(self, steps: Sequence[Row], latest: Row, span: str, *, fit: bool) -> None:
        """Draw again only when the points have changed."""
        length_ms, step_ms = SPANS[span]
        now_ms = self.visit.deck.now_ms()
        shift_ms = shift_of(self.visit, now_ms)
        found = points(steps, step_ms, latest, shift_ms)
        if self._drawn == (span, found):
            return
        self._drawn = (span, found)
        end = now_ms + shift_ms
        start = end - length_ms
        if fit and found:  # a hub that has just begun: no empty chart before its first reading
            start = max(start, min(int(found[0][0] or 0), end - _SHORTEST_MS))
        self._chart.options.clear()
        self._chart.options.update(options(self.visit, self.limits, found, (start, end)))
        self._chart.update()


class ColdChain:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._cards: dict[str, Card] = {}
        self._order: list[str] = []
        say = visit.say
        with ui.element("div").classes("eh-tools"):
            named = {AUTO: say("cold.auto")} | {span: say(f"cold.{span}") for span in SPANS}
            self._span = ui.toggle(named, value=AUTO).props("dense no-caps unelevated").classes("eh-spans")
            ui.label(say("cold.order")).classes("eh-faint")
        self._box = ui.element("div").classes("eh-cards")
        with self._box:
            self._empty = ui.label(say("app.no_rows")).classes("eh-empty")

    async def tick(self) -> None:
        """Renew values and ages each second, charts when their steps were read again."""
        board = self.visit.board
        found = units(self.visit, (await board.latest.get()).value, (await board.fleet.get()).value)
        self._empty.set_visibility(not found)
        self._arrange([device for device, _, _ in found])
        span = await self._chosen()
        steps = (await board.chart(span).get()).value
        for device, reading, shown in found:
            card = self._cards[device["id"]]
            card.show(reading, shown)
            card.draw(steps.get(device["id"], []), reading, span, fit=self._span.value == AUTO)

    def _arrange(self, devices: Sequence[Row]) -> None:
        order = [device["id"] for device in devices]
        with self._box:
            for device in devices:
                if device["id"] not in self._cards:
                    self._cards[device["id"]] = Card(self.visit, device)
        if order != self._order:
            self._order = order
            for place, name in enumerate(order):
                self._cards[name].box.move(target_index=place)

    async def _chosen(self) -> str:
        """The chosen span; by itself the longest that the readings fill: a hub starts with minutes."""
        if self._span.value in SPANS:
            return str(self._span.value)
        for span, least in (("24h", _FULL_DAY_POINTS), ("2h", 15 * _TWO_HOURS_POINTS)):
            steps = (await self.visit.board.chart(span).get()).value
            if any(len(rows) > least for rows in steps.values()):
                return span
        return "15m"


def build(visit: Visit) -> Tick:
    return ColdChain(visit).tick


PAGE = ConsolePage("/cold-chain", "cold", 40, "thermostat", build)
