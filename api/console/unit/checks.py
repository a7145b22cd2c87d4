"""The unit's checks of the last two weeks: who was there in the morning, and who in the afternoon."""

from datetime import datetime, timedelta

from nicegui import ui

from api.console.daily_checks import ROUNDS, CheckedDays, read_checks
from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit

DAYS = 14


class Checks:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._drawn: object = None
        self._box = ui.element("div")

    async def tick(self) -> None:
        """Read it again when somebody looked, and on a new day. Raises StoreUnavailable."""
        now_ms, zone = self.visit.deck.now_ms(), self.visit.say.zone
        rounds = (await self.visit.board.rounds.get()).value
        today = datetime.fromtimestamp(now_ms / 1000, zone).date()
        seen = (today, [rounds.get((self._device, name)) for name in ROUNDS])
        if self._drawn == seen:
            return
        found = await read_checks(self.visit.deck.reader, self._device, now_ms, DAYS, zone)
        self._drawn = seen
        self._draw([(today - timedelta(days=ago)).strftime("%d/%m/%Y") for ago in range(DAYS)], found)

    def _draw(self, days: list[str], found: CheckedDays) -> None:
        say = self.visit.say
        self._box.clear()
        with self._box:
            if not found:
                ui.label(say("unit.checks_none", count=DAYS)).classes("eh-faint")
                return
            with ui.element("table").classes("eh-checks"):
                with ui.element("thead"), ui.element("tr"):
                    for name in (say("unit.day"), *(say(f"cold.round_{each}") for each in ROUNDS)):
                        with ui.element("th").props("scope=col"):
                            ui.label(name)
                with ui.element("tbody"):
                    for day in days:
                        self._row(day, found)

    def _row(self, day: str, found: CheckedDays) -> None:
        with ui.element("tr"):
            with ui.element("th").props("scope=row"):
                ui.label(day)
            for name in ROUNDS:
                with ui.element("td"):
                    ui.label(self._cell(day, name, found))

    def _cell(self, day: str, name: str, found: CheckedDays) -> str:
        say, look = self.visit.say, found.get((day, name))
        if look is None:
            return f"? {say('unit.no_check')}"
        return "✓ " + say("cold.looked", moment=say.moment(look.at_ms)[11:16], by=look.by)


def build(visit: Visit, device: str) -> Tick:
    return Checks(visit, device).tick


SECTION = UnitSection("checks", 20, build)
