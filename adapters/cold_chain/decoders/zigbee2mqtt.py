"""Zigbee2MQTT: one flat object a device on ``<base>/<friendly name>``.

zigbee2mqtt.io, guide/usage/mqtt_topics_and_messages: ``temperature`` is in °C whatever the device
shows; ``last_seen`` (ISO 8601 or Unix ms) is there only when ``advanced.last_seen`` is set;
``contact`` is true while a door is shut.
"""

from collections.abc import Iterator
from typing import Any

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders.sample import NO_TIME, Sample
from adapters.cold_chain.metrics import BATTERY, humidity_beside, is_switch


def samples(document: dict[str, Any], config: ColdMqttConfig) -> Iterator[Sample]:
    """A field that is not there was not measured; device_temperature is the chip's and no default."""
    usual = {
        "temperature": config.metric,
        "humidity": humidity_beside(config.metric),
        "battery": BATTERY,
    }
    taken = set(config.probes.values())
    if config.shared:
        usual = {"battery": BATTERY}
    metrics = {field: metric for field, metric in usual.items() if metric not in taken} | config.probes
    time = document.get("last_seen", NO_TIME)
    for field, metric in metrics.items():
        if field in document:
            value = document[field]
            if field == "contact" and is_switch(metric) and isinstance(value, bool):
                value = not value
            yield Sample(metric, field, value, config.unit or "Cel", time)
