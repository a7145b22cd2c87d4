"""The card of a unit in the list: now, its age, its trend, how long until damage, who looks after it."""

from collections.abc import Callable, Mapping, Sequence

from nicegui import ui

from api.console.alarm_owners import Owner
from api.console.alarm_words import short, sign, tone
from api.console.board import SPANS
from api.console.chart import options, points, shift_of
from api.console.cold_units import ColdUnit
from api.console.condition import SIGNS, limits_of
from api.console.daily_checks import ROUNDS, Look, RoundsSeen
from api.console.damage_outlook import Outlook
from api.console.outlook_words import damage_tone, damage_words, trend_words
from api.console.visit import Visit
from api.console.wording import ms_of
from storage.contract import Row

_SHORTEST_MS = 120_000


class UnitCard:
    """One unit."""

    def __init__(
        self, visit: Visit, device: Row, ask: Callable[[str, Row], None], *, on_its_page: bool = False
    ) -> None:
        self.visit = visit
        self._device, self._ask = device, ask
        self._told: object = None
        self._drawn: object = None
        self.limits = limits_of(device.get("profile"))
        with ui.element("article").classes("eh-card") as self.box:
            self._head(named=not on_its_page)
            self._now()
            self._damage = ui.label().classes("eh-card-damage")
            self._alarms = ui.element("div").classes("eh-card-alarms")
            if not on_its_page:
                self._chart = ui.echart(options(visit, self.limits, [], (0, 1))).classes("eh-chart")
            self._rounds = ui.element("div").classes("eh-card-rounds")

    def _head(self, *, named: bool) -> None:
        device = self._device
        with ui.element("div").classes("eh-card-head"):
            if named:
                with ui.element("div").classes("eh-clip"):
                    ui.link(device["id"], f"/cold-chain/{device['id']}").classes("eh-strong")
                    ui.label(self.visit.site_name(device["site"])).classes("eh-faint eh-clip")
            self._mark = ui.label().classes("eh-mark")

    def _now(self) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-card-now"):
            self._value = ui.label("—").classes("eh-card-value")
            with ui.element("div"):
                with ui.element("div").classes("eh-line eh-card-age"):
                    self._age = ui.label().classes("eh-age")
                    self._trend = ui.label().classes("eh-age eh-card-trend")
                low, high = say.decimal(self.limits.low, 0), say.degrees(self.limits.high)
                ui.label(say("cold.limits", low=low, high=high.replace(",0", "").replace(".0", ""))).classes(
                    "eh-faint"
                )

    def show(self, unit: ColdUnit, outlook: Outlook | None) -> None:
        """``outlook`` None: no critical rule looks at it."""
        say, shown, now_ms = self.visit.say, unit.shown, self.visit.deck.now_ms()
        self.box.classes(replace=f"eh-card eh-is-{shown.condition}")
        self._mark.set_text(f"{SIGNS[shown.condition]} {say(f'cold.{shown.why}')}")
        self._value.set_text(say.degrees(unit.reading.get("value")))
        self._age.set_text(say.age(ms_of(unit.reading["time"]), now_ms))
        unsure = shown.condition == "unknown"
        self._trend.set_text("" if unsure or outlook is None else trend_words(say, outlook.trend))
        damage = outlook.damage if outlook else None
        words = say("unit.unwatched") if outlook is None else damage_words(say, damage, now_ms)
        self._damage.set_text(words)
        self._damage.classes(replace=f"eh-card-damage eh-is-{damage_tone(damage, now_ms)}")

    def show_alarms(
        self, incidents: Sequence[Row], owners: Mapping[str, Owner], rounds: RoundsSeen, *, resting: bool
    ) -> None:
        """Its open incidents and who looks after them, whether it is out of service, who was there today."""
        looks = [rounds.get((self._device["id"], name)) for name in ROUNDS]
        mine = {str(row["id"]): owners.get(str(row["id"])) for row in incidents}
        if self._told == (told := (list(incidents), mine, looks, resting)):
            return
        self._told = told
        self._alarms.clear()
        with self._alarms:
            if resting:
                ui.label(f"• {self.visit.say('cold.resting')}").classes("eh-card-alarm eh-is-info")
            for row in incidents:
                self._alarm(row, mine[str(row["id"])])
        self._rounds.clear()
        with self._rounds:
            with ui.element("div").classes("eh-card-looks"):
                for name, look in zip(ROUNDS, looks, strict=True):
                    self._look(name, look)
            if self.visit.who.may("operator"):
                self._acts("put_back" if resting else "take_out")

    def _alarm(self, row: Row, owner: Owner | None) -> None:
        say, condition = self.visit.say, tone(row)
        since = say("alarm.since", moment=short(say, ms_of(row["time"]))).lower()
        words = [say.named("rule", row["kind"]), say.named("incident", row["state"]), since]
        words.append(say("alarm.no_owner") if owner is None else say(f"unit.{owner.how}", by=owner.by))
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
