"""What goes wrong with a unit, when. Times are minutes since the world began."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from simulators.cold_chain.year_plan import Occurrence, Timeline

FaultKind = Literal[
    "door", "power_cut", "leak", "compressor", "thermostat", "probe", "silence", "outage", "clock", "battery"
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
SCENARIOS = ("mixed", "calm", "storm", *KINDS)
# Of those that name none: share of the cooling that is lost in the end, °C too low, minutes ahead.
USUAL_STRENGTH: dict[FaultKind, float] = {"leak": 1.0, "thermostat": 8.0, "clock": -40.0}


@dataclass(frozen=True, slots=True)
class Fault:
    """``strength``: share of the cooling (leak), °C too low (thermostat), minutes ahead (clock), else 1."""

    kind: FaultKind
    begins: float
    ends: float
    strength: float


@dataclass(frozen=True, slots=True)
class UnitFaults:
    """All faults of one unit; of one kind none overlap."""

    timelines: Mapping[FaultKind, Timeline]

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "UnitFaults":
        """Those of one kind that overlap become one, as strong as the first of them."""
        every = sorted(faults, key=lambda each: each.begins)
        return cls({kind: Timeline(_united(each for each in every if each.kind == kind)) for kind in KINDS})

    def at(self, kind: FaultKind, minute: float) -> Occurrence | None:
        """The one that is going on."""
        return self.timelines[kind].at(minute)

    def active(self, kind: FaultKind, minute: float) -> bool:
        return self.timelines[kind].at(minute) is not None

    def all(self) -> list[Fault]:
        """By their beginning."""
        found = [
            Fault(kind, one.begins, one.ends, one.strength)
            for kind, timeline in self.timelines.items()
            for one in timeline.occurrences
        ]
        return sorted(found, key=lambda each: (each.begins, each.kind))


def _united(faults: Iterable[Fault]) -> Iterator[Occurrence]:
    last: Occurrence | None = None
    for fault in faults:
        if last is None:
            last = Occurrence(fault.begins, fault.ends, fault.strength)
        elif fault.begins <= last.ends:
            last = Occurrence(last.begins, max(last.ends, fault.ends), last.strength)
        else:
            yield last
            last = Occurrence(fault.begins, fault.ends, fault.strength)
    if last is not None:
        yield last
