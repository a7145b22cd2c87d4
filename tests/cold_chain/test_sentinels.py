"""No sentinel of any device becomes a good reading, in any dialect and unit."""

import json
from typing import Any

import pytest

from adapters.cold_chain.decoders.homeassistant import written
from adapters.cold_chain.decoders.incoming import Place
from hub.payloads import Reading
from tests.cold_chain.devices import decode_one, device, reading

CELSIUS: list[Any] = [
    85.0,
    85,
    -127.0,
    -127,
    300.0,
    327.67,
    3276.7,
    32767,
    -32768,
    -327.68,
    65535,
    1e999,
    -1e999,
    1e300,
]
NOT_A_NUMBER: list[Any] = [
    float("nan"),
    None,
    "nan",
    "4.2",
    "",
    "Infinity",
    True,
    False,
    [],
    [4.2],
    {},
    {"value": 4.2},
]
DIALECTS = ["zigbee2mqtt", "tasmota", "mapped"]  # a number in JSON, with a unit
PLACE = written([Place("temp.vaccine", ("t",), "°C")])
FROM_CELSIUS = {"C": lambda c: c, "F": lambda c: c * 9 / 5 + 32, "K": lambda c: c + 273.15}


def say(dialect: str, value: Any, unit: Any = "C") -> Reading:
    """What the one reading is when a device of this dialect sends ``value``."""
    settings: dict[str, Any] = {}
    if dialect == "zigbee2mqtt":
        document: dict[str, Any] = {"temperature": value}
        settings = {"unit": {"C": "Cel", "F": "[degF]", "K": "K"}[unit]}
    elif dialect == "tasmota":
        document = {"Time": "2025-11-22T15:00:00", "DS18B20": {"Temperature": value}, "TempUnit": unit}
    else:
        document = {"t": value, "u": unit}
    return reading(decode_one(json.dumps(document).encode(), device(dialect, **settings)))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("value", CELSIUS + NOT_A_NUMBER, ids=repr)
def test_sentinel_is_bad_and_has_no_value(dialect: str, value: Any) -> None:
    said = say(dialect, value)
    assert (said.quality, said.value) == ("BAD", None)
    assert said.reason


@pytest.mark.parametrize("value", CELSIUS + NOT_A_NUMBER, ids=repr)
def test_sentinel_is_bad_where_the_unit_is_not_said(value: Any) -> None:
    status = json.dumps({"method": "NotifyStatus", "params": {"ts": 1, "temperature:0": {"tC": value}}})
    shelly = decode_one(status.encode(), device("shelly", topic="s/events/rpc"))
    told = device("homeassistant", topic="homeassistant/sensor/f/t/config")
    discovered = decode_one(json.dumps({"t": value}).encode(), told, topic="z", announced=PLACE)
    assert (reading(shelly).quality, reading(shelly).value) == ("BAD", None)
    if value == "4.2":  # a template renders text: there it is a number
        assert reading(discovered).value == 4.2
    else:
        assert (reading(discovered).quality, reading(discovered).value) == ("BAD", None)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("unit", ["F", "K"])
@pytest.mark.parametrize("celsius", [85.0, -127.0, 300.0, 327.67])
@pytest.mark.parametrize("decimals", [0, 1, 2, 5])
def test_sentinel_is_bad_when_the_device_converted_and_rounded_it(
    dialect: str, unit: str, celsius: float, decimals: int
) -> None:
    said = say(dialect, round(FROM_CELSIUS[unit](celsius), decimals), unit)
    assert (said.quality, said.value) == ("BAD", None)


@pytest.mark.parametrize("unit", ["C", "F", "K"])
@pytest.mark.parametrize(
    "word", [32767, 3276.7, 327.67, -32768, -3276.8, -327.68, -127, 65535, 6553.5, 655.35]
)
def test_register_word_is_bad_in_every_unit(unit: str, word: float) -> None:
    assert say("tasmota", word, unit).quality == "BAD"


@pytest.mark.parametrize(
    ("value", "reason"),
    [(85.0, "power_on_reset"), (-127.0, "probe_lost"), (300.0, "probe_lost"), (327.67, "probe_lost"),
     (None, "missing"), (float("nan"), "not_a_number"), ("4.2", "not_numeric"), (101.0, "out_of_range")],
)  # fmt: skip
def test_reason_names_the_fault(value: Any, reason: str) -> None:
    assert say("zigbee2mqtt", value).reason == reason


@pytest.mark.parametrize("value", [84.5, 85.5, -90.0, 0, -0.5, 8.0, 4.35, 100.0, -100.0])
def test_neighbour_of_a_sentinel_is_good(value: float) -> None:
    said = say("tasmota", value)
    assert (said.quality, said.value, said.reason) == ("GOOD", value, None)


def test_raw_number_is_kept_and_raw_text_is_not() -> None:
    assert say("tasmota", 85.0).raw_value == 85.0
    assert say("tasmota", " NaN ").raw_value == "nan"
    assert say("tasmota", "Nguyễn Văn A").raw_value is None


@pytest.mark.parametrize("unit", ["X", "", None, 5, "degrees of Nguyễn Văn A", ["C"]])
def test_unknown_unit_is_bad_and_not_repeated(unit: Any) -> None:
    for dialect in ("tasmota", "mapped"):
        said = say(dialect, 4.2, unit)
        assert (said.quality, said.value, said.reason, said.raw_unit) == ("BAD", None, "unit_unknown", None)
        assert said.raw_value == 4.2


@pytest.mark.parametrize("value", [-0.1, 100.5, 127.5, 255, None, "50", float("nan")])
def test_humidity_and_battery_outside_percent_are_bad(value: Any) -> None:
    for field in ("humidity", "battery"):
        payload = json.dumps({field: value}).encode()
        said = reading(decode_one(payload, device()))
        assert (said.quality, said.value, said.unit) == ("BAD", None, "%")
