"""What a node makes of the messages of Home Assistant's discovery, without a broker."""

import json

import pytest

from adapters.cold_chain.cold_mqtt import ColdMqtt
from adapters.cold_chain.cold_mqtt_discovery import MOST_MOVES, Discovery
from adapters.cold_chain.cold_mqtt_session import Came, Session
from hub.streams import MqttMessage
from tests.cold_chain.devices import device
from tests.cold_chain.recording import RecordingOutlet

NODE = "homeassistant/sensor/0x00158d"
TEMPERATURE, HUMIDITY = f"{NODE}/temperature/config", f"{NODE}/humidity/config"


def discovery() -> tuple[Discovery, RecordingOutlet]:
    outlet = RecordingOutlet()
    config = device(
        "homeassistant", topic=TEMPERATURE, probes={"humidity": "humidity.vaccine"}, status_topic="z/a"
    )
    return Discovery(ColdMqtt(config, outlet)), outlet


def told(topic: str, state_topic: str, template: str = "{{ value_json.t }}") -> MqttMessage:
    said = {"state_topic": state_topic, "value_template": template, "unit_of_measurement": "°C"}
    return MqttMessage(topic, json.dumps(said).encode(), retain=True)


async def test_each_measurement_goes_its_own_way() -> None:
    found, outlet = discovery()
    await found.hear(told(TEMPERATURE, "z/a-node"))
    assert [entity.topic for entity in found.entities.values()] == ["z/a-node", ""]
    assert [entity.moved.is_set() for entity in found.entities.values()] == [True, False]
    assert outlet.journal == []


async def test_another_place_on_the_same_topic_needs_no_other_session() -> None:
    found, _ = discovery()
    entity = found.entities[TEMPERATURE]
    await found.hear(told(TEMPERATURE, "z/x"))
    entity.moved.clear()
    entity.session = Session([found.node], {entity.topic: entity.place})
    await found.hear(told(TEMPERATURE, "z/x", "{{ value_json.temperature }}"))
    assert not entity.moved.is_set()
    assert entity.session.announced == {"z/x": entity.place}
    assert '"temperature"' in entity.place


async def test_empty_message_ends_it() -> None:
    found, outlet = discovery()
    await found.hear(told(TEMPERATURE, "z/x"))
    found.entities[TEMPERATURE].moved.clear()
    await found.hear(MqttMessage(TEMPERATURE, b"", retain=False))
    assert found.entities[TEMPERATURE].topic == ""
    assert found.entities[TEMPERATURE].moved.is_set()
    assert outlet.journal == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (MqttMessage(TEMPERATURE, b"{", False), "cold.invalid_json"),
        (MqttMessage(TEMPERATURE, b"{}", False), "cold.announced_topic"),
        (told(TEMPERATURE, "z/x", "{{ now() }}"), "cold.template"),
        (told(f"{NODE}/other/config", "z/x"), "cold.topic_unknown"),
    ],
)
async def test_what_is_not_understood_is_kept_and_changes_nothing(message: MqttMessage, reason: str) -> None:
    found, outlet = discovery()
    await found.hear(told(TEMPERATURE, "z/before"))
    await found.hear(message)
    assert outlet.journal == [("quarantine", reason, True)]
    assert found.entities[TEMPERATURE].topic == "z/before"


async def test_topic_that_moves_again_and_again_is_followed_no_more() -> None:
    found, outlet = discovery()
    for number in range(MOST_MOVES + 5):
        await found.hear(told(TEMPERATURE, f"z/{number}"))
        await found.hear(told(TEMPERATURE, f"z/{number}"))
    assert found.entities[TEMPERATURE].topic == f"z/{MOST_MOVES - 1}"
    assert outlet.journal == [("quarantine", "cold.announced_often", True)] * 10


def test_status_is_heard_by_the_first_session_only() -> None:
    found, _ = discovery()
    assert [entity.first for entity in found.entities.values()] == [True, False]
    assert Session([found.node], {"z/x": "[]"}, status=True).topics == ("z/a", "z/x")
    assert Session([found.node], {"z/x": "[]"}, status=False).topics == ("z/x",)


@pytest.mark.parametrize("announced", ["", '[["temp.vaccine", ["t"], "\\u00b0C", "ON", "OFF"]]'])
def test_how_a_message_came_is_read_again(announced: str) -> None:
    came = Came("zigbee2mqtt/x", 1_763_800_000_000, True, announced)
    assert Came.read(str(came), 5) == came
