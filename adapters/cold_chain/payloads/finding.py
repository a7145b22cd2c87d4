"""What a payload says of one probe, and the judgement of a sensor's word against its table."""

from collections.abc import Mapping
from typing import NamedTuple

# Words of a register that never held a measurement: the greatest and the two least of 16 bits.
NEVER_MEASURED: dict[int, str] = {0x7FFF: "probe_lost", -0x8000: "probe_lost", -0x7FFF: "probe_lost"}


class Finding(NamedTuple):
    """``quantity``: temperature humidity door battery.percent battery.volts, or alarm.<code>.

    ``value`` in °C, %, V or 0/1 as the bytes say; with a ``fault`` it is no measurement. ``time_s``
    (Unix) only of a record out of the device's memory: one of now has the network's time.
    """

    probe: str
    quantity: str
    value: float
    fault: str | None = None
    time_s: int | None = None


class Sensor(NamedTuple):
    """One kind of temperature sensor: digits of a word, what it can measure (°C), words that mean a fault."""

    digits: int
    lowest_cel: float
    highest_cel: float
    sentinels: Mapping[int, str] = NEVER_MEASURED


def temperature(probe: str, word: int, sensor: Sensor, time_s: int | None = None) -> Finding:
    """The temperature that a signed 16-bit ``word`` says."""
    celsius = word / 10**sensor.digits
    fault = sensor.sentinels.get(word)
    if fault is None and not sensor.lowest_cel <= celsius <= sensor.highest_cel:
        fault = "out_of_range"
    return Finding(probe, "temperature", celsius, fault, time_s)


def battery(millivolts: int) -> Finding:
    """A lithium cell; a device that runs has at least 1.8 V."""
    fault = None if 1800 <= millivolts <= 4200 else "out_of_range"
    return Finding("battery", "battery.volts", millivolts / 1000, fault)


def switch(probe: str, quantity: str, said: int, time_s: int | None = None) -> Finding:
    """0 or 1 of a contact or an alarm; anything else is neither."""
    return Finding(probe, quantity, float(said), None if said in (0, 1) else "out_of_range", time_s)


def signed_big(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big", signed=True)


def signed_little(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little", signed=True)


def unsigned_big(data: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(data[at : at + size], "big")


def unsigned_little(data: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(data[at : at + size], "little")
