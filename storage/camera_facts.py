"""What a camera.health.v1 becomes in the tables: pure, shared by both dialects."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from hub.events import encode_event, parse_time
from hub.payloads import CameraHealth
from storage.admission import EARLIEST_MS, Stored

# The place of a fault is its bit in camera_period.faults: new ones go to the end, none ever moves.
FAULTS = (
    "black", "over_exposed", "no_signal", "blur", "covered", "moved", "colour_cast", "stripes", "frozen",
    "frozen_suspected", "flapping", "fps", "bitrate", "loss", "clock", "unreadable",
)  # fmt: skip
OTHER_FAULT = "other"  # one that a newer edge knows
_OTHER_BIT = 1 << 62
_BITS = {name: 1 << place for place, name in enumerate(FAULTS)}
_CODE = re.compile(r"[a-z0-9_.:-]{0,64}\Z")


class CameraRow(NamedTuple):
    """A row of camera: what it told last, as a body of the log."""

    edge: str
    device: str
    site: str
    epoch: int
    seq: int
    time_ms: int
    body: bytes


class PeriodRow(NamedTuple):
    """A row of camera_period as one telling has it."""

    device: str
    edge: str
    from_ms: int
    told_ms: int
    to_ms: int
    site: str
    state: str
    reason: str
    faults: int


def camera_rows(stored: Stored, payload: CameraHealth) -> tuple[CameraRow, PeriodRow]:
    """Raises ValueError for a time that is none and a reason that is no code of ours."""
    event, at_ms = stored.event, stored.time_ms
    if not _CODE.match(payload.reason):
        raise ValueError("a reason that is no code of ours")
    # Nothing is told before it began.
    since_ms = min(max(parse_time(payload.since), EARLIEST_MS), at_ms)
    names, told = (event.device, event.edge), (since_ms, at_ms, at_ms)
    bits = fault_bits(payload.faults)
    body = encode_event(event)
    return (
        CameraRow(event.edge, event.device, event.site, stored.epoch, event.seq, at_ms, body),
        PeriodRow(*names, *told, event.site, payload.state, payload.reason, bits),
    )


def fault_bits(faults: Iterable[str]) -> int:
    """A set that both databases can unite."""
    bits = 0
    for fault in faults:
        bits |= _BITS.get(fault, _OTHER_BIT)
    return bits


def faults_of(bits: int) -> tuple[str, ...]:
    """In the order of FAULTS."""
    named = tuple(name for name, bit in _BITS.items() if bits & bit)
    return (*named, OTHER_FAULT) if bits & _OTHER_BIT else named
