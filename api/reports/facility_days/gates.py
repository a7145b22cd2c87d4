"""What the gates of a site counted, to stand beside what its people typed. Pure."""

from collections.abc import Iterable

from api.reports.frame.content import Cell
from storage.gates import COUNTED
from storage.reporting import GateDayCount

_IN = [COUNTED.index(name) for name in ("seen_in", "inferred_in")]
_OUT = [COUNTED.index(name) for name in ("seen_out", "inferred_out")]
GateCells = tuple[Cell, Cell]
NO_GATE: GateCells = (Cell(None, people=True), Cell(None, people=True))


def gate_cells(counts: Iterable[GateDayCount]) -> dict[str, GateCells]:
    """Who went in and out by site, staff and visitors too. A silent gate is not 0: it has no cell."""
    sums: dict[str, tuple[int, int, int]] = {}
    for one in counts:
        came, left, days = sums.get(one.site, (0, 0, 0))
        came += sum(one.counts[at] for at in _IN)
        left += sum(one.counts[at] for at in _OUT)
        sums[one.site] = (came, left, days + 1)
    return {
        site: (Cell(came, "device", days, people=True), Cell(left, "device", days, people=True))
        for site, (came, left, days) in sums.items()
    }
