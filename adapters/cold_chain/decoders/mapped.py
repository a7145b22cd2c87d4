"""Any JSON, by the operator's mapping: metric to JMESPath."""

from collections.abc import Iterator
from typing import Any

from adapters.cold_chain.decoders.sample import NO_TIME, Sample
from adapters.cold_chain.sensor_config import MappedConfig


def samples(document: Any, config: MappedConfig) -> Iterator[Sample]:
    """What is not found is a fault of the probe, unless the mapping calls it optional."""
    for metric, place in config.mapping.items():
        value = place.value.search(document)
        if value is None and place.optional:
            continue
        yield Sample(
            metric,
            "",
            value,
            config.unit or (place.unit_path.search(document) if place.unit_path else place.unit or "Cel"),
            place.time.search(document) if place.time else NO_TIME,
            place.sequence.search(document) if place.sequence else None,
        )
