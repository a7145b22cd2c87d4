"""Tasmota: ``tele/<name>/SENSOR`` with one object a sensor, the unit and a local time.

tasmota docs DS18x20 and its driver: with several DS18B20 the index in the name follows the sorted
addresses, so it moves when a probe is added or dies; ``Id`` stays. A probe that does not answer is
left out of the message, or null.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders.document import Undecodable
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.metrics import humidity_beside
from adapters.cold_chain.sensor_config import MAX_PROBES

CHIP = "ESP32"  # the processor's own temperature stands beside the sensors'
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
_TEMPERATURE = re.compile(r"Temperature([0-9]?)\Z")


class _Probe(NamedTuple):
    """``names``: what the configuration may call it, the steadiest first."""

    names: tuple[str, ...]
    fields: dict[str, Any]
    temperature: str  # the field's name, "" for a probe of humidity only


def samples(document: dict[str, Any], config: ColdMqttConfig) -> Iterator[Sample]:
    """Raises Undecodable for a message with too many probes, or one whose name is not of a probe."""
    probes = list(_probes(document))
    if len(probes) > MAX_PROBES:
        raise Undecodable("cold.too_many_probes", f"over {MAX_PROBES}")
    alone = not config.probes and sum(bool(probe.temperature) for probe in probes) <= 1
    unit, time = config.unit or document.get("TempUnit"), document.get("Time")
    for probe in probes:
        if config.shared and not set(probe.names) & set(config.probes):
            continue
        metric = config.metric if alone else _metric(probe, config)
        if probe.temperature:
            yield Sample(metric, probe.names[0], probe.fields[probe.temperature], unit, time)
        if "Humidity" in probe.fields:
            yield Sample(humidity_beside(metric), probe.names[0], probe.fields["Humidity"], "%", time)


def _probes(document: dict[str, Any]) -> Iterator[_Probe]:
    for name, fields in document.items():
        if not isinstance(fields, dict) or name == CHIP:
            continue
        temperatures = [field for field in fields if _TEMPERATURE.match(field)]
        if "Humidity" in fields and not temperatures:
            temperatures = [""]
        for field in temperatures:
            suffix = field.removeprefix("Temperature")
            yield _Probe(_names(fields.get("Id"), name, suffix), fields, field)


def _names(identity: Any, sensor: str, suffix: str) -> tuple[str, ...]:
    names = [f"{name}-{suffix}" if suffix else name for name in (identity, sensor) if isinstance(name, str)]
    fitting = tuple(name for name in names if _NAME.match(name))
    if not fitting:
        raise Undecodable("cold.probe_name")
    return fitting


def _metric(probe: _Probe, config: ColdMqttConfig) -> str:
    """The configured one; else one of its own, so that no probe ever takes another one's place."""
    for name in probe.names:
        if name in config.probes:
            return config.probes[name]
    return "temp." + probe.names[0].casefold().replace("-", "_")
