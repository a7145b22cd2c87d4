"""Milesight's frames: channel, type, data, again and again; what is no measurement is passed over.

Source: Milesight-IoT/SensorDecoders, README of each sensor (Attribute, Telemetry) and its answers to
settings (FE and FF frames). A pair that is not in the tables has a length nobody here knows: refused.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from adapters.cold_chain.undecodable import Undecodable

Kind = tuple[int, int]

_ABOUT_THE_DEVICE: dict[Kind, int] = {
    (0xFF, 0x01): 1, (0xFF, 0x09): 2, (0xFF, 0x0A): 2, (0xFF, 0x0B): 1, (0xFF, 0x0F): 1,
    (0xFF, 0x16): 8, (0xFF, 0xFE): 1, (0xFF, 0xFF): 2,
}  # fmt: skip
# Bytes that echo a setting after a downlink, whichever of the two channels they come on.
_SETTINGS: dict[int, int] = {
    0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1, 0x17: 2, 0x25: 1, 0x27: 1, 0x28: 1, 0x2D: 1, 0x4A: 1, 0x68: 1,
    0x69: 1, 0x6A: 3, 0x6D: 1, 0x79: 6, 0x8E: 3, 0x91: 5, 0xD6: 6, 0xD7: 1, 0xE9: 1, 0xEA: 3, 0xEB: 1,
}  # fmt: skip
_PASSED_OVER: dict[Kind, int] = {
    (channel, setting): size for channel in (0xFE, 0xFF) for setting, size in _SETTINGS.items()
} | _ABOUT_THE_DEVICE


class Block(NamedTuple):
    """The data of one channel and type."""

    kind: Kind
    data: bytes


def blocks(payload: bytes, sizes: Mapping[Kind, int]) -> Iterator[Block]:
    """Measurements of a frame, ``sizes`` of their data in bytes; raises Undecodable."""
    at = 0
    while at < len(payload):
        kind = (payload[at], payload[at + 1]) if at + 1 < len(payload) else (payload[at], -1)
        size = sizes.get(kind, _PASSED_OVER.get(kind))
        if size is None:
            raise Undecodable("cold.payload_unknown", f"byte {at}")
        data = payload[at + 2 : at + 2 + size]
        if len(data) < size:
            raise Undecodable("cold.payload_short", f"byte {at}")
        if kind in sizes:
            yield Block(kind, data)
        at += 2 + size
