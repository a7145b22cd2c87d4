"""LoRaWAN payloads: a sensor's bytes as its maker documents them, one file a family.

A network server that decodes by itself hides what a failed probe looks like (one maker's own decoder
turns a broken wire into 0 °C), so the bytes are decoded here. Pure: bytes and port in, findings out.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from adapters.cold_chain.payloads import (
    dragino_lht65n,
    dragino_ltc2,
    dragino_ltc2_lb,
    milesight_em300,
    milesight_ts301,
)
from adapters.cold_chain.payloads.finding import Finding

PayloadName = Literal[
    "milesight-em300", "milesight-ts301", "dragino-lht65n", "dragino-ltc2", "dragino-ltc2-lb"
]


class Family(NamedTuple):
    """``probes``: what it can have and the metric of each, "" for the one that the device names itself."""

    decode: Callable[[bytes, int], list[Finding]]
    probes: Mapping[str, str]


_TWO_PROBES = {"chn1": "", "chn2": "temp.chn2"}

FAMILIES: dict[PayloadName, Family] = {
    "milesight-em300": Family(milesight_em300.decode, {"sensor": ""}),
    "milesight-ts301": Family(
        milesight_ts301.decode, _TWO_PROBES | {"door1": "door.open", "door2": "door.open"}
    ),
    "dragino-lht65n": Family(dragino_lht65n.decode, {"external": "", "builtin": "temp.ambient"}),
    "dragino-ltc2": Family(dragino_ltc2.decode, _TWO_PROBES),
    "dragino-ltc2-lb": Family(dragino_ltc2_lb.decode, _TWO_PROBES),
}
