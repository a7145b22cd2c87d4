"""From the records of a report to readings: pure, whatever the JSON is."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from adapters.cold_chain.cce import codes
from adapters.cold_chain.cce.fields import FIELDS, SENSED, measure
from adapters.cold_chain.cce.transfer import Report, Transfer
from adapters.cold_chain.decoders.measurement import Measured
from adapters.cold_chain.decoders.moments import Moment, moment
from adapters.cold_chain.sensor_config import SensorConfig
from hub.contract import Fact
from hub.payloads import Quality, Reading

_ABST = re.compile(r"2[0-9]{7}T[0-2][0-9]{5}(\.[0-9]{1,9})?Z", re.ASCII)
_UTC = ZoneInfo("UTC")
# Null means "no such sensor" in these unless an error says that it is broken; TVC is never left out.
_MAY_BE_NULL = frozenset(FIELDS) - {"TVC"}


class Understood(NamedTuple):
    """``problems``: (reason, place) of records that are none."""

    facts: tuple[Fact, ...]
    problems: tuple[tuple[str, str], ...]


class _Record(NamedTuple):
    fields: dict[str, Any]
    when: Moment


def understand(
    transfer: Transfer,
    report: Report,
    received_ms: int,
    config: SensorConfig,
    renamed: Mapping[str, str],
) -> Understood:
    """Readings of a report, the same in any order of its records.

    Two records of one instant are one (RTM splits them). A number wins over a null of the same
    instant; numbers that differ are both kept. ``renamed``: a maker's alarm codes to names.
    """
    records, problems = _timed(report, received_ms)
    readings: dict[tuple[str, int], dict[Reading, None]] = defaultdict(dict)
    times: dict[int, Moment] = {}
    for record in records:
        time_ms = record.when.time_ms if record.when.time_ms is not None else received_ms
        times[time_ms] = record.when
        for reading in _readings(record, transfer, config):
            readings[reading.metric, time_ms][reading] = None
    for metric, time_ms, value in _states(records, renamed):
        quality, reason = _judged(Measured(value, "1", value, "1", None), times[time_ms], None)
        shown = None if quality == "BAD" else value
        readings[metric, time_ms][Reading(metric, shown, "1", value, "1", quality, reason)] = None
    facts = (
        _fact(reading, time_ms, times[time_ms], received_ms)
        for (_, time_ms), several in sorted(readings.items())
        for reading in _without_nulls(several)
    )
    return Understood(tuple(facts), problems)


def _timed(report: Report, received_ms: int) -> tuple[list[_Record], tuple[tuple[str, str], ...]]:
    """Records with a time; of those without one the first place for each reason."""
    records: list[_Record] = []
    problems: dict[str, str] = {}
    for index, said in enumerate(report.records):
        if not isinstance(said, dict):
            problems.setdefault("cce.not_a_record", f"{report.place}.records[{index}]")
            continue
        when = _when(said.get("ABST"), received_ms)
        if when.time_ms is None:
            problems.setdefault("cce.no_time", f"{report.place}.records[{index}].ABST")
        else:
            records.append(_Record(said, when))
    return records, tuple(problems.items())


def _when(said: Any, received_ms: int) -> Moment:
    if not isinstance(said, str) or not _ABST.fullmatch(said):
        return Moment(None, "time_unreadable")
    return moment(said, _UTC, received_ms)


def _readings(record: _Record, transfer: Transfer, config: SensorConfig) -> Iterator[Reading]:
    logger = codes.logger_reason(record.fields.get("LERR"))
    monitor = codes.monitor_reason(record.fields.get("EERR"))
    # The monitor of an RTM measures itself; an EMS reads what its logger has measured.
    error = logger or (monitor if transfer.kind == "rtm" else None)
    for name, field in FIELDS.items():
        if name not in record.fields:
            continue
        said, fault = record.fields[name], error if name in SENSED else None
        if said is None and name in _MAY_BE_NULL and not (fault and field.probe):
            continue
        measured = measure(name, said, transfer.version, config)
        quality, reason = _judged(measured, record.when, fault)
        value = None if quality == "BAD" else measured.value
        yield Reading(
            field.metric, value, measured.unit, measured.raw_value, measured.raw_unit, quality, reason
        )


def _judged(measured: Measured, when: Moment, error: str | None) -> tuple[Quality, str | None]:
    """The worst of what is wrong with the value, its time and the device that measured it."""
    if measured.reason:
        return "BAD", error if error and measured.reason == "missing" else measured.reason
    if when.refused:
        return "BAD", when.reason
    reason = error or when.reason
    return ("UNCERTAIN", reason) if reason else ("GOOD", None)


def _states(records: list[_Record], renamed: Mapping[str, str]) -> Iterator[tuple[str, int, float]]:
    """(metric, instant, 1 or 0) of alarms and errors.

    0 where a report that knows the code says at another instant that it is over; at its newest instant
    for the standing alarms and errors, too: that closes what an earlier report has opened.
    """
    told: dict[str, dict[int, frozenset[str]]] = {"ALRM": {}, "LERR": {}, "EERR": {}}
    for record in records:
        time_ms = record.when.time_ms
        for field, instants in told.items():
            if time_ms is not None and field in record.fields:
                said = _names(field, record.fields[field], renamed)
                instants[time_ms] = instants.get(time_ms, frozenset()) | said
    for field, instants in told.items():
        seen, newest = frozenset[str]().union(*instants.values()), max(instants, default=None)
        for time_ms, names in instants.items():
            standing = _STANDING[field] if time_ms == newest else ()
            for name in sorted(seen.union(standing)):
                yield name, time_ms, float(name in names)


_STANDING: dict[str, tuple[str, ...]] = {
    "ALRM": tuple(f"alarm.{name}" for name in codes.STANDING_ALARMS),
    "LERR": ("error.logger",),
    "EERR": ("error.monitor",),
}


def _names(field: str, said: Any, renamed: Mapping[str, str]) -> frozenset[str]:
    if field == "ALRM":
        return frozenset(f"alarm.{name}" for name in codes.alarms(said, renamed))
    return frozenset(_STANDING[field]) if codes.codes(said) else frozenset()


def _without_nulls(several: dict[Reading, None]) -> list[Reading]:
    numbers = [reading for reading in several if reading.value is not None or reading.raw_value is not None]
    found = numbers or list(several)
    return sorted(found, key=repr) if len(found) > 1 else found


def _fact(reading: Reading, time_ms: int, when: Moment, received_ms: int) -> Fact:
    """A time that cannot be believed stays in the key: the reading stands where it came."""
    key = f"{reading.metric}/{time_ms}"
    if when.refused:
        return Fact(reading, key, received_ms, "received")
    return Fact(reading, key, time_ms)
