"""What sessions gave, by number of the dose, by facility and by lot. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.reports.frame.content import Cell
from api.reports.sums import merged
from hub.reported import VaccinationSession

Sessions = Sequence[VaccinationSession]


@dataclass(frozen=True, slots=True)
class Given:
    """Sessions of a plan, told by lot and number of the dose."""

    sessions: Sessions

    def of(self, number: int) -> Cell:
        """Doses that were a person's first, second …; not reported where no session said so."""
        return doses([one for one in self.sessions if one.dose_number == number])

    @property
    def later(self) -> Cell:
        """Third ones and beyond."""
        return doses([one for one in self.sessions if one.dose_number > 2])

    @property
    def plans(self) -> int:
        return len({(one.facility, one.plan) for one in self.sessions})


def doses(sessions: Sessions) -> Cell:
    if not sessions:
        return Cell(None, people=True)
    total = sum(one.doses for one in sessions)
    return Cell(total, merged(one.origin for one in sessions), len(sessions), people=True)


def by_facility(sessions: Iterable[VaccinationSession]) -> dict[str, Given]:
    found: dict[str, list[VaccinationSession]] = {}
    for one in sessions:
        found.setdefault(one.facility, []).append(one)
    return {name: Given(of) for name, of in found.items()}


def by_lot(sessions: Iterable[VaccinationSession]) -> dict[tuple[str, str], Cell]:
    """By facility and lot."""
    found: dict[tuple[str, str], list[VaccinationSession]] = {}
    for one in sessions:
        found.setdefault((one.facility, one.lot), []).append(one)
    return {key: doses(of) for key, of in found.items()}
