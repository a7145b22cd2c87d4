"""A logger whose software exports a table, as LogTag's does: local time, decimal comma, semicolons.

A broken probe is ### or -127,0. Exports overlap: the last rows of one begin the next.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.talkers.tasmota import ZONE
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim, Message, Sample

HEADINGS = "Date;Time;Temperature (°C)"
BROKEN = ("###", "-127,0")


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """One export."""
    rows, claims = [], []
    for number, sample in enumerate(samples):
        time_ms = sample.time_ms // 1000 * 1000
        at = datetime.fromtimestamp(time_ms / 1000, ZONE)
        tenths = None if sample.celsius is None else round(sample.celsius * 10)
        shown = BROKEN[number % 2] if tenths is None else f"{tenths / 10:.1f}".replace(".", ",")
        rows.append(f"{at:%d/%m/%Y};{at:%H:%M:%S};{shown}")
        claims.append(Claim("temp.vaccine", time_ms, None if tenths is None else tenths * 100))
    text = "\r\n".join([f"Serial number;{plan.serial}", "", HEADINGS, *rows, ""])
    return Message(text.encode(), tuple(claims), f"{plan.id}-{sending.number:06d}.csv")


def device(plan: UnitPlan, folder: Path) -> list[str]:
    """The hub's settings for it."""
    return [
        'kind = "cold_file"',
        f'folder = "{folder}"',
        'format = "table"',
        f'timezone = "{ZONE.key}"',
        "stable_seconds = 0  # it renames what is whole",
        "look_seconds = 0.5",
        "[device.table]",
        'time = ["Date", "Time"]',
        'time_format = "%d/%m/%Y %H:%M:%S"',
        'decimal = ","',
        "[device.table.columns]",
        '"temp.vaccine" = { column = "Temperature (°C)" }',
    ]
