"""Cold chain: a card for each unit with its value, the value's age, and a chart between its limits."""

from collections.abc import Callable, Sequence

from nicegui import ui

from api.console.alarm_dialog import AlarmDialog
from api.console.alarm_words import short, sign, tone
from api.console.board import SPANS
from api.console.chart import options, points, shift_of
from api.console.condition import SIGNS, Shown, limits_of
from api.console.daily_checks import ROUNDS, Look, RoundsSeen
from api.console.pages.overview import units
from api.console.standing_alarms import SEVERITIES
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from storage.contract import Row

AUTO = "auto"
_SHORTEST_MS = 120_000
_FULL_DAY_POINTS = 18  # of the 144 steps of a day: three hours
_TWO_HOURS_POINTS = 2


class Card:
    """One unit."""

    def __init__(self, visit: Visit, device: Row, ask: Callable[[str, Row], None]) -> None:
        self.visit = visit
        self._device, self._ask = device, ask
        self._told: object = None
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
            self._alarms = ui.element("div").classes("eh-card-alarms")
            self._chart = ui.echart(options(visit, self.limits, [], (0, 1))).classes("eh-chart")
            self._rounds = ui.element("div").classes("eh-card-rounds")
        self._drawn: object = None

    def show(self, reading: Row, shown: Shown) -> None:
        say = self.visit.say
        self.box.classes(replace=f"eh-card eh-is-{shown.condition}")
        self._mark.set_text(f"{SIGNS[shown.condition]} {say(f'cold.{shown.why}')}")
        self._value.set_text(say.degrees(reading.get("value")))
        self._age.set_text(say.age(ms_of(reading["time"]), self.visit.deck.now_ms()))

    def show_alarms(self, incidents: Sequence[Row], rounds: RoundsSeen, *, resting: bool) -> None:
        """Its open incidents, whether it is out of service, and who looked at it today."""
        looks = [rounds.get((self._device["id"], name)) for name in ROUNDS]
        if self._told == (told := (list(incidents), looks, resting)):
            return
        self._told = told
        self._alarms.clear()
        with self._alarms:
            if resting:
                ui.label(f"• {self.visit.say('cold.resting')}").classes("eh-card-alarm eh-is-info")
            for row in incidents:
                self._alarm(row)
        self._rounds.clear()
        with self._rounds:
            with ui.element("div").classes("eh-card-looks"):
                for name, look in zip(ROUNDS, looks, strict=True):
                    self._look(name, look)
            if self.visit.who.may("operator"):
                self._acts("put_back" if resting else "take_out")

    def _alarm(self, row: Row) -> None:
        say, condition = self.visit.say, tone(row)
        since = say("alarm.since", moment=short(say, ms_of(row["time"]))).lower()
        words = (say.named("rule", row["kind"]), say.named("incident", row["state"]), since)
        link = ui.link(f"{sign(row)} {' · '.join(words)}", f"/alarms/{row['id']}")
        link.classes(f"eh-card-alarm eh-is-{condition}")

    def _look(self, name: str, look: Look | None) -> None:
        say = self.visit.say
        told = say("cold.unchecked")
        if look is not None:
            told = say("cold.looked", moment=say.moment(look.at_ms)[11:16], by=look.by)
        sign = SIGNS["unknown" if look is None else "ok"]
        ui.label(f"{sign} {say(f'cold.round_{name}')}: {told}").classes("eh-faint")

    def _acts(self, service: str) -> None:
        say, device = self.visit.say, self._device
        check = ui.button(say("act.check"), icon="task_alt", on_click=lambda: self._ask("check", device))
        check.props("outline dense no-caps")
        turn = ui.button(icon="power_settings_new", on_click=lambda: self._ask(service, device))
        turn.props(f'flat dense round aria-label="{say(f"act.{service}")}"').tooltip(say(f"act.{service}"))

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
        self._dialog = AlarmDialog(visit, self.tick)
        self._box = ui.element("div").classes("eh-cards")
        with self._box:
            self._empty = ui.label(say("app.no_rows")).classes("eh-empty")

    async def tick(self) -> None:
        """Renew values and ages each second, charts when their steps were read again."""
        board = self.visit.board
        open_by = (await board.alarms.get()).value.by_device()
        found = units(self.visit, (await board.latest.get()).value, (await board.fleet.get()).value)
        found.sort(key=lambda unit: _worst(open_by.get(unit[0]["id"], [])))
        self._empty.set_visibility(not found)
        self._arrange([device for device, _, _ in found])
        span = await self._chosen()
        steps = (await board.chart(span).get()).value
        rounds, desk = (await board.rounds.get()).value, (await board.alarm_desk.get()).value
        for device, reading, shown in found:
            card = self._cards[device["id"]]
            card.show(reading, shown)
            name = device["id"]
            card.show_alarms(open_by.get(name, []), rounds, resting=name in desk.resting)
            card.draw(steps.get(device["id"], []), reading, span, fit=self._span.value == AUTO)

    def _arrange(self, devices: Sequence[Row]) -> None:
        order = [device["id"] for device in devices]
        with self._box:
            for device in devices:
                if device["id"] not in self._cards:
                    self._cards[device["id"]] = Card(self.visit, device, self._dialog.ask)
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


def _worst(incidents: Sequence[Row]) -> int:
    """Place of the most severe; a unit without one comes behind them."""
    places = [SEVERITIES.index(row["severity"]) for row in incidents if row["severity"] in SEVERITIES]
    return min(places, default=len(SEVERITIES))


def build(visit: Visit) -> Tick:
    return ColdChain(visit).tick


PAGE = ConsolePage("/cold-chain", "cold", 40, "thermostat", build)
