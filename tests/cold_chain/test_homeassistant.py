"""Home Assistant's discovery: what a configuration topic tells, and the readings that it leads to."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.cold_mqtt import ColdMqtt
from adapters.cold_chain.decoders import Undecodable, decode
from adapters.cold_chain.decoders.homeassistant import announcement, read, written
from adapters.cold_chain.decoders.incoming import Place
from hub.contract import Frame
from hub.payloads import Reading
from tests.cold_chain.devices import RECEIVED_MS, device, reading
from tests.cold_chain.recording import RecordingOutlet

CONFIG = "homeassistant/sensor/0x00158d/temperature/config"
NODE = device("homeassistant", topic=CONFIG, probes={"humidity": "humidity.vaccine"})
FULL = {
    "device_class": "temperature",
    "state_topic": "zigbee2mqtt/tu-lanh-08",
    "unit_of_measurement": "°C",
    "value_template": "{{ value_json.temperature }}",
    "unique_id": "0x00158d_temperature",
}


def told(metric: str = "temp.vaccine", **changes: Any) -> tuple[str, Place]:
    said = {name: value for name, value in (FULL | changes).items() if value is not None}
    found = announcement(json.dumps(said).encode(), metric)
    assert found is not None
    return found


def refused(metric: str = "temp.vaccine", **changes: Any) -> str:
    with pytest.raises(Undecodable) as error:
        told(metric, **changes)
    return error.value.reason


def say(payload: bytes, *places: Place, **settings: Any) -> list[Reading]:
    config = device("homeassistant", topic=CONFIG, **settings)
    facts = decode(payload, RECEIVED_MS, config, topic="s", announced=written(list(places)))
    return [reading(fact) for fact in facts]


def test_topics_are_those_of_the_discovery() -> None:
    assert NODE.announced_topics == {
        CONFIG: "temp.vaccine",
        "homeassistant/sensor/0x00158d/humidity/config": "humidity.vaccine",
    }
    assert NODE.measured_topics == {}
    assert ColdMqtt(NODE, RecordingOutlet()).link() is None


def test_written_out_and_short_are_the_same() -> None:
    full = told()
    assert full == ("zigbee2mqtt/tu-lanh-08", Place("temp.vaccine", ("temperature",), "°C"))
    short = {"~": "zigbee2mqtt/tu-lanh-08", "stat_t": "~", "unit_of_meas": "°C", "dev_cla": "temperature",
             "val_tpl": "{{value_json.temperature}}"}  # fmt: skip
    assert announcement(json.dumps(short).encode(), "temp.vaccine") == full


@pytest.mark.parametrize(
    ("base", "topic", "whole"),
    [("a/b", "~/state", "a/b/state"), ("b/c", "a/~", "a/b/c"), ("x", "a~b", "a~b")],
)
def test_base_topic(base: str, topic: str, whole: str) -> None:
    assert told(**{"~": base, "state_topic": topic})[0] == whole


def test_empty_message_takes_it_back() -> None:
    assert announcement(b"", "temp.vaccine") is None


@pytest.mark.parametrize(
    ("template", "path"),
    [
        (None, ()),
        ("{{ value }}", ()),
        ("{{ value_json.temperature }}", ("temperature",)),
        ("{{value_json.a.b.c}}", ("a", "b", "c")),
        (" {{- value_json.DS18B20 -}} ", ("DS18B20",)),
    ],
)
def test_templates_that_are_understood(template: str | None, path: tuple[str, ...]) -> None:
    assert told(value_template=template)[1].path == path


@pytest.mark.parametrize(
    "template",
    ["{{ value_json.temperature | round(1) }}", "{{ value_json['temperature'] }}", "{{ value_json }}", "", 5,
     "{% if value_json.x %}1{% endif %}", "{{ value_json.a.b.c.d.e }}",
     "{{ value_json.a }}{{ value_json.b }}",
     "{{ value_json.nhiệt }}", "{{ states('x') }}", [], {}],
)  # fmt: skip
def test_any_other_template_is_refused(template: Any) -> None:
    assert refused(value_template=template) == "cold.template"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state_topic": None}, "cold.announced_topic"),
        ({"state_topic": "zigbee2mqtt/+"}, "cold.announced_topic"),
        ({"state_topic": "#"}, "cold.announced_topic"),
        ({"state_topic": "epihub/v1/evt/p00"}, "cold.announced_topic"),
        ({"state_topic": ["a"]}, "cold.announced_topic"),
        ({"device_class": "humidity"}, "cold.announced_otherwise"),
        ({"payload_on": ["ON"]}, "cold.announced_payload"),
        ({"payload_on": "O" * 33}, "cold.announced_payload"),
    ],
)
def test_what_leads_nowhere_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert refused(**changes) == reason


@pytest.mark.parametrize(
    ("payload", "path", "value", "reason"),
    [
        (b'{"temperature": 4.62, "battery": 90}', ("temperature",), 4.62, None),
        (b'{"a": {"b": -20}}', ("a", "b"), -20.0, None),
        (b'{"temperature": "4.2"}', ("temperature",), 4.2, None),
        (b"4.31", (), 4.31, None),
        (b'{"humidity": 50}', ("temperature",), None, "missing"),
        (b'{"temperature": null}', ("temperature",), None, "missing"),
        (b'{"a": 5}', ("a", "b"), None, "missing"),
        (b'{"temperature": "unavailable"}', ("temperature",), None, "not_numeric"),
        (b'{"temperature": 85}', ("temperature",), None, "power_on_reset"),
        (b"nan", (), None, "not_a_number"),
    ],
)
def test_value_where_it_was_announced(
    payload: bytes, path: tuple[str, ...], value: float | None, reason: str | None
) -> None:
    (said,) = say(payload, Place("temp.vaccine", path, "°C"))
    assert (said.value, said.reason) == (value, reason)


def test_units() -> None:
    assert say(b"41", Place("temp.vaccine", (), "°F"))[0].value == 5.0
    assert say(b"4.5", Place("temp.vaccine", (), None))[0].reason == "unit_unknown"
    assert say(b"4.5", Place("temp.vaccine", (), None), unit="Cel")[0].value == 4.5
    assert say(b"50", Place("humidity.vaccine", (), None))[0].value == 50
    assert say(b"0.5", Place("humidity.vaccine", (), "g/m³"))[0].reason == "unit_unknown"
    assert say(b"3.1", Place("battery.volts", (), "V"))[0].value == 3.1
    assert say(b"3100", Place("battery.volts", (), "mV"))[0].reason == "unit_unknown"


@pytest.mark.parametrize(
    ("payload", "value"),
    [(b'{"contact": false}', 1.0), (b'{"contact": true}', 0.0), (b'{"contact": "?"}', None), (b"{}", None)],
)
def test_door_as_its_bridge_says_it(payload: bytes, value: float | None) -> None:
    """Zigbee2MQTT announces contact false as on: open."""
    said = {
        "state_topic": "z",
        "value_template": "{{ value_json.contact }}",
        "payload_on": False,
        "payload_off": True,
    }
    found = announcement(json.dumps(said).encode(), "door.open")
    assert found is not None
    assert say(payload, found[1])[0].value == value


def test_metrics_of_one_topic_come_of_one_message() -> None:
    places = [Place("temp.vaccine", ("t",), "°C"), Place("battery.percent", ("b",), "%")]
    assert [said.value for said in say(b'{"t": 4, "b": 90}', *places)] == [4, 90]


def test_replay_finds_the_value_where_it_was_announced_then() -> None:
    node = ColdMqtt(NODE, RecordingOutlet())
    origin = "mqtt 1763800000000 live zigbee2mqtt/x\n" + written([Place("temp.vaccine", ("t",), "°C")])
    (fact,) = node.interpret(Frame(b'{"t": 4.5}', origin=origin), 0).facts
    assert (reading(fact).value, fact.time_ms) == (4.5, RECEIVED_MS)
    (problem,) = node.interpret(Frame(b'{"t": 4.5}'), 0).problems
    assert problem.reason == "cold.not_announced"


def test_discovery_itself_is_no_reading() -> None:
    node = ColdMqtt(NODE, RecordingOutlet())
    origin = f"mqtt 1763800000000 retained {CONFIG}"
    assert node.interpret(Frame(json.dumps(FULL).encode(), origin=origin), 0).facts == ()
    (problem,) = node.interpret(Frame(b"{}", origin=origin), 0).problems
    assert problem.reason == "cold.announced_topic"


PLACES = st.builds(
    Place,
    st.just("temp.vaccine"),
    st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=5), max_size=4).map(tuple),
    st.none() | st.sampled_from(["°C", "°F", "%"]),
)


@given(st.lists(PLACES, max_size=3))
def test_what_is_written_is_read_again(places: list[Place]) -> None:
    assert list(read(written(places))) == places
    assert "\n" not in written(places)


@given(st.binary(max_size=80), PLACES)
def test_any_bytes_are_readings_or_undecodable(payload: bytes, place: Place) -> None:
    try:
        (said,) = say(payload, place)
    except Undecodable:
        return
    assert said.value is None or -100 <= said.value <= 100


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"topic": "homeassistant/sensor/x"}, "is the one of the discovery"),
        ({"topic": CONFIG, "metric": "power.available_s"}, "have a unit of their own"),
        ({"topic": CONFIG, "probes": {"t2": "temp.vaccine"}}, "two probes have the metric temp.vaccine"),
    ],
)
def test_mistakes_are_said(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        device("homeassistant", **settings)
