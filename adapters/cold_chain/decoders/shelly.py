"""Shelly: of the second generation on by notifications or status topics, the first by plain numbers.

shelly-api-docs: Gen2 Notifications (``NotifyStatus`` carries what changed, ``NotifyFullStatus`` all),
Temperature (``tC`` null "if valid value could not be obtained", ``errors`` read or out_of_range),
DevicePower. What a notification leaves out has not changed: it was not measured, and is no fault.
"""

import re
from collections.abc import Iterator
from typing import Any

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import plain
from adapters.cold_chain.decoders.incoming import Incoming
from adapters.cold_chain.decoders.sample import NO_TIME, Sample
from adapters.cold_chain.metrics import BATTERY, humidity_beside
from adapters.cold_chain.sensor_config import MAX_PROBES
from adapters.cold_chain.topics import SHELLY_FIRST_GENERATION, SHELLY_NOTIFICATIONS
from adapters.cold_chain.undecodable import Undecodable

STATUS_METHODS = ("NotifyStatus", "NotifyFullStatus")
_COMPONENT = re.compile(r"(temperature|humidity|devicepower):([0-9]{1,4})")
# Gen1 API: 999 stands for a sensor that does not answer.
SENTINELS = {999.0: "probe_lost"}


def samples(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    """Raises Undecodable."""
    if config.topic.startswith(SHELLY_FIRST_GENERATION):
        return _first_generation(message, config)
    if config.topic.endswith(SHELLY_NOTIFICATIONS):
        return _notification(message.document, config)
    return _component(_probe_of(message, config), message.document, config, NO_TIME)


def _notification(document: dict[str, Any], config: ColdMqttConfig) -> Iterator[Sample]:
    if document.get("method") not in STATUS_METHODS:
        if isinstance(document.get("method"), str):
            return  # an event of a button, the answer to a call: nothing is measured
        raise Undecodable("cold.not_a_notification")
    params = document.get("params")
    if not isinstance(params, dict):
        raise Undecodable("cold.not_a_notification", "params")
    components = [name for name in params if _COMPONENT.fullmatch(name)]
    if len(components) > MAX_PROBES:
        raise Undecodable("cold.too_many_probes", f"over {MAX_PROBES}")
    for name in components:
        if isinstance(params[name], dict):
            yield from _component(name, params[name], config, params.get("ts"))


def _component(name: str, status: dict[str, Any], config: ColdMqttConfig, time: Any) -> Iterator[Sample]:
    found = _COMPONENT.fullmatch(name)
    if found is None:
        raise Undecodable("cold.topic_unknown")
    kind, number = found[1], found[2]
    if config.shared and kind != "devicepower" and number not in config.probes:
        return
    metric = _metric(number, config)
    if kind == "temperature" and ("tC" in status or status.get("errors")):
        yield Sample(metric, name, status.get("tC"), "Cel", time, fault=_fault(status))
    elif kind == "humidity" and ("rh" in status or status.get("errors")):
        yield Sample(humidity_beside(metric), name, status.get("rh"), "%", time, fault=_fault(status))
    elif kind == "devicepower":
        yield from _power(name, status, time)


def _power(name: str, status: dict[str, Any], time: Any) -> Iterator[Sample]:
    """On mains the empty battery holder says 0 %: that is no battery."""
    external, cell = status.get("external"), status.get("battery")
    plugged = isinstance(external, dict) and external.get("present") is True
    if isinstance(cell, dict) and not plugged and "percent" in cell:
        yield Sample(BATTERY, name, cell["percent"], "%", time)


def _fault(status: dict[str, Any]) -> str | None:
    errors = status.get("errors")
    if not errors:
        return None
    return "out_of_range" if isinstance(errors, list) and "out_of_range" in errors else "probe_lost"


def _metric(number: str, config: ColdMqttConfig) -> str:
    """The configured one; else the number 0 is the device's own, and any other has a curve of its own."""
    if number in config.probes:
        return config.probes[number]
    return config.metric if number == "0" and not config.probes else f"temp.probe_{number}"


def _first_generation(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    name, value = _probe_of(message, config), plain.value(message.payload)
    fault = SENTINELS.get(value) if isinstance(value, float) else None
    if name == "battery":
        yield Sample(BATTERY, name, value, "%")
    elif name == "humidity":
        yield Sample(humidity_beside(config.metric), name, value, "%", fault=fault)
    else:
        metric = config.probes.get(name, config.metric)
        yield Sample(metric, name, value, config.unit or "Cel", fault=fault)


def _probe_of(message: Incoming, config: ColdMqttConfig) -> str:
    name = config.measured_topics.get(message.topic)
    if not name:
        raise Undecodable("cold.topic_unknown")
    return name
