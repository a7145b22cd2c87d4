"""Exports of Berlinger's Fridge-tag 2, 2 L, Ultra Low and Q-tag CLm: what the file says, as samples.

Grammar and meaning as in exports that the makers' customers have published; a device alarm is one
continuous event (domain notes 1.3). Times are local, in minutes, and name no zone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.exports.berlinger_days import days
from adapters.cold_chain.exports.berlinger_trip import trip
from adapters.cold_chain.exports.indented import Branch, grow
from adapters.cold_chain.exports.limits import Limits
from adapters.cold_chain.exports.slabs import Cut
from adapters.cold_chain.exports.texts import number_of, text_of
from adapters.cold_chain.undecodable import Undecodable

ROW_FLAG = "alarm.limits"
_TIME_COLUMN, _VALUE_COLUMN, _FLAG_COLUMN = "yyyy-MM-dd hh:mm", "T", "Out of limits"
_SECTIONS = ("Hist:", "Res:", "Marker:", "Data:")
_HEAD_BYTES = 4096
_SERIAL = re.compile(rb"^ Serial: ?([A-Za-z0-9-]{1,32})\r?$", re.MULTILINE)
_SIGNATURE = re.compile(rb"^Sig: ?\S", re.MULTILINE)


class Row(NamedTuple):
    """One line of ``Data:``. ``is_out``: the device calls it out of its limits; None: it does not say."""

    time: str
    value: float | str | None
    is_out: bool | None


class Export(NamedTuple):
    """``unit`` of all temperatures, as the file writes it: C, F."""

    tree: Branch
    unit: str
    limits: Limits
    rows: list[Row]


def read(raw: bytes) -> Export:
    """The export; raises Undecodable."""
    tree = grow(raw[: raw.rfind(b"\n") + 1] if is_cut_short(raw) else raw)  # -1 may be what is left of -12.5
    if not tree.children or tree.children[0].name != "Device":
        raise Undecodable("cold.not_an_export")
    settings = tree.child("Conf")
    unit = settings.value("Temp unit") or "C"  # a Q-tag has no other
    return Export(
        tree,
        unit,
        Limits.read(settings, unit),
        list(_rows(tree.child("Data").rows)),
    )


def samples(export: Export, metric: str, most_rows: int | None = None) -> Iterator[Sample]:
    """Every reading of the file, also the device's own alarms; ``most_rows``: only so many of ``Data:``."""
    unit = export.unit
    yield from days(export.tree.child("Hist"), export.limits, metric, unit)
    yield from trip(export.tree.child("Res"), export.limits, metric, unit)
    said: Counter[tuple[str, float | str | None]] = Counter()
    times: Counter[str] = Counter()
    for row in export.rows[:most_rows]:
        said[row.time, row.value] += 1
        if said[row.time, row.value] > 1:
            continue
        times[row.time] += 1  # a clock set back: two values of one minute are both kept
        probe = "" if times[row.time] == 1 else f"{times[row.time]}"
        yield Sample(metric, probe, row.value, unit, row.time, record=True)
        if row.is_out is not None:
            yield Sample(ROW_FLAG, probe, float(row.is_out), "1", row.time, record=True)


def cut(raw: bytes) -> Cut:
    """Where its rows are; a piece has the settings, which name unit and limits. Raises Undecodable."""
    lines = text_of(raw).split("\n")
    starts = {line.rstrip("\r"): at for at, line in reversed(list(enumerate(lines))) if line[:1].isalpha()}
    table = starts.get("Data:", len(lines))
    first = min(table + 2, len(lines))  # below the names of its columns
    last = next((at for at in range(len(lines), first, -1) if lines[at - 1].startswith("\t")), first)
    settings = min((starts[name] for name in _SECTIONS if name in starts), default=len(lines))
    return Cut(lines, first, last, lines[:settings] + lines[table:first])


def serial_of(raw: bytes) -> str:
    """The logger's own number, "" where the file names none; looks at the first lines only."""
    found = _SERIAL.search(raw[:_HEAD_BYTES])
    return found[1].decode() if found else ""


def is_cut_short(raw: bytes) -> bool:
    """An export that lacks its end: a stick that was pulled."""
    return raw.startswith(b"Device:") and not _SIGNATURE.search(raw[-_HEAD_BYTES:])


def _rows(table: list[list[str]]) -> Iterator[Row]:
    """By the names of the columns. Raises Undecodable for others than we know: dates have many forms."""
    if not table:
        return
    names = [cell.strip() for cell in table[0]]
    if names[0] != _TIME_COLUMN or _VALUE_COLUMN not in names:
        raise Undecodable("cold.export_columns", f"{len(names)} columns")
    value = names.index(_VALUE_COLUMN)
    flag = names.index(_FLAG_COLUMN) if _FLAG_COLUMN in names else None
    for row in table[1:]:
        cells = [cell.strip() for cell in row] + [""] * len(names)
        if any(cells):
            yield Row(cells[0], number_of(cells[value]), None if flag is None else cells[flag] == "x")
