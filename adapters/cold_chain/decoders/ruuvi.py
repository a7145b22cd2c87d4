"""Ruuvi gateway: ``ruuvi/<gateway>/<tag>`` with the advertisement that it heard, as hex.

ruuvi.gateway_esp.c schemas; docs.ruuvi.com data formats 5, 6 and E1. The tag has no clock: the time is
the gateway's. A tag repeats a measurement until the next one and several gateways may hear it, so the
tag's sequence number says which measurement it is.
"""

import re
from collections.abc import Iterator
from typing import Any

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders.incoming import Incoming
from adapters.cold_chain.decoders.ruuvi_advertisement import Measurement, advertisement
from adapters.cold_chain.decoders.sample import NO_TIME, Sample
from adapters.cold_chain.metrics import BATTERY_VOLTS, humidity_beside
from adapters.cold_chain.sensor_config import MAX_PROBES
from adapters.cold_chain.undecodable import Undecodable

LONGEST_HEX = 512  # an extended advertisement has at most 254 bytes
_HEX = re.compile(r"([0-9A-Fa-f]{2})+")
_ADDRESS = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def samples(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    """Of one tag, or of a batch: what the gateway heard of all since it last spoke. Raises Undecodable."""
    document = message.document
    inner = document.get("data")
    if isinstance(inner, dict):
        yield from _batch(inner, config)
        return
    measured = advertisement(_bytes(inner))
    time = document.get("ts") or document.get("gwts") or NO_TIME  # 0: the gateway has no time yet
    yield from _samples(measured, config.metric, measured.tag, time)


def _batch(inner: dict[str, Any], config: ColdMqttConfig) -> Iterator[Sample]:
    """Each tag by its address: without a name in ``probes`` it has a curve of its own."""
    tags = inner.get("tags")
    if not isinstance(tags, dict) or len(tags) > MAX_PROBES:
        raise Undecodable("cold.too_many_probes" if isinstance(tags, dict) else "cold.not_ruuvi", "tags")
    for address, heard in tags.items():
        if not _ADDRESS.fullmatch(address) or not isinstance(heard, dict):
            raise Undecodable("cold.not_ruuvi", "tags")
        name = address.replace(":", "").upper()
        if config.shared and name not in config.probes:
            continue
        measured = advertisement(_bytes(heard.get("data")))
        metric = config.probes.get(name, f"temp.{name.lower()}")
        yield from _samples(measured, metric, name, heard.get("timestamp") or NO_TIME, alone=False)


def _samples(
    measured: Measurement, metric: str, tag: str, time: Any, *, alone: bool = True
) -> Iterator[Sample]:
    """A battery of a batch belongs to no single device, so it is left out there."""
    said = {"time": time, "sequence": measured.sequence, "relayed": True}
    yield Sample(metric, tag, measured.celsius, "Cel", fault=measured.celsius_fault, **said)
    if measured.humidity is not None:
        yield Sample(humidity_beside(metric), tag, measured.humidity, "%", **said)
    if measured.volts is not None and alone:
        yield Sample(BATTERY_VOLTS, tag, measured.volts, "V", **said)


def _bytes(said: Any) -> bytes:
    if not isinstance(said, str) or len(said) > LONGEST_HEX or not _HEX.fullmatch(said):
        raise Undecodable("cold.not_hex", "data")
    return bytes.fromhex(said)
