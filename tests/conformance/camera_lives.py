"""What cameras live through, as it reaches a store, and what really was: for the property of uptime."""

from itertools import count, pairwise

from hypothesis import strategies as st

from storage.cameras import HOLD_MS, SILENT, CameraPeriod, Uptime
from storage.contract import Arrival
from tests.conformance.camera_arrivals import HOUR, MINUTE, told
from tests.conformance.store_arrivals import NOW

NUMBERS = count(1)
REPORT = 5 * MINUTE


@st.composite
def lives(draw: st.DrawFn) -> tuple[str, list[list[Arrival]], list[CameraPeriod], int]:
    """Some hours of a camera as they reach the hub: in disorder, a fifth twice; and the truth.

    An edge that is silent was ended; when it is back it begins with UNKNOWN, or was away for too long.
    """
    device = f"cam-{next(NUMBERS)}"
    truth: list[CameraPeriod] = []
    at_ms = NOW
    for _ in range(draw(st.integers(1, 12))):
        state = draw(st.sampled_from(["ONLINE", "DEGRADED", "OFFLINE", "OFFLINE", "MAINTENANCE", "UNKNOWN"]))
        reason = draw(st.sampled_from(["closed", "stall", "refused"])) if state == "OFFLINE" else "streaming"
        faults = ("blur",) if state == "DEGRADED" else ()
        if truth and state == "UNKNOWN":
            at_ms = _silence(truth, at_ms, draw(st.integers(1, HOUR)))
        elif truth and draw(st.integers(0, 5)) == 0:
            at_ms = _silence(truth, at_ms, HOLD_MS + draw(st.integers(1, HOUR)))
        end_ms = at_ms + draw(st.integers(1, 40 * MINUTE))
        truth.append(CameraPeriod(at_ms, end_ms, state, reason, faults))
        at_ms = end_ms
    arrivals = _tellings(device, truth)
    again = [one for one in arrivals if draw(st.integers(0, 4)) == 0]
    arrived = draw(st.permutations([*arrivals, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(arrived)), max_size=3)))
    batches = [arrived[a:b] for a, b in pairwise([0, *cuts, len(arrived)])]
    return device, batches, truth, at_ms


def _silence(truth: list[CameraPeriod], at_ms: int, silent_ms: int) -> int:
    truth.append(CameraPeriod(at_ms, at_ms + silent_ms, "UNKNOWN", SILENT))
    return at_ms + silent_ms


def _tellings(device: str, truth: list[CameraPeriod]) -> list[Arrival]:
    """At each change and every five minutes; before a silence at its very beginning, too."""
    moments: list[tuple[CameraPeriod, int]] = []
    for place, period in enumerate(truth):
        if period.reason == SILENT:
            continue
        moments += [(period, at_ms) for at_ms in range(period.from_ms, period.to_ms, REPORT)]
        if place + 1 == len(truth) or truth[place + 1].reason == SILENT:
            moments.append((period, period.to_ms))
    return [
        told(each.state, each.from_ms, at_ms, seq, device=device, reason=each.reason, faults=each.faults)
        for seq, (each, at_ms) in enumerate(moments, 1)
    ]


def by_hand(truth: list[CameraPeriod], from_ms: int, to_ms: int) -> Uptime:
    """Millisecond arithmetic over what really was."""
    spent = {"up": 0, "OFFLINE": 0, "MAINTENANCE": 0, "UNKNOWN": 0}
    kinds = []
    for period in truth:
        inside = min(period.to_ms, to_ms) - max(period.from_ms, from_ms)
        kind = "up" if period.state in ("ONLINE", "DEGRADED") else period.state
        if inside > 0:
            spent[kind] += inside
            kinds += [kind] if kind in ("up", "OFFLINE") else []
    changes = list(pairwise(kinds))
    outages, reconnects = changes.count(("up", "OFFLINE")), changes.count(("OFFLINE", "up"))
    return Uptime._make((*spent.values(), outages, reconnects))
