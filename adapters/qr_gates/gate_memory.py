"""What the gates of an edge know from scan to scan: who was seen, who went, how many are in. Pure, in memory.

After a restart it is made anew of what the edge itself told (``take``). Visits have names of the scan's week;
what one was called the week before is looked up too, for nights have two weeks.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from adapters.qr_gates.decisions.gate_knowledge import Direction
from hub.contract import Recalled
from hub.payloads import GateDecision, Passage, Scan, ZoneCount

MOST_VISITS = 200_000  # of a zone: more than any site lets in within a day
MOST_SCANS = 100_000  # whose decisions a device that sends them again is told
_MOVES_NOTHING = frozenset({"duplicate", "retry"})


class Went(NamedTuple):
    """The last passage of a visit."""

    direction: Direction
    at_ms: int


class ZoneMemory:
    """Of one zone. ``entered`` and ``left``: since its count was told last."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.count = 0
        self.entered = 0
        self.left = 0
        self._seen: dict[tuple[str, str], int] = {}
        self._went: dict[str, Went] = {}

    def seen_at_ms(self, device: str, names: Iterable[str]) -> int | None:
        """When this gate saw the visit last."""
        return max((self._seen[device, name] for name in names if (device, name) in self._seen), default=None)

    def went(self, names: Iterable[str]) -> Went | None:
        found = [self._went[name] for name in names if name in self._went]
        return max(found, key=lambda went: went.at_ms, default=None)

    def see(self, device: str, visit: str, at_ms: int) -> None:
        """A scan that was no repetition; one that comes late does not hide a later one."""
        _keep(self._seen, (device, visit), max(at_ms, self._seen.pop((device, visit), at_ms)), MOST_VISITS)

    def pass_through(self, visit: str | None, direction: Direction, at_ms: int) -> None:
        """``visit`` None: nobody's. Order and delay of passages change no count."""
        self._count(direction, 1)
        if visit is None:
            return
        before = self._went.pop(visit, None)
        later = before if before and before.at_ms > at_ms else Went(direction, at_ms)
        _keep(self._went, visit, later, MOST_VISITS)

    def undo(self, direction: Direction) -> None:
        """A passage that was not stored and did not happen."""
        self._count(direction, -1)

    def set_to(self, count: int) -> None:
        """Somebody counted."""
        self.count = count

    def tell(self, actor: str = "") -> ZoneCount:
        """What is told now, hourly or because ``actor`` set it; the next one begins here."""
        told = ZoneCount(self.zone, self.count, self.entered, self.left, "set" if actor else "hourly", actor)
        self.entered = self.left = 0
        return told

    def untell(self, told: ZoneCount) -> None:
        """It could not be stored."""
        self.entered += told.entered
        self.left += told.left

    def _count(self, direction: Direction, people: int) -> None:
        if direction == "in":
            self.count += people
            self.entered += people
        else:
            self.count -= people
            self.left += people


class GateMemory:
    """Of one edge: its zones, and what was decided about scans that a device may send again."""

    def __init__(self) -> None:
        self.zones: dict[str, ZoneMemory] = {}
        self._decided: dict[str, GateDecision] = {}

    def zone(self, name: str) -> ZoneMemory:
        return self.zones.setdefault(name, ZoneMemory(name))

    def decided(self, scan: str) -> GateDecision | None:
        return self._decided.get(scan)

    def decide(self, decision: GateDecision) -> None:
        _keep(self._decided, decision.scan, decision, MOST_SCANS)

    def take(self, told: Sequence[Recalled]) -> None:
        """All that the edge told, in its order: counts begin with the last one that was told of a zone."""
        visits: dict[str, str] = {}
        scans: dict[str, Recalled] = {}
        for each in told:
            match each.payload:
                case Scan(scan=scan, visit=visit):
                    scans[scan] = each
                    if visit:
                        visits[scan] = visit
                case GateDecision() as decision:
                    self._take_decision(decision, scans.get(decision.scan), visits.get(decision.scan))
                case Passage() as passage:
                    visit = visits.get(passage.scan or "")
                    self.zone(passage.zone).pass_through(visit, passage.direction, each.time_ms)
                case ZoneCount() as count:
                    zone = self.zone(count.zone)
                    zone.count, zone.entered, zone.left = count.count, 0, 0

    def _take_decision(self, decision: GateDecision, scan: Recalled | None, visit: str | None) -> None:
        self.decide(decision)
        if scan and visit and decision.decision not in _MOVES_NOTHING:
            self.zone(decision.zone).see(scan.device, visit, scan.time_ms)


def _keep(shelf: dict, name: object, value: object, most: int) -> None:  # type: ignore[type-arg]
    """At the end; what was kept longest goes first."""
    shelf[name] = value
    if len(shelf) > most:
        del shelf[next(iter(shelf))]
