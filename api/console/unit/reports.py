"""The unit's monthly reports, to take along."""

from datetime import date, datetime
from urllib.parse import urlencode

from nicegui import ui

from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit

MONTHS = 13  # as long as readings are kept
_PATH = "/api/v1/reports/cold-chain-monthly"
_FORMATS = ("pdf", "csv")


class Reports:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._today: date | None = None
        say = visit.say
        ui.label(say("report.section_note")).classes("eh-faint")
        with ui.element("div").classes("eh-line"):
            self._month = ui.select([], label=say("report.field_month"), on_change=self._link)
            self._month.props("dense outlined options-dense").classes("eh-field")
            self._links = {
                name: ui.link(say(f"report.take_{name}"), "#").classes("eh-strong") for name in _FORMATS
            }

    async def tick(self) -> None:
        """Another choice of months on a new day."""
        say = self.visit.say
        today = datetime.fromtimestamp(self.visit.deck.now_ms() / 1000, say.zone).date()
        if today == self._today:
            return
        self._today = today
        months = months_until(today)
        chosen = self._month.value if self._month.value in months else months[0]
        self._month.set_options({name: f"{name[5:]}/{name[:4]}" for name in months}, value=chosen)
        self._link()

    def _link(self) -> None:
        if self._month.value is None:
            return
        asked = {"device": self._device, "month": self._month.value, "lang": self.visit.say.language}
        for name, link in self._links.items():
            link.props["href"] = f"{_PATH}?{urlencode(asked | {'format': name})}"


def months_until(today: date) -> list[str]:
    """YYYY-MM, the newest first."""
    first = today.year * 12 + today.month - 1
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, first - MONTHS, -1)]


def build(visit: Visit, device: str) -> Tick:
    return Reports(visit, device).tick


SECTION = UnitSection("reports", 80, build)
