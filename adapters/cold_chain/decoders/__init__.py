"""From a device's payload to facts: pure, one module a dialect, the judgement shared by all."""

from collections.abc import Callable, Iterable

from adapters.cold_chain.config import ColdMqttConfig, Dialect
from adapters.cold_chain.decoders import (
    chirpstack,
    esphome,
    homeassistant,
    mapped,
    ruuvi,
    shelly,
    tasmota,
    ttn,
    zigbee2mqtt,
)
from adapters.cold_chain.decoders.document import parse
from adapters.cold_chain.decoders.incoming import Incoming
from adapters.cold_chain.decoders.judgement import facts_of
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Fact

_SAMPLES: dict[Dialect, Callable[[Incoming, ColdMqttConfig], Iterable[Sample]]] = {
    "zigbee2mqtt": lambda message, config: zigbee2mqtt.samples(message.document, config),
    "tasmota": lambda message, config: tasmota.samples(message.document, config),
    "esphome": esphome.samples,
    "shelly": shelly.samples,
    "ruuvi": ruuvi.samples,
    "chirpstack": chirpstack.samples,
    "ttn": ttn.samples,
    "homeassistant": homeassistant.samples,
    "mapped": lambda message, config: mapped.samples(parse(message.payload), config),
}

__all__ = ["Undecodable", "decode"]


def decode(
    payload: bytes,
    received_ms: int,
    config: ColdMqttConfig,
    *,
    retained: bool = False,
    topic: str = "",
    announced: str = "",
) -> tuple[Fact, ...]:
    """The readings of a message (Unix ms); raises Undecodable, whatever the bytes are.

    ``retained``: a copy that the broker kept. With a time of its own it is the same fact as the
    message it copies; without one nobody knows how old it is, and it is UNCERTAIN. ``topic``: where
    it was published; some devices say nowhere else what they have measured. ``announced``: what a
    discovery said of that topic (``homeassistant.written``).
    """
    found = _SAMPLES[config.dialect](Incoming(payload, topic, homeassistant.read(announced)), config)
    return facts_of(found, received_ms, config, retained=retained)
