"""ESPHome: ``<prefix>/sensor/<object>/state`` with a plain number, ``binary_sensor`` with ON or OFF.

esphome.io, MQTT client component. ``nan`` is a sensor that failed; the unit stands only in Home
Assistant's discovery, so it is °C unless the configuration says another. There is no time.
"""

from collections.abc import Iterator

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import plain
from adapters.cold_chain.decoders.incoming import Incoming
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.metrics import unit_of
from adapters.cold_chain.undecodable import Undecodable


def samples(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    """One; raises Undecodable."""
    names = config.measured_topics
    name = names.get(message.topic) if message.topic or len(names) > 1 else next(iter(names.values()))
    if name is None:
        raise Undecodable("cold.topic_unknown")
    metric = config.probes[name]
    yield Sample(metric, name, plain.value(message.payload), unit_of(metric, config.unit))
