"""Readings of one device to records: one for each instant."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from api.cce.fields import (
    ALARMS,
    BY_METRIC,
    LOGGER_CODES,
    LOGGER_ERROR,
    MONITOR_CODES,
    MONITOR_ERROR,
    OTHER_ERROR,
    PROBE_ERROR,
)
from storage.contract import Row

Kind = Literal["ems", "rtm"]
LeftOut = Counter[str]

_NEEDED: dict[Kind, tuple[str, ...]] = {
    "ems": ("ALRM", "BEMD", "CMPR", "DORV", "EERR", "LERR"),
    "rtm": ("ALRM", "BEMD", "EERR"),
}
_TEMPERATURES = frozenset({"TVC", "TFRZ", "TAMB"})


@dataclass(slots=True)
class Instant:
    """What is known of one instant: fields, alarms, and the errors of logger and monitor."""

    fields: dict[str, Any] = field(default_factory=dict)
    alarms: set[str] = field(default_factory=set)
    logger: set[str] = field(default_factory=set)
    monitor: set[str] = field(default_factory=set)

    def is_complete(self) -> bool:
        """Whether the schema would take it as a record of an EMS."""
        return "TVC" in self.fields and "TAMB" in self.fields and "BLOG" in self.fields

    def record(self, kind: Kind, time: str, left_out: LeftOut) -> dict[str, Any]:
        """A record that the schema takes; for ``ems`` of a complete instant only."""
        told: dict[str, Any] = {"ABST": time} | dict.fromkeys(_NEEDED[kind]) | self.fields
        told["ALRM"] = _joined(self.alarms)
        if kind == "ems":
            broken = {PROBE_ERROR} if told["TVC"] is None and not self.logger else set()
            told["LERR"], told["EERR"] = _joined(self.logger | broken), _joined(self.monitor)
            return _with_power(told, left_out)
        told["EERR"] = _joined(self.monitor | self.logger)
        if not _TEMPERATURES & told.keys():
            told["TFRZ"] = None  # one of the three must be there; a null TVC would be a broken probe
        return told


def instants(rows: Iterable[Row], left_out: LeftOut) -> dict[str, Instant]:
    """By RFC 3339 time, in its order; what has no field is counted by its reason."""
    found: dict[str, Instant] = defaultdict(Instant)
    for row in rows:
        reason = _add(found, row)
        if reason:
            left_out[reason] += 1
    return dict(sorted(found.items()))


def _add(found: dict[str, Instant], row: Row) -> str:
    """Why a reading cannot be told, "" when it was."""
    metric, value = row["metric"], row["value"]
    if metric.startswith(ALARMS):
        alarms = found[row["time"]].alarms
        alarms |= {metric.removeprefix(ALARMS).upper()} if value else set()
        return ""
    if metric in (LOGGER_ERROR, MONITOR_ERROR):
        instant = found[row["time"]]
        errors = instant.logger if metric == LOGGER_ERROR else instant.monitor
        errors |= {OTHER_ERROR} if value else set()
        return ""
    return _add_field(found, row)


def _add_field(found: dict[str, Instant], row: Row) -> str:
    field, value = BY_METRIC.get(row["metric"]), row["value"]
    if field is None:
        return "no_field"
    if value is None and not field.nullable:
        return "no_value"
    if value is not None and not field.lowest <= value <= field.highest:
        return "out_of_range"
    instant = found[row["time"]]
    instant.fields[field.name] = bool(value) if field.name == "MSW" and value is not None else value
    reason = row["reason"] or ""
    if reason in LOGGER_CODES:
        instant.logger.add(LOGGER_CODES[reason])
    elif reason in MONITOR_CODES:
        instant.monitor.add(MONITOR_CODES[reason])
    return ""


def _joined(codes: set[str]) -> str | None:
    """Without the one that says nothing where another says more."""
    named = codes - {OTHER_ERROR} or codes
    return " ".join(sorted(named)) or None


def _with_power(told: dict[str, Any], left_out: LeftOut) -> dict[str, Any]:
    """Mains has SVA, solar has DCSV and DCCD, never both; an appliance that tells neither is on mains."""
    solar = "DCSV" in told and "DCCD" in told
    if solar and "SVA" in told:
        left_out["mains_and_solar"] += 1
        del told["DCSV"], told["DCCD"]
    elif not solar:
        told.setdefault("SVA", None)
    return told


def compact(times: Iterable[str]) -> Iterator[str]:
    """RFC 3339 in UTC to ABST: 20240103T163228.500Z, of whole seconds 20240103T163228Z."""
    for time in times:
        yield time.replace("-", "").replace(":", "").replace(".000Z", "Z")
