"""Uplinks of a LoRaWAN network server: what is common to ChirpStack and The Things Stack."""

import binascii
from collections.abc import Iterator
from typing import Any

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.metrics import DOOR_OPEN, alarm_of, humidity_beside, is_switch, unit_of
from adapters.cold_chain.payloads import FAMILIES
from adapters.cold_chain.payloads.finding import Finding
from adapters.cold_chain.undecodable import Undecodable

LARGEST_PAYLOAD = 242  # LoRaWAN regional parameters: the largest application payload of any region


def samples(
    encoded: Any, port: Any, time: Any, counter: Any, message: str, config: ColdMqttConfig
) -> Iterator[Sample]:
    """Of an uplink's bytes. A record out of the sensor's memory has its own time and no counter.

    Raises Undecodable. A channel that says two things of one instant has both of them kept.
    """
    if config.payload is None or encoded in (None, ""):
        return  # an uplink of the protocol alone: nothing is measured
    said: dict[tuple[str, str, int | None], set[float]] = {}
    for finding in FAMILIES[config.payload].decode(_payload(encoded), _port(port)):
        if config.shared and finding.probe not in (*config.probes, "battery"):
            continue
        metric = _metric(finding, config)
        values = said.setdefault((finding.probe, metric, finding.time_s), set())
        if finding.value in values:
            continue
        values.add(finding.value)
        probe = finding.probe if len(values) == 1 else f"{finding.probe}-{len(values)}"
        yield _sample(metric, probe, finding, time, counter, message)


def _sample(metric: str, probe: str, finding: Finding, time: Any, counter: Any, message: str) -> Sample:
    unit = unit_of(metric)
    if finding.time_s is not None:
        return Sample(metric, probe, finding.value, unit, finding.time_s, fault=finding.fault, record=True)
    return Sample(metric, probe, finding.value, unit, time, counter, finding.fault, message=message)


def _metric(finding: Finding, config: ColdMqttConfig) -> str:
    if finding.quantity.startswith("battery."):
        return finding.quantity
    metric = config.probes.get(finding.probe) or _unnamed(finding.probe, config)
    if finding.quantity == "humidity":
        return humidity_beside(metric)
    return alarm_of(finding.quantity, metric) if finding.quantity.startswith("alarm.") else metric


def _unnamed(probe: str, config: ColdMqttConfig) -> str:
    """The usual metric of a probe; where a named one has it, one of its own."""
    assert config.payload is not None
    usual = FAMILIES[config.payload].probes[probe] or config.metric
    if usual not in config.probes.values():
        return usual
    return f"{DOOR_OPEN}.{probe}" if is_switch(usual) else f"temp.{probe}"


def _payload(encoded: Any) -> bytes:
    if not isinstance(encoded, str) or len(encoded) > LARGEST_PAYLOAD * 2:
        raise Undecodable("cold.not_base64")
    try:
        payload = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        raise Undecodable("cold.not_base64") from None
    if len(payload) > LARGEST_PAYLOAD:
        raise Undecodable("cold.payload_long", f"{len(payload)} bytes")
    return payload


def _port(said: Any) -> int:
    """Port 0 carries the protocol's own commands; a server leaves a zero out."""
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said <= 255:
        raise Undecodable("cold.payload_port")
    return said
