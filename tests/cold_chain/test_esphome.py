"""ESPHome: a bare number a topic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.decoders import Undecodable, decode, plain
from tests.cold_chain.devices import RECEIVED_MS, decode_one, device, reading

PROBES = {
    "nhiet_do": "temp.vaccine",
    "do_am": "humidity.vaccine",
    "pin": "battery.percent",
    "cua": "door.open",
}
NODE = device("esphome", topic="tu-lanh-05", probes=PROBES)
TEMPERATURE = "tu-lanh-05/sensor/nhiet_do/state"


def test_topics_are_those_of_its_sensors() -> None:
    assert NODE.measured_topics == {
        "tu-lanh-05/sensor/nhiet_do/state": "nhiet_do",
        "tu-lanh-05/sensor/do_am/state": "do_am",
        "tu-lanh-05/sensor/pin/state": "pin",
        "tu-lanh-05/binary_sensor/cua/state": "cua",
    }
    assert NODE.availability_topic == "tu-lanh-05/status"
    assert NODE.bridge_state_topic is None


@pytest.mark.parametrize(
    ("topic", "payload", "metric", "value", "unit"),
    [
        (TEMPERATURE, b"4.31", "temp.vaccine", 4.31, "Cel"),
        (TEMPERATURE, b" -20.5\n", "temp.vaccine", -20.5, "Cel"),
        (TEMPERATURE, b"1e1", "temp.vaccine", 10.0, "Cel"),
        ("tu-lanh-05/sensor/do_am/state", b"61", "humidity.vaccine", 61.0, "%"),
        ("tu-lanh-05/sensor/pin/state", b"97.0", "battery.percent", 97.0, "%"),
        ("tu-lanh-05/binary_sensor/cua/state", b"ON", "door.open", 1.0, "1"),
        ("tu-lanh-05/binary_sensor/cua/state", b"OFF", "door.open", 0.0, "1"),
    ],
)
def test_number_is_the_reading_of_its_topic(
    topic: str, payload: bytes, metric: str, value: float, unit: str
) -> None:
    fact = decode_one(payload, NODE, topic=topic)
    said = reading(fact)
    assert (said.metric, said.value, said.unit, said.quality) == (metric, value, unit, "GOOD")
    assert (fact.time_ms, fact.timesource) == (RECEIVED_MS, "received")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"nan", "not_a_number"), (b"NaN", "not_a_number"), (b"inf", "not_a_number"),
        (b"unavailable", "not_numeric"), (b"4,31", "not_numeric"), (b"4.3 C", "not_numeric"),
        (b"1_0", "not_numeric"), (b"0x10", "not_numeric"),
        (b"85.0", "power_on_reset"), (b"-127.0", "probe_lost"), (b"327.67", "probe_lost"),
        (b"120", "out_of_range"),
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_bad(payload: bytes, reason: str) -> None:
    said = reading(decode_one(payload, NODE, topic=TEMPERATURE))
    assert (said.quality, said.value, said.reason) == ("BAD", None, reason)


@pytest.mark.parametrize("payload", [b"2", b"maybe", b"-1", b"nan"])
def test_contact_that_is_neither_is_bad(payload: bytes) -> None:
    said = reading(decode_one(payload, NODE, topic="tu-lanh-05/binary_sensor/cua/state"))
    assert (said.quality, said.value) == ("BAD", None)


@pytest.mark.parametrize(
    ("payload", "topic", "reason"),
    [
        (b"", TEMPERATURE, "cold.empty"),
        (b'{"t": 4}', TEMPERATURE, "cold.not_plain"),
        (b"4.31" + b"0" * 40, TEMPERATURE, "cold.not_plain"),
        ("4,3 °C".encode(), TEMPERATURE, "cold.not_plain"),
        (b"4.3\x00", TEMPERATURE, "cold.not_plain"),
        (b"4.31", "tu-lanh-05/sensor/other/state", "cold.topic_unknown"),
        (b"4.31", "", "cold.topic_unknown"),
    ],
)
def test_what_is_no_message_is_refused_with_a_code(payload: bytes, topic: str, reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(payload, RECEIVED_MS, NODE, topic=topic)
    assert refused.value.reason == reason


def test_kept_copy_is_uncertain_and_fahrenheit_is_told() -> None:
    assert reading(decode_one(b"4.3", NODE, topic=TEMPERATURE, retained=True)).reason == "retained"
    node = device("esphome", topic="f", probes={"t": "temp.vaccine"}, unit="[degF]")
    assert reading(decode_one(b"40.1", node, topic="f/sensor/t/state")).value == 4.5


def test_bytes_alone_are_of_the_only_sensor() -> None:
    node = device("esphome", topic="f", probes={"t": "temp.vaccine"})
    assert reading(decode_one(b"4.5", node)).value == 4.5


@given(st.binary(max_size=48))
def test_any_bytes_are_a_number_a_word_or_undecodable(payload: bytes) -> None:
    try:
        value = plain.value(payload)
    except Undecodable:
        return
    assert isinstance(value, float) or (value.isascii() and len(value) <= plain.LONGEST_BYTES)


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"topic": "tu-lanh-05"}, "needs probes"),
        ({"topic": "tu-lanh-05/", "probes": PROBES}, "without / at its end"),
        ({"topic": "t", "probes": {"a": "power.available_s"}}, "have a unit of their own"),
    ],
)
def test_mistakes_are_said(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        device("esphome", **settings)
