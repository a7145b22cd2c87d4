"""Whom a restarted edge has let in and not seen pass: their passages are still theirs. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from adapters.qr_gates.barriers.awaited_passages import MOST_AWAITED
from hub.contract import Recalled
from hub.payloads import GateDecision, Passage, Scan


class AllowedScan(NamedTuple):
    """``at_ms``: when its commit ended, or a little before: the gate opened then."""

    scan: str
    visit: str | None
    at_ms: int


def awaited_before(told: Sequence[Recalled]) -> dict[str, list[AllowedScan]]:
    """By gate, the newest last, of all that this edge told, in its order. How old they are is not asked."""
    scans: dict[str, Recalled] = {}
    awaited: dict[str, dict[str, AllowedScan]] = defaultdict(dict)
    for each in told:
        match each.payload:
            case Scan(scan=scan):
                scans[scan] = each
            case GateDecision(scan=scan, decision="allow") if scan in scans:
                made = scans.pop(scan)
                visit = made.payload.visit if isinstance(made.payload, Scan) else None
                _await(awaited[made.device], AllowedScan(scan, visit, each.received_ms))
            case GateDecision(scan=scan):
                scans.pop(scan, None)
            case Passage(scan=str(scan)):
                awaited[each.device].pop(scan, None)
    return {device: list(those.values()) for device, those in awaited.items() if those}


def _await(those: dict[str, AllowedScan], allowed: AllowedScan) -> None:
    those[allowed.scan] = allowed
    if len(those) > MOST_AWAITED:
        del those[next(iter(those))]
