"""Readings of one series at one instant: which value stands, and how the rest of a reading is kept."""

from math import isfinite
from typing import NamedTuple

import msgspec

from hub.payloads import Quality, Reading

QUALITIES: tuple[Quality, ...] = ("GOOD", "UNCERTAIN", "BAD")
# The middle of the +2..+8 °C range in which vaccines are kept (WHO PQS E003): of two temperatures
# that claim the same instant the one farther from it is believed, so that no excursion is hidden.
SAFE_CELSIUS = 5.0
_RAW_IS_VALUE = b"="


class Content(NamedTuple):
    """What a reading says: value in the series' unit, quality as index of QUALITIES, the rest packed."""

    value: float | None
    quality: int
    extra: bytes | None


# Reason, raw value, raw unit and sequence: fields of a reading that are mostly empty or equal to its value.
Extra = tuple[str | None, float | str | None, str | None, int | None]

_NOTHING: Extra = (None, None, None, None)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Extra).decode


def content_of(reading: Reading) -> Content:
    """The stored form of a reading; raises ValueError for a value that is no finite number."""
    for value in (reading.value, reading.raw_value):
        if isinstance(value, float) and not isfinite(value):
            raise ValueError("reading.not_finite")
    return Content(reading.value, QUALITIES.index(reading.quality), _pack(reading))


def unpack(value: float | None, extra: bytes | None, unit: str) -> Extra:
    """The fields that ``content_of`` packed."""
    if extra is None:
        return _NOTHING
    if extra == _RAW_IS_VALUE:
        return None, value, unit, None
    rest: Extra = _decode(extra)
    return rest


def believed(metric: str, content: Content) -> tuple[int, bool, float, float, bytes]:
    """Sort key: of several readings of one instant the greatest stands, whatever came first.

    GOOD before UNCERTAIN before BAD; a number before none; then the temperature farther from 5 °C,
    of anything else the larger value; last the larger number and bytes, to be total.
    """
    value = content.value
    weight = 0.0 if value is None else abs(value - SAFE_CELSIUS) if metric.startswith("temp") else value
    return -content.quality, value is not None, weight, value or 0.0, content.extra or b""


def _pack(reading: Reading) -> bytes | None:
    extra = (reading.reason, reading.raw_value, reading.raw_unit, reading.sequence)
    if extra == _NOTHING:
        return None
    if reading.value is not None and extra == (None, reading.value, reading.unit, None):
        return _RAW_IS_VALUE
    return _encode(extra)
