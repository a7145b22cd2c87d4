"""Cold chain: a card for each unit, by time to damage; those that nobody knows of have their own place."""

from collections.abc import Sequence

from nicegui import ui

from api.console.alarm_dialog import AlarmDialog
from api.console.board import SPANS
from api.console.cold_units import ColdUnit, cold_units
from api.console.damage_order import GROUPS, Group, Place, group_of, place_of
from api.console.damage_outlook import Outlook
from api.console.unit_card import UnitCard
from api.console.visit import ConsolePage, Tick, Visit

AUTO = "auto"
_FULL_DAY_POINTS = 18  # of the 144 steps of a day: three hours
_TWO_HOURS_POINTS = 2
_NOTHING = Outlook()


class ColdChain:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._cards: dict[str, UnitCard] = {}
        self._order: dict[Group, list[str]] = {group: [] for group in GROUPS}
        say = visit.say
        with ui.element("div").classes("eh-tools"):
            named = {AUTO: say("cold.auto")} | {span: say(f"cold.{span}") for span in SPANS}
            self._span = ui.toggle(named, value=AUTO).props("dense no-caps unelevated").classes("eh-spans")
            ui.label(say("cold.order")).classes("eh-faint")
        self._dialog = AlarmDialog(visit, self.tick)
        self._empty = ui.label(say("app.no_rows")).classes("eh-empty")
        self._heads: dict[Group, ui.element] = {}
        self._boxes = {group: self._group(group) for group in GROUPS}

    def _group(self, group: Group) -> ui.element:
        with ui.element("section").classes(f"eh-group eh-group-{group}") as head:
            name = ui.label(self.visit.say(f"unit.group_{group}"))
            name.props("role=heading aria-level=2").classes("eh-group-name")
            self._heads[group] = head
            head.set_visibility(False)
            return ui.element("div").classes("eh-cards")

    async def tick(self) -> None:
        """Renew values and ages each second, charts when their steps were read again."""
        board = self.visit.board
        desk = (await board.alarm_desk.get()).value
        now_ms = self.visit.deck.now_ms()
        units = cold_units((await board.latest.get()).value, (await board.fleet.get()).value, desk, now_ms)
        outlooks = (await board.outlooks.get()).value
        open_by = (await board.alarms.get()).value.by_device()
        self._empty.set_visibility(not units)
        self._arrange(
            [
                (
                    place_of(
                        unit,
                        outlooks.get(name, _NOTHING),
                        open_by.get(name, []),
                        resting=name in desk.resting,
                    ),
                    unit,
                )
                for unit in units
                for name in [str(unit.device["id"])]
            ]
        )
        rounds, owners = (await board.rounds.get()).value, (await board.owners.get()).value
        for unit in units:
            name = str(unit.device["id"])
            card = self._cards[name]
            card.show(unit, outlooks.get(name))
            card.show_alarms(open_by.get(name, []), owners, rounds, resting=name in desk.resting)
        await self._draw(units)

    async def _draw(self, units: Sequence[ColdUnit]) -> None:
        span = await self._chosen()
        steps = (await self.visit.board.chart(span).get()).value
        for unit in units:
            name = str(unit.device["id"])
            self._cards[name].draw(steps.get(name, []), unit.reading, span, fit=self._span.value == AUTO)

    def _arrange(self, placed: Sequence[tuple[Place, ColdUnit]]) -> None:
        ordered = sorted(placed, key=lambda each: each[0])
        for group in GROUPS:
            here = [unit for place, unit in ordered if group_of(place) == group]
            self._heads[group].set_visibility(bool(here))
            order = [str(unit.device["id"]) for unit in here]
            for unit in here:
                if unit.device["id"] not in self._cards:
                    with self._boxes[group]:
                        card = UnitCard(self.visit, unit.device, self._dialog.ask)
                    self._cards[str(unit.device["id"])] = card
            if order != self._order[group]:
                self._order[group] = order
                for at, name in enumerate(order):
                    self._cards[name].box.move(self._boxes[group], target_index=at)

    async def _chosen(self) -> str:
        """The chosen span; by itself the longest that most units fill: a hub starts with minutes."""
        if self._span.value in SPANS:
            return str(self._span.value)
        for span, least in (("24h", _FULL_DAY_POINTS), ("2h", 15 * _TWO_HOURS_POINTS)):
            steps = (await self.visit.board.chart(span).get()).value
            if 2 * sum(len(rows) > least for rows in steps.values()) > len(steps):
                return span
        return "15m"


def build(visit: Visit) -> Tick:
    return ColdChain(visit).tick


PAGE = ConsolePage("/cold-chain", "cold", 40, "thermostat", build)
