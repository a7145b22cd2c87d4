"""What the store keeps of gates: scans with what was decided and who went, counts by the hour, who is in.

Every gate event stays in the log; the tables hold what lists and counts look for. Of several events about one
scan of an edge the last in that edge's order (epoch, seq) stands, so that nothing counts twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

HOUR_MS = 3_600_000
MOST_GATE_HOURS = 200_000
DECISIONS = ("allow", "deny", "hold", "alert", "retry", "duplicate", "manual")
# ``seen``: by a sensor; ``inferred``: from the decision, where there is none.
PASSAGES = ("seen_in", "inferred_in", "seen_out", "inferred_out")
COUNTED = (*DECISIONS, *PASSAGES)


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """Which scans: None is any; times are those of the scan, ``from`` inclusive, ``to`` exclusive."""

    device: str | None = None
    site: str | None = None
    decision: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GateHourFilter:
    """Which hours: those that begin at ``from_ms`` or later and before ``to_ms``; None is any."""

    from_ms: int
    to_ms: int
    site: str | None = None
    device: str | None = None
    edge: str | None = None
    zone: str | None = None


class GateHour(NamedTuple):
    """What one gate counted in the UTC hour that begins at ``start_ms``: one number for each of COUNTED."""

    start_ms: int
    site: str
    edge: str
    zone: str
    device: str
    counts: tuple[int, ...]


class Passages(NamedTuple):
    """How many went in and out, seen by a sensor or inferred."""

    seen_in: int = 0
    inferred_in: int = 0
    seen_out: int = 0
    inferred_out: int = 0

    @property
    def entered(self) -> int:
        return self.seen_in + self.inferred_in

    @property
    def left(self) -> int:
        return self.seen_out + self.inferred_out

    @property
    def inside(self) -> int:
        """How many more went in than out."""
        return self.entered - self.left

    @property
    def inferred(self) -> int:
        return self.inferred_in + self.inferred_out


class ZoneTold(NamedTuple):
    """A gate.occupancy.v1: ``inside`` were in at ``at_ms``; ``actor`` is empty where the edge says so."""

    at_ms: int
    inside: int
    actor: str


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many are in a zone: the last set plus who went in, minus who went out after it.

    ``inside`` may be below zero: entries were missed, and nothing hides it. ``drift``: by how many the last
    set corrected it; None: never set. ``difference``: by how many the edge's last count, told after the last
    set, is above ours of that moment. ``began_with``: who was in when the day began; ``today``: since then.
    ``device``: the gate that was used last; ``last_ms``: the zone's last passage, None: none yet.
    """

    edge: str
    zone: str
    site: str
    device: str
    inside: int
    since_set: Passages
    set: ZoneTold | None
    drift: int | None
    told: ZoneTold | None
    difference: int | None
    began_with: int
    today: Passages
    last_ms: int | None


class GateReader(Protocol):
    """Part of StoreReader."""

    async def occupancy(
        self, day_began_ms: int, *, edge: str | None = None, zone: str | None = None
    ) -> list[Occupancy]:
        """Every zone, by edge and name."""
        ...

    async def gate_hours(self, wanted: GateHourFilter) -> Sequence[GateHour]:
        """By hour, site, edge, zone and device; raises TooManyRows over 200,000."""
        ...
