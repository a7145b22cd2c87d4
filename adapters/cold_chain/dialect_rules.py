"""What each dialect asks of a device's settings; said when the configuration is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.cold_chain.metrics import is_percent, is_switch, is_temperature, is_volts
from adapters.cold_chain.payloads import FAMILIES
from adapters.cold_chain.topics import SHELLY_FIRST_GENERATION, SHELLY_NOTIFICATIONS, SHELLY_STATUS

if TYPE_CHECKING:
    from adapters.cold_chain.config import ColdMqttConfig

NETWORK_SERVERS = ("chirpstack", "ttn")
_TOPICS = {
    "tasmota": (r".+/SENSOR", "of a Tasmota device ends in /SENSOR: tele/<name>/SENSOR"),
    "ruuvi": (r".+/.+/.+", "of a Ruuvi tag is ruuvi/<gateway>/<tag>"),
    "chirpstack": (r".+/event/up", "of a ChirpStack device is application/<id>/device/<eui>/event/up"),
    "ttn": (r".+/up", "of The Things Stack is v3/<application>@<tenant>/devices/<id>/up"),
    "homeassistant": (
        r"[^/]+/(sensor|binary_sensor)/.+/config",
        "is the one of the discovery: homeassistant/sensor/<node>/<object>/config",
    ),
    "esphome": (r".*[^/]", "of an ESPHome node is its topic_prefix, without / at its end"),
    "shelly": (
        rf"{SHELLY_FIRST_GENERATION}[^/]+|.+{SHELLY_NOTIFICATIONS}|.+{SHELLY_STATUS}",
        "of a Shelly is <id>/events/rpc or <id>/status; shellies/<id> for the first generation",
    ),
}  # fmt: skip
_ONLY_TEMPERATURES = ("tasmota", "ruuvi", "shelly")


def mistakes(config: ColdMqttConfig) -> Iterator[str]:
    """What does not fit together, the first being the one to tell."""
    pattern, wrong_topic = _TOPICS.get(config.dialect, ("", ""))
    if pattern and not re.fullmatch(pattern, config.topic):
        yield f"the topic {wrong_topic}"
    if (config.dialect == "mapped") != bool(config.mapping):
        yield "dialect mapped needs a mapping; the others have none"
    if (config.dialect in NETWORK_SERVERS) != bool(config.payload):
        yield "payload names the sensor behind chirpstack and ttn: they need it, the others have none"
    if config.shared and not (config.probes or config.mapping):
        yield "shared needs probes: which of the node's stand in this fridge"
    if config.shared and config.dialect == "homeassistant":
        yield "a discovered measurement is of one device: shared is not for homeassistant"
    if not config.broker and (config.username or config.password):
        yield "username and password belong to a broker; the hub's own bus needs none"
    yield from _probes(config)


def _probes(config: ColdMqttConfig) -> Iterator[str]:
    if config.dialect == "homeassistant":
        yield from _probe(config, "", config.metric)
    elif not is_temperature(config.metric):
        yield f"{config.metric} is no temperature: name it temp.…"
    if config.dialect == "esphome" and not config.probes:
        yield 'an ESPHome node needs probes: the object id of each sensor, { nhiet_do = "temp.vaccine" }'
    if config.dialect == "shelly" and not all(name.isdecimal() for name in config.probes):
        yield 'probes of a Shelly are the numbers of its temperatures: { "100" = "temp.vaccine" }'
    for name, metric in config.probes.items():
        yield from _probe(config, name, metric)
    alone = [config.metric] if config.dialect == "homeassistant" else []
    for metric, count in Counter([*config.probes.values(), *alone]).items():
        if count > 1:
            yield f"two probes have the metric {metric}: one curve cannot show both"


def _probe(config: ColdMqttConfig, name: str, metric: str) -> Iterator[str]:
    known = FAMILIES[config.payload].probes if config.payload else {}
    if config.payload and name not in known:
        yield f"{config.payload} has no probe {name}; it has {', '.join(known)}"
    elif config.dialect in _ONLY_TEMPERATURES or (name in known and not name.startswith("door")):
        if not is_temperature(metric):
            yield f"{metric} is no temperature: name it temp.…"
    elif name in known and not is_switch(metric):
        yield f"{metric} is no door: name it door.open or door.open.…"
    elif config.dialect in ("esphome", "homeassistant") and not _has_unit(metric):
        yield f"{metric}: only temp, humidity, battery, door.open and alarm have a unit of their own"


def _has_unit(metric: str) -> bool:
    return is_temperature(metric) or is_percent(metric) or is_switch(metric) or is_volts(metric)
