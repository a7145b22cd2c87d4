"""A Bluetooth advertisement of a Ruuvi tag: data formats 5 (RAWv2), 6 and E1.

ruuvi-sensor-protocols dataformat_05; docs.ruuvi.com data formats 6 and E1. Most significant byte
first; "not available" is the least number of a signed field, the greatest of an unsigned one.
"""

from typing import NamedTuple

from adapters.cold_chain.undecodable import Undecodable

MANUFACTURER, RUUVI = 0xFF, b"\x99\x04"  # AD type "manufacturer specific"; company 0x0499
# What the sensors can measure (°C): the tag -40..85, the air monitor -20..65 (data sheets).
TAG_CEL, AIR_CEL = (-40.0, 85.0), (-20.0, 65.0)
NOT_AVAILABLE_TEMPERATURE, NOT_AVAILABLE_16, NOT_AVAILABLE_VOLTS = -0x8000, 0xFFFF, 0x7FF


class Measurement(NamedTuple):
    """``tag``: its address, of format 6 the last three bytes; "" where it says none."""

    tag: str
    celsius: float | None
    celsius_fault: str | None
    humidity: float | None
    volts: float | None
    sequence: int | None


class _Format(NamedTuple):
    """Where its fields stand: (offset, bytes) of the sequence, offset of the address, the usual range."""

    size: int
    sequence: tuple[int, int]
    sequence_missing: int | None
    address: int
    range_cel: tuple[float, float]
    power: int | None = None


_FORMATS = {
    0x05: _Format(24, (16, 2), 0xFFFF, 18, TAG_CEL, power=13),
    0x06: _Format(20, (15, 1), None, 17, AIR_CEL),
    0xE1: _Format(40, (25, 3), 0xFFFFFF, 34, AIR_CEL),
}


def advertisement(raw: bytes) -> Measurement:
    """The measurement in an advertisement, header included; raises Undecodable."""
    data = _ruuvi_data(raw)
    form = _FORMATS.get(data[0]) if data else None
    if form is None:
        raise Undecodable("cold.ruuvi_format")
    if len(data) < form.size:
        raise Undecodable("cold.payload_short", f"{len(data)} bytes")
    celsius, fault = _celsius(data, form)
    return Measurement(
        _address(data[form.address : form.size]), celsius, fault, _humidity(data), _volts(data, form),
        _sequence(data, form),
    )  # fmt: skip


def _ruuvi_data(raw: bytes) -> bytes:
    """Of the structures (length, type, data) the one that is Ruuvi's."""
    at = 0
    while at + 1 < len(raw) and raw[at]:
        structure = raw[at + 1 : at + 1 + raw[at]]
        if structure[:1] == bytes([MANUFACTURER]) and structure[1:3] == RUUVI:
            return structure[3:]
        at += 1 + raw[at]
    raise Undecodable("cold.not_ruuvi", "data")


def _celsius(data: bytes, form: _Format) -> tuple[float | None, str | None]:
    word = int.from_bytes(data[1:3], "big", signed=True)
    if word == NOT_AVAILABLE_TEMPERATURE:
        return None, "probe_lost"
    lowest, highest = form.range_cel
    return word / 200, None if lowest <= word / 200 <= highest else "out_of_range"


def _humidity(data: bytes) -> float | None:
    word = int.from_bytes(data[3:5], "big")
    return None if word == NOT_AVAILABLE_16 else word / 400


def _volts(data: bytes, form: _Format) -> float | None:
    if form.power is None:
        return None
    above = int.from_bytes(data[form.power : form.power + 2], "big") >> 5
    return None if above == NOT_AVAILABLE_VOLTS else (1600 + above) / 1000


def _sequence(data: bytes, form: _Format) -> int | None:
    at, size = form.sequence
    number = int.from_bytes(data[at : at + size], "big")
    return None if number == form.sequence_missing else number


def _address(address: bytes) -> str:
    return "" if set(address) == {0xFF} else address.hex().upper()
