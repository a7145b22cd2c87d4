"""A Fridge-tag 2 L: the text that it leaves on a stick, an indented tree and rows behind tabs.

After exports that customers of the maker have published (temperature-sensor of the mSupply Foundation):
local minutes, tenths of a degree, an x where the device calls a row out of its limits, strictly. A row
without a value is a probe that does not answer. Exports overlap; of two rows of one minute, after a clock
was set back, it keeps the first.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.talkers.tasmota import ZONE
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim, Message, Sample

LIMITS = {"fridge": (20, 80), "freezer": (-250, -150), "ultra_low": (-900, -600)}  # tenths of a degree
ALARM_MINUTES = (60, 600)


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """One export."""
    rows, claims = list[str](), list[Claim]()
    low, high = LIMITS[plan.cabinet]
    for time_ms, tenths in _minutes(samples):
        is_out = tenths is not None and not low <= tenths <= high
        shown = "" if tenths is None else f"{tenths / 10:.1f}"
        rows.append(f"\t{_local(time_ms)}\t{shown}\t{'x' if is_out else ''}".rstrip())
        claims.append(Claim("temp.vaccine", time_ms, None if tenths is None else tenths * 100))
        claims.append(Claim("alarm.limits", time_ms, 1000 * is_out))
    made = _local(max(time_ms for time_ms, _ in _minutes(samples)))
    lines = [
        *_head(plan, made),
        *rows,
        "Cert:",
        " Vers: 1.0",
        "Sig Cert: 1c55",
        f"Sig: {sending.number:08x}",
        "",
    ]
    return Message("\r\n".join(lines).encode(), tuple(claims), f"{plan.serial}_{sending.number:06d}.txt")


def _head(plan: UnitPlan, made: str) -> list[str]:
    low, high = (f"{limit / 10:+.1f}" for limit in LIMITS[plan.cabinet])
    return [
        "Device: Q-tag Fridge-tag 2 L", "Vers: 0.5", "Fw Vers: 3.4p0o", "Sensor: 1",
        "Conf:", f" Serial: {plan.serial}", " Temp unit: C",
        " Alarm:",
        "  0:", f"   T AL: {low}, t AL: {ALARM_MINUTES[0]}",
        "  1:", f"   T AL: {high}, t AL: {ALARM_MINUTES[1]}",
        f" Logging Interval: {max(1, round(plan.every_minutes))}",
        "Hist:", " TS Actv: 2021-05-01 08:00", f" TS Report Creation: {made}",
        "Data:", "\tyyyy-MM-dd hh:mm\tT\tOut of limits",
    ]  # fmt: skip


def _minutes(samples: Sequence[Sample]) -> Iterator[tuple[int, int | None]]:
    """(Unix ms of the whole minute, tenths of a degree or None), each minute once."""
    known = set[int]()
    for sample in samples:
        time_ms = sample.time_ms // 60_000 * 60_000
        if time_ms not in known:
            known.add(time_ms)
            yield time_ms, None if sample.celsius is None else round(sample.celsius * 10)


def _local(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, ZONE):%Y-%m-%d %H:%M}"


def device(plan: UnitPlan, folder: Path) -> list[str]:
    """The hub's settings for it."""
    return [
        'kind = "cold_file"',
        f'folder = "{folder}"',
        f'serial = "{plan.serial}"',
        f'timezone = "{ZONE.key}"',
        "stable_seconds = 0  # it renames what is whole",
        "look_seconds = 0.5",
    ]
