"""How the unit stands now: value and its age, trend, time to damage, who looks after it, today's checks."""

from nicegui import ui

from api.console.alarm_dialog import AlarmDialog
from api.console.cold_units import cold_unit
from api.console.unit_card import UnitCard
from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit
from api.vaccine_probe import temperatures


class Now:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._card: UnitCard | None = None
        self._dialog = AlarmDialog(visit, self.tick)
        self._box = ui.element("div")
        self._none = ui.label(visit.say("unit.no_temperature")).classes("eh-faint")

    async def tick(self) -> None:
        """Renew it; nothing is said where the unit has told no temperature."""
        board, name = self.visit.board, self._device
        desk = (await board.alarm_desk.get()).value
        mine = [row for row in (await board.latest.get()).value if row["device"] == name]
        reading = next(iter(temperatures(mine)), None)
        self._none.set_visibility(reading is None)
        if reading is None:
            return
        known = {row["id"]: row for row in (await board.fleet.get()).value}
        device = known.get(name, {"id": name, "site": reading["site"]})
        card = self._shown(device)
        card.show(
            cold_unit(device, reading, desk, self.visit.deck.now_ms()),
            (await board.outlooks.get()).value.get(name),
        )
        incidents = (await board.alarms.get()).value.by_device().get(name, [])
        owners, rounds = (await board.owners.get()).value, (await board.rounds.get()).value
        card.show_alarms(incidents, owners, rounds, resting=name in desk.resting)

    def _shown(self, device: dict[str, object]) -> UnitCard:
        if self._card is None:
            with self._box:
                self._card = UnitCard(self.visit, device, self._dialog.ask, on_its_page=True)
        return self._card


def build(visit: Visit, device: str) -> Tick:
    return Now(visit, device).tick


SECTION = UnitSection("now", 0, build)
