"""Scrapes of every process during a whole run, each held to the identities of its figures."""

import asyncio
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from hub.control import ControlUnavailable
from tests.fire.installation import Installation, Role

SCRAPE_SECONDS = 1.0
Figures = dict[str, float]

_IDENTITIES = (
    ("edge_messages_received_total",
     ("edge_messages_committed_total", "edge_messages_refused_total", "edge_messages_in_flight")),
    ("spool_events_spooled_total",
     ("spool_events_receipted_total", "spool_events_waiting", "spool_events_skipped_total")),
    ("hub_events_delivered_total",
     ("hub_events_stored_total", "hub_events_duplicates_total", "hub_events_quarantined_total")),
)  # fmt: skip


def read_figures(text: str) -> Figures:
    """Sums over all labels, by name without the prefix."""
    figures: Figures = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix("epihub_")
            figures[name] = figures.get(name, 0.0) + sample.value
    return figures


def broken_identities(figures: Figures, before: Figures) -> list[str]:
    """What a scrape says wrongly: sums, negative figures, counters that went back in one process."""
    wrong = [
        f"{whole} {figures[whole]:g} != " + " + ".join(f"{part} {figures[part]:g}" for part in parts)
        for whole, parts in _IDENTITIES
        if whole in figures and figures[whole] != sum(figures[part] for part in parts)
    ]
    wrong += [f"{name} is {value:g}" for name, value in figures.items() if value < 0]
    wrong += [
        f"{name} went back from {before[name]:g} to {figures[name]:g}"
        for name in before
        if name.endswith("_total") and figures.get(name, 0.0) < before[name] and name not in _MAY_GO_BACK
    ]
    return wrong


_OF_THE_HUB = "hub_events_delivered_total"

# A hub restored from an older copy takes receipts back: those events wait again.
_MAY_GO_BACK = frozenset({"spool_events_receipted_total"})


@dataclass
class Scrapes:
    """``run`` scrapes once a second until cancelled; ``wrong`` has what no scrape may show."""

    installation: Installation
    count: int = 0
    unanswered: int = 0
    wrong: list[str] = field(default_factory=list)
    newest: dict[Role, Figures] = field(default_factory=dict)
    _lives: dict[Role, tuple[int, int]] = field(default_factory=dict)

    async def run(self) -> None:
        while True:
            for role in self.installation.roles:
                await self.scrape(role)
            await asyncio.sleep(SCRAPE_SECONDS)

    async def scrape(self, role: Role) -> Figures | None:
        """One scrape, checked; None while the process, or the hub beside it, is away."""
        process = self.installation.processes.get(role)
        try:
            beside = await self._hub_beside(role)
            told = await self.installation.call(role, "metrics")
            away = beside != await self._hub_beside(role)
        except (ControlUnavailable, TimeoutError):
            self.unanswered += 1
            return None
        if process is None or process is not self.installation.processes.get(role):
            return None  # it was killed while it answered: whose figures they are is not known
        figures = read_figures(str(told["text"]))
        if role == "up" and (away or _OF_THE_HUB not in figures):
            self.wrong += [f"{role}: {text}" for text in broken_identities(figures, {})]
            self.unanswered += 1
            return None
        life = (process.pid, beside)
        before = self.newest.get(role, {}) if self._lives.get(role) == life else {}
        self.wrong += [f"{role}: {text}" for text in broken_identities(figures, before)]
        self.newest[role], self._lives[role] = figures, life
        self.count += 1
        return figures

    async def _hub_beside(self, role: Role) -> int:
        """The process of a hub that a role has beside it: counters begin anew with it."""
        return int((await self.installation.call(role, "processes"))["hub"]) if role == "up" else 0
