"""From a device's payload to facts: pure, one module a dialect, the judgement shared by all."""

from collections.abc import Callable, Iterable
from typing import Any

from adapters.cold_chain.config import ColdMqttConfig, Dialect
from adapters.cold_chain.decoders import mapped, tasmota, zigbee2mqtt
from adapters.cold_chain.decoders.document import Undecodable, parse, parse_object
from adapters.cold_chain.decoders.judgement import facts_of
from adapters.cold_chain.decoders.sample import Sample
from hub.contract import Fact

_SAMPLES: dict[Dialect, Callable[[Any, ColdMqttConfig], Iterable[Sample]]] = {
    "zigbee2mqtt": zigbee2mqtt.samples,
    "tasmota": tasmota.samples,
    "mapped": mapped.samples,
}

__all__ = ["Undecodable", "decode"]


def decode(
    payload: bytes, received_ms: int, config: ColdMqttConfig, *, retained: bool = False
) -> tuple[Fact, ...]:
    """The readings of a message (Unix ms); raises Undecodable, whatever the bytes are.

    ``retained``: a copy that the broker kept. With a time of its own it is the same fact as the
    message it copies; without one nobody knows how old it is, and it is UNCERTAIN.
    """
    document = parse(payload) if config.dialect == "mapped" else parse_object(payload)
    found = _SAMPLES[config.dialect](document, config)
    return facts_of(found, received_ms, config, retained=retained)
