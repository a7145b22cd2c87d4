"""Hostile bytes: never an exception, never a good reading that is none, never the device's own words."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cold_chain.cold_mqtt import ColdMqtt
from adapters.cold_chain.decoders.homeassistant import written
from adapters.cold_chain.decoders.incoming import Place
from adapters.cold_chain.payloads import FAMILIES
from hub.contract import Frame
from tests.cold_chain.devices import RECEIVED_MS, device, reading
from tests.cold_chain.recording import RecordingOutlet
from tests.cold_chain.uplinks import sensor

NAMES = st.sampled_from(
    ["temperature", "humidity", "battery", "last_seen", "Time", "TempUnit", "DS18B20-1", "AM2301", "Id",
     "Temperature", "Humidity", "t", "u", "n", "at", "state", "ESP32", "method", "params", "ts", "tC",
     "temperature:0", "devicepower:0", "errors", "data", "tags", "deviceInfo", "fPort", "fCnt",
     "uplink_message", "frm_payload", "f_port", "state_topic", "value_template"]
) | st.text(max_size=8)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
    | st.sampled_from([85.0, -127, 327.67, "nan", "C", "F", "2021-01-02T09:09:44", 1653668027, "online",
                       "NotifyStatus", "A2ds", "AXVkA2cnAQ==", "0201061BFF99040515AE"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)  # fmt: skip
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=8).map(lambda document: json.dumps(document).encode())
CONFIG = "homeassistant/sensor/f/t/config"
PLACE = {"value": "t", "unit_path": "u", "time": "at", "sequence": "n"}
DEVICES = [
    ColdMqtt(config, RecordingOutlet())
    for config in (
        device(),
        device("tasmota"),
        device("mapped", mapping={"temp.vaccine": PLACE, "door.count": {"value": "sum(t)", "unit": "1"}}),
        device("esphome", topic="zigbee2mqtt", probes={"t": "temp.vaccine", "cua": "door.open"}),
        device("shelly", topic="x/events/rpc"),
        device("shelly", topic="shellies/x", probes={"0": "temp.vaccine"}),
        device("ruuvi", topic="ruuvi/gateway/tag"),
        device("homeassistant", topic=CONFIG),
        *(sensor(payload, server) for payload in FAMILIES for server in ("chirpstack", "ttn")),
    )
]
ORIGINS = st.sampled_from(
    [
        "",
        "mqtt 1763800000000 live zigbee2mqtt/tu-lanh-01",
        "mqtt 1763800000000 retained zigbee2mqtt/tu-lanh-01/availability",
        "mqtt 1763800000000 live x",
        "mqtt 1763800000000 live zigbee2mqtt/sensor/t/state",
        "mqtt 1763800000000 live shellies/x/ext_temperature/0",
        f"mqtt 1763800000000 retained {CONFIG}",
        "mqtt 1763800000000 live x\n[" + "[" * 3000,
        'mqtt 1763800000000 live x\n[["temp.vaccine", [[]], 5, "", ""]]',
        "mqtt 1763800000000 live x\n" + written([Place("temp.vaccine", ("t",), "°C")]),
        "mqtt",
        "\x00",
    ]
)


def check(member: ColdMqtt, raw: bytes, origin: str) -> None:
    frame = Frame(raw, origin=origin)
    meaning = member.interpret(frame, RECEIVED_MS)
    assert meaning == member.interpret(frame, RECEIVED_MS)
    for problem in meaning.problems:
        assert problem.raw == raw
        assert problem.reason.startswith("cold.")
    for fact in meaning.facts:
        said = reading(fact)
        assert (said.value is None) == (said.quality == "BAD")
        assert said.value is None or math.isfinite(said.value)
        assert (said.reason is None) == (said.quality == "GOOD")
        assert fact.timesource != "received" or fact.time_ms == RECEIVED_MS


@given(st.sampled_from(DEVICES), st.binary(max_size=300), ORIGINS)
def test_any_bytes(member: ColdMqtt, raw: bytes, origin: str) -> None:
    check(member, raw, origin)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.sampled_from(DEVICES), DOCUMENTS, ORIGINS)
def test_any_document(member: ColdMqtt, raw: bytes, origin: str) -> None:
    check(member, raw, origin)


@given(st.sampled_from(DEVICES[:3]), st.text(min_size=17, max_size=40))
def test_text_of_a_device_stays_at_the_edge(member: ColdMqtt, words: str) -> None:
    document = {
        "temperature": words,
        "t": words,
        "u": words,
        "DS18B20": {"Temperature": words},
        "TempUnit": words,
    }
    meaning = member.interpret(Frame(json.dumps(document).encode()), RECEIVED_MS)
    assert meaning.facts
    assert words not in repr(meaning.facts).replace("\\\\", "\\")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=17, max_size=30))
def test_words_of_a_plain_topic_stay_at_the_edge(words: str) -> None:
    topic = "mqtt 1763800000000 live zigbee2mqtt/sensor/t/state"
    node = next(member for member in DEVICES if member.config.dialect == "esphome")
    meaning = node.interpret(Frame(words.encode(), origin=topic), RECEIVED_MS)
    assert words not in repr(meaning.facts)
    assert all(words not in problem.reason + problem.place for problem in meaning.problems)
