"""What a device said of its probes becomes readings: the judgement that all kinds share.

BAD never has a value, only a reason and what may be shown of the raw one. A reading without a time
of its own takes the receive time.
"""

from collections.abc import Iterable
from typing import Any

from adapters.cold_chain.decoders import measurement
from adapters.cold_chain.decoders.document import Undecodable
from adapters.cold_chain.decoders.measurement import Measured
from adapters.cold_chain.decoders.moments import Moment, moment
from adapters.cold_chain.decoders.sample import NO_TIME, Sample
from adapters.cold_chain.metrics import is_percent, is_switch, is_temperature, unit_of
from adapters.cold_chain.sensor_config import SensorConfig
from hub.contract import Fact
from hub.payloads import Quality, Reading

RELAYED_WITHIN_MS = 60_000


def facts_of(
    samples: Iterable[Sample], received_ms: int, config: SensorConfig, *, retained: bool = False
) -> tuple[Fact, ...]:
    """The readings of a message; raises Undecodable when two samples claim to be one.

    So does a record out of a device's memory whose time cannot be believed: now is not when it was.
    """
    facts = tuple(dict.fromkeys(_fact(sample, received_ms, config, retained) for sample in samples))
    if len({fact.key for fact in facts}) < len(facts):
        raise Undecodable("cold.probe_twice")
    return facts


def _fact(sample: Sample, received_ms: int, config: SensorConfig, retained: bool) -> Fact:
    measured = _measure(sample, config)
    when = _when(sample, received_ms, config)
    sequence = _sequence(sample.sequence)
    own_time = when.time_ms is not None and not when.refused
    if sample.record and not own_time:
        raise Undecodable("cold.record_time", sample.probe)
    quality, reason = _quality(measured, when, stale=retained and not own_time)
    reading = Reading(
        metric=sample.metric,
        value=None if quality == "BAD" else measured.value,
        unit=measured.unit,
        raw_value=measured.raw_value,
        raw_unit=measured.raw_unit,
        quality=quality,
        reason=reason,
        sequence=sequence,
    )
    key = _key(sample, when, sequence, received_ms)
    if own_time and when.time_ms is not None:
        # What two gateways heard of one measurement is one event: their clocks are no part of its id.
        relayed = sample.relayed and sequence is not None
        return Fact(reading, key, when.time_ms, "message" if relayed else "observation")
    # With a counter the message says which reading it is: its redelivery must be the same event.
    named = sequence is not None or sample.message
    return Fact(reading, key, received_ms, "message" if named else "received")


def _measure(sample: Sample, config: SensorConfig) -> Measured:
    if sample.fault:
        return measurement.failed(sample.value, unit_of(sample.metric), sample.fault)
    if is_switch(sample.metric):
        return measurement.switch(sample.value)
    if is_temperature(sample.metric):
        return measurement.temperature(sample.value, sample.unit, config.lowest_cel, config.highest_cel)
    if is_percent(sample.metric):
        return measurement.percent(sample.value)
    return measurement.quantity(sample.value, sample.unit)


def _when(sample: Sample, received_ms: int, config: SensorConfig) -> Moment:
    if sample.time is NO_TIME:
        return Moment(None)
    return moment(sample.time, config.timezone, received_ms)


def _quality(measured: Measured, when: Moment, *, stale: bool) -> tuple[Quality, str | None]:
    """The worst of what is wrong with the value, the time and the copy."""
    if measured.reason:
        return "BAD", measured.reason
    if when.refused:
        return "BAD", when.reason
    if stale:
        return "UNCERTAIN", "retained"
    return ("UNCERTAIN", when.reason) if when.reason else ("GOOD", None)


def _key(sample: Sample, when: Moment, sequence: int | None, received_ms: int) -> str:
    """Metric, probe, and the device's time, counter or both (design 4); for want of them the receive time."""
    parts = [sample.metric, sample.probe]
    if when.time_ms is None and sample.message:
        return "/".join((*parts, f"u{sample.message}"))
    relayed = sample.relayed and sequence is not None
    # A tag's counter starts again within hours, its gateways' clocks agree to seconds.
    time_ms = when.time_ms and when.time_ms - when.time_ms % RELAYED_WITHIN_MS if relayed else when.time_ms
    parts.append("" if time_ms is None else str(time_ms))
    parts.append("" if sequence is None else f"n{sequence}")
    if when.time_ms is None and sequence is None:
        parts.append(f"r{received_ms}")
    return "/".join(part for part in parts if part)


def _sequence(said: Any) -> int | None:
    """A counter of the device; ChirpStack leaves out a zero, so absence says nothing."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return int(said) if said == said // 1 and 0 <= said < 2**53 else None
