"""Home Assistant's MQTT discovery: a kept message tells where a value is published and how to find it.

home-assistant.io, MQTT discovery, sensor.mqtt and binary_sensor.mqtt. Of Jinja only
``{{ value_json.x }}`` and deeper is understood: a template is a program, and this is a vaccine store.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import plain
from adapters.cold_chain.decoders.document import parse, parse_object
from adapters.cold_chain.decoders.incoming import Incoming, Place
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.metrics import is_percent, is_switch, is_temperature, is_volts, unit_of
from adapters.cold_chain.undecodable import Undecodable

TOPIC = re.compile(r"[^\s+#\x00-\x1f\x7f]{1,256}")
_TEMPLATE = re.compile(r"\{\{-?\s*value_json((?:\.[A-Za-z_][A-Za-z0-9_]{0,63}){1,4})\s*-?\}\}")
_WHOLE = re.compile(r"\{\{-?\s*value\s*-?\}\}")
LONGEST_WORD = 32
_SHORT = {
    "stat_t": "state_topic", "val_tpl": "value_template", "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class", "pl_on": "payload_on", "pl_off": "payload_off",
}  # fmt: skip
_CLASSES = {"temp": "temperature", "humidity": "humidity"}


def announcement(payload: bytes, metric: str) -> tuple[str, Place] | None:
    """(state topic, place) that a discovery message gives; None: it takes it back. Raises Undecodable."""
    if not payload:
        return None
    said = _written_out(parse_object(payload))
    topic = said.get("state_topic")
    if not isinstance(topic, str) or not TOPIC.fullmatch(topic) or topic.startswith("epihub/"):
        raise Undecodable("cold.announced_topic", "state_topic")
    usual = _CLASSES.get(metric.partition(".")[0])
    if usual and said.get("device_class", usual) != usual:
        raise Undecodable("cold.announced_otherwise", "device_class")
    said_unit = said.get("unit_of_measurement")
    unit = said_unit if isinstance(said_unit, str) and len(said_unit) <= 16 else None
    on, off = _word(said.get("payload_on", "ON")), _word(said.get("payload_off", "OFF"))
    return topic, Place(metric, _path(said.get("value_template")), unit, on, off)


def _written_out(said: dict[str, Any]) -> dict[str, Any]:
    """Abbreviations in full; ``~`` at either end of a topic is the base topic."""
    full = {_SHORT.get(name, name): value for name, value in said.items()}
    topic, base = full.get("state_topic"), full.get("~")
    if isinstance(topic, str) and isinstance(base, str):
        if topic.startswith("~"):
            full["state_topic"] = base + topic[1:]
        elif topic.endswith("~"):
            full["state_topic"] = topic[:-1] + base
    return full


def _path(template: Any) -> tuple[str, ...]:
    if template is None or (isinstance(template, str) and _WHOLE.fullmatch(template.strip())):
        return ()
    found = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if found is None:
        raise Undecodable("cold.template", "value_template")
    return tuple(found[1].split(".")[1:])


def _word(said: Any) -> str:
    """As Home Assistant compares it: the text of the value."""
    if isinstance(said, bool | int | float | str) and len(str(said)) <= LONGEST_WORD:
        return str(said)
    raise Undecodable("cold.announced_payload")


def written(places: list[Place]) -> str:
    """For the frame's origin, so that a replay finds the value where it was announced then."""
    return msgspec.json.encode(places).decode()


def read(text: str) -> tuple[Place, ...]:
    """What ``written`` wrote; raises Undecodable for anything else (a topic may hold a line end)."""
    try:
        return msgspec.json.decode(text or "[]", type=tuple[Place, ...])
    except msgspec.DecodeError:
        raise Undecodable("cold.not_announced") from None


def samples(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    """Of a state topic. Raises Undecodable."""
    if not message.places:
        raise Undecodable("cold.not_announced")
    for place in message.places:
        value = _find(message.payload, place.path)
        if is_switch(place.metric):
            value = {place.on: True, place.off: False}.get(_text(value), value)
        unit, fault = _judge_unit(place, config)
        yield Sample(place.metric, "", value, unit, fault=fault)


def _find(payload: bytes, path: tuple[str, ...]) -> Any:
    """None where there is nothing."""
    if not path:
        return plain.value(payload)
    value = parse(payload)
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, str):  # templates render text: "4.2" is how some firmware writes a number
        return plain.value(value.encode()) if value.isascii() and value else None
    return value


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _judge_unit(place: Place, config: ColdMqttConfig) -> tuple[str | None, str | None]:
    if is_temperature(place.metric):
        return config.unit or place.unit, None
    wrong = is_volts(place.metric) and place.unit != "V"
    wrong = wrong or (is_percent(place.metric) and place.unit not in (None, "%"))
    return unit_of(place.metric), "unit_unknown" if wrong else None
