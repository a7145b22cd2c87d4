"""LoRaWAN payloads against their makers' examples and tables: tests/cases/lorawan/<payload>.toml."""

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.payloads import (
    FAMILIES,
    PayloadName,
    dragino_lht65n,
    dragino_ltc2,
    dragino_ltc2_lb,
    milesight_em300,
    milesight_ts301,
)
from adapters.cold_chain.payloads.finding import Finding, Sensor, temperature
from adapters.cold_chain.undecodable import Undecodable

TABLES = Path(__file__).parents[1] / "cases" / "lorawan"
NAMES: tuple[PayloadName, ...] = get_args(PayloadName)
CASES = [
    pytest.param(name, case, id=f"{name}: {case['name']}")
    for name in NAMES
    for case in tomllib.loads((TABLES / f"{name}.toml").read_text("utf-8"))["case"]
]
SENSORS = {
    "em300": milesight_em300.SENSOR,
    "ts301": milesight_ts301.SENSOR,
    "ltc2 hundredths": dragino_ltc2.SENSORS[1],
    "ltc2 tenths": dragino_ltc2.SENSORS[2],
    "ltc2-lb": dragino_ltc2_lb.SENSOR,
} | {f"lht65n {kind:#04x}": sensor for kind, sensor in dragino_lht65n.PROBES.items()}


def as_written(finding: Finding) -> list[Any]:
    """Shorter where there is no fault and no time."""
    written = [finding.probe, finding.quantity, finding.value, finding.fault or "", finding.time_s]
    while written[-1] in (None, ""):
        written.pop()
    return written


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name: PayloadName, case: dict[str, Any]) -> None:
    payload, port = bytes.fromhex(case["hex"]), case.get("port", 85)
    if "refused" in case:
        with pytest.raises(Undecodable) as refused:
            FAMILIES[name].decode(payload, port)
        assert refused.value.reason == case["refused"]
    else:
        assert [as_written(finding) for finding in FAMILIES[name].decode(payload, port)] == case["expected"]


def test_every_payload_is_a_family() -> None:
    assert set(FAMILIES) == set(NAMES)


@given(st.sampled_from(NAMES), st.binary(max_size=64), st.sampled_from([2, 3, 5, 7, 85]))
def test_any_bytes_are_findings_or_undecodable(name: PayloadName, payload: bytes, port: int) -> None:
    try:
        found = FAMILIES[name].decode(payload, port)
    except Undecodable:
        return
    probes = {*FAMILIES[name].probes, "battery"}
    assert {finding.probe for finding in found} <= probes


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_every_word_is_a_measurement_or_a_fault(sensor: Sensor) -> None:
    """All 65,536: good within what the sensor can measure, to the digit; at no scale a sentinel."""
    for word in range(-0x8000, 0x8000):
        found = temperature("chn1", word, sensor)
        good = sensor.lowest_cel <= found.value <= sensor.highest_cel and word not in sensor.sentinels
        assert (found.fault is None) == good
        assert found.value == float(f"{word}e-{sensor.digits}")
    assert {0x7FFF, -0x8000, -0x7FFF} <= set(sensor.sentinels)


def frames(word: int) -> list[tuple[PayloadName, int, bytes]]:
    """The word in every place where a sensor puts a temperature, live and out of its memory."""
    little, big = word.to_bytes(2, "little", signed=True), word.to_bytes(2, "big", signed=True)
    time, time_little = bytes.fromhex("64F52C00"), bytes.fromhex("002CF564")
    well, kept = bytes.fromhex("0E3C"), bytes.fromhex("0000")
    return [
        ("milesight-em300", 85, b"\x03\x67" + little),
        ("milesight-em300", 85, b"\x20\xce" + time_little + little + b"\x50\x00"),
        ("milesight-ts301", 85, b"\x03\x67" + little),
        ("milesight-ts301", 85, b"\x84\x67" + little + b"\x01"),
        ("milesight-ts301", 85, b"\x93\xd7" + little + b"\x00\x00\x02"),
        ("milesight-ts301", 85, b"\x20\xce" + time_little + b"\x40" + little + b"\x00\x00"),
        ("milesight-ts301", 85, b"\x20\xce" + time_little + b"\x04\x00\x00" + little),
        ("dragino-lht65n", 2, well + big + b"\x02\x00\x00"),
        ("dragino-lht65n", 2, well + b"\x01\xa4\x02\x00\x01" + big + b"\x00\x00"),
        ("dragino-lht65n", 2, big + b"\x01\xa4\x02\x00\x09" + time),
        ("dragino-lht65n", 3, big + b"\x01\xa4\x02\x00\x41" + time),
        ("dragino-ltc2", 2, well + b"\x01" + big + b"\x01\xa4" + time),
        ("dragino-ltc2", 2, well + b"\x42\x00\x2a" + big + time),
        ("dragino-ltc2-lb", 2, well + b"\x00" + big + b"\x00\x2a" + time),
        ("dragino-ltc2-lb", 2, well + b"\x00\x00\x2a" + big + time),
        ("dragino-ltc2-lb", 3, kept + big + b"\x00\x2a\x00" + time),
    ]


@pytest.mark.parametrize("word", [0x7FFF, -0x8000, -0x7FFF])
def test_sentinel_is_a_fault_wherever_it_stands(word: int) -> None:
    for name, port, payload in frames(word):
        found = FAMILIES[name].decode(payload, port)
        assert [f.quantity for f in found if f.fault == "probe_lost"] == ["temperature"], (
            name,
            payload.hex(),
        )
