"""Frames put together from parts, as a sensor does: whatever the parts and their order, each is found."""

import struct
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.payloads import dragino_lht65n, dragino_ltc2, milesight_em300, milesight_ts301
from adapters.cold_chain.payloads.finding import Finding

TENTHS = st.integers(-300, 700)
HUNDREDTHS = st.integers(-4000, 8499)
TIMES = st.integers(0, 2**32 - 1)


class Part(NamedTuple):
    data: bytes
    found: tuple[Finding, ...]


def celsius(probe: str, value: float, time_s: int | None = None) -> Finding:
    return Finding(probe, "temperature", value, None, time_s)


def em300_record(time_s: int, tenths: int, halves: int) -> Part:
    data = b"\x20\xce" + struct.pack("<IhBB", time_s, tenths, halves, 0)
    humidity = Finding("sensor", "humidity", halves / 2, None, time_s)
    return Part(data, (celsius("sensor", tenths / 10, time_s), humidity))


def of_channel(channel: int, tenths: int) -> Part:
    return Part(
        bytes([2 + channel, 0x67]) + struct.pack("<h", tenths), (celsius(f"chn{channel}", tenths / 10),)
    )


def with_alarm(channel: int, tenths: int, on: int) -> Part:
    data = bytes([0x82 + channel, 0x67]) + struct.pack("<hB", tenths, on)
    alarm = Finding(f"chn{channel}", "alarm.threshold", float(on))
    return Part(data, (celsius(f"chn{channel}", tenths / 10), alarm))


def door(channel: int, is_open: int) -> Part:
    return Part(bytes([2 + channel, 0x00, is_open]), (Finding(f"door{channel}", "door", float(is_open)),))


CHANNELS, SWITCHES = st.integers(1, 2), st.integers(0, 1)
ABOUT_ITSELF = st.sampled_from(["FF0BFF", "FF090110", "FE025802", "FFFEFF", "FF166785D19472000008"])
NOTHING = ABOUT_ITSELF.map(lambda text: Part(bytes.fromhex(text), ()))
CHARGE = st.integers(0, 100).map(
    lambda percent: Part(bytes([1, 0x75, percent]), (Finding("battery", "battery.percent", float(percent)),))
)
EM300 = CHARGE | NOTHING | st.builds(em300_record, TIMES, TENTHS, st.integers(0, 255))
TS301 = (
    CHARGE
    | NOTHING
    | st.builds(of_channel, CHANNELS, TENTHS)
    | st.builds(with_alarm, CHANNELS, TENTHS, SWITCHES)
    | st.builds(door, CHANNELS, SWITCHES)
)


def whole(parts: list[Part]) -> tuple[bytes, list[Finding]]:
    return b"".join(part.data for part in parts), [finding for part in parts for finding in part.found]


@given(st.lists(EM300, max_size=8))
def test_em300(parts: list[Part]) -> None:
    frame, found = whole(parts)
    assert milesight_em300.decode(frame, 85) == found


@given(st.lists(TS301, max_size=8))
def test_ts301(parts: list[Part]) -> None:
    frame, found = whole(parts)
    assert milesight_ts301.decode(frame, 85) == found


def ltc2_record(first: int, second: int, time_s: int) -> Part:
    data = struct.pack(">HBhhI", 3600, 0x41, first, second, time_s)
    return Part(data, (celsius("chn1", first / 100, time_s), celsius("chn2", second / 100, time_s)))


def lht65n_record(outside: int, inside: int, humidity: int, time_s: int) -> Part:
    data = struct.pack(">hhHBI", outside, inside, humidity, 0x41, time_s)
    box = celsius("builtin", inside / 100, time_s)
    beside = Finding("builtin", "humidity", humidity / 10, None, time_s)
    return Part(data, (box, beside, celsius("external", outside / 100, time_s)))


@given(st.lists(st.builds(ltc2_record, HUNDREDTHS, HUNDREDTHS, TIMES), min_size=1, max_size=22))
def test_ltc2_memory(parts: list[Part]) -> None:
    frame, found = whole(parts)
    assert dragino_ltc2.decode(frame, 2) == found


@given(
    st.lists(
        st.builds(lht65n_record, HUNDREDTHS, HUNDREDTHS, st.integers(0, 1000), TIMES), min_size=1, max_size=22
    )
)
def test_lht65n_memory(parts: list[Part]) -> None:
    frame, found = whole(parts)
    assert dragino_lht65n.decode(frame, 3) == found
