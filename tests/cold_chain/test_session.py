"""One session a broker: routing, what is committed before the acknowledgement, and what health says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.cold_chain import cold_mqtt, cold_mqtt_session
from adapters.cold_chain.cold_mqtt import ColdMqtt
from hub.contract import Fact, Frame
from hub.errors import DeviceUnavailable, NotCommitted
from hub.streams import MqttEndpoint, MqttMessage, now_ms
from tests.cold_chain.devices import device, reading
from tests.cold_chain.recording import RecordingOutlet
from tests.cold_chain.uplinks import chirpstack, sensor

GOOD = b'{"temperature": 4.5, "last_seen": "2021-01-02T02:09:44Z"}'


class Broker:
    """Stands where ``subscribe_mqtt`` stands: delivers what the test gives, then goes away."""

    def __init__(self, *messages: MqttMessage) -> None:
        self.messages = messages
        self.endpoint: MqttEndpoint | None = None
        self.acknowledged = 0

    async def subscribe(self, endpoint: MqttEndpoint, accept: Any) -> None:
        self.endpoint = endpoint
        for message in self.messages:
            try:
                await accept(message)
                self.acknowledged += 1
            except NotCommitted:
                continue
        raise DeviceUnavailable("broker: closed")


async def serve(monkeypatch: pytest.MonkeyPatch, members: list[ColdMqtt], *messages: MqttMessage) -> Broker:
    broker = Broker(*messages)
    monkeypatch.setattr(cold_mqtt, "subscribe_mqtt", broker.subscribe)
    with pytest.raises(DeviceUnavailable):
        await ColdMqtt.run_shared(members)
    return broker


def fridge(
    number: int = 1, dialect: str = "zigbee2mqtt", **settings: Any
) -> tuple[ColdMqtt, RecordingOutlet]:
    topic = {"topic": f"zigbee2mqtt/tu-lanh-{number:02d}"} if dialect == "zigbee2mqtt" else {}
    outlet = RecordingOutlet()
    return ColdMqtt(device(dialect, id=f"fridge-{number}", **topic | settings), outlet), outlet


def live(topic: str, payload: bytes, retain: bool = False) -> MqttMessage:
    return MqttMessage(topic, payload, retain)


def facts(outlet: RecordingOutlet) -> list[Fact]:
    return [fact for queued in outlet.queued for fact in queued]


def states(outlet: RecordingOutlet) -> list[tuple[object, ...]]:
    return [entry[1:] for entry in outlet.journal if entry[0] == "health"]


async def test_messages_go_to_the_device_of_their_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = fridge(1)
    two, second = fridge(2)
    broker = await serve(monkeypatch, [one, two], live("zigbee2mqtt/tu-lanh-02", GOOD))
    assert (len(facts(first)), len(facts(second)), broker.acknowledged) == (0, 1, 1)
    assert broker.endpoint is not None
    assert broker.endpoint.topics == (
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/tu-lanh-01",
        "zigbee2mqtt/tu-lanh-01/availability",
        "zigbee2mqtt/tu-lanh-02",
        "zigbee2mqtt/tu-lanh-02/availability",
    )


async def test_frame_keeps_the_bytes_and_how_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    member, outlet = fridge()
    await serve(monkeypatch, [member], live("zigbee2mqtt/tu-lanh-01", b'{"temperature": 4.5}', retain=True))
    frame = outlet.journal[0][1]
    assert isinstance(frame, Frame)
    assert (frame.raw, frame.control) == (b'{"temperature": 4.5}', "")
    (replayed,) = member.interpret(frame, 0).facts
    assert [replayed] == facts(outlet)
    assert reading(replayed).reason == "retained"


async def test_what_is_not_committed_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    member, outlet = fridge()
    outlet.full = True
    broker = await serve(monkeypatch, [member], live("zigbee2mqtt/tu-lanh-01", GOOD), live("z", b"?"))
    assert (broker.acknowledged, outlet.journal) == (0, [])


async def test_commit_is_queued_before_anything_is_awaited() -> None:
    member, outlet = fridge()
    awaitable = cold_mqtt_session.Session([member]).accept(live("zigbee2mqtt/tu-lanh-01", GOOD))
    assert len(outlet.queued) == 1
    assert outlet.journal == []
    await awaitable
    assert len(outlet.journal) == 1


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[]"])
async def test_garbage_is_quarantined_and_acknowledged(
    monkeypatch: pytest.MonkeyPatch, payload: bytes
) -> None:
    member, outlet = fridge()
    broker = await serve(monkeypatch, [member], live("zigbee2mqtt/tu-lanh-01", payload))
    assert [entry[0] for entry in outlet.journal] == ["quarantine"]
    assert outlet.journal[0][2] is True
    assert broker.acknowledged == 1


async def test_topic_of_none_or_several_is_quarantined_as_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = fridge(1)
    two, second = fridge(2, topic="zigbee2mqtt/tu-lanh-01")
    await serve(monkeypatch, [one, two], live("zigbee2mqtt/tu-lanh-01", GOOD), live("elsewhere", GOOD))
    assert first.journal == [
        ("quarantine", "cold.topic_of_several", False),
        ("quarantine", "cold.topic_unknown", False),
    ]
    assert second.journal == []


@pytest.mark.parametrize(
    ("payload", "health"),
    [
        (b"offline", ("health", "OFFLINE", "reported_offline")),
        (b'{"state":"offline"}', ("health", "OFFLINE", "reported_offline")),
        (b"online", ("health", "ONLINE", "reported_online")),
        (b'{"state":"online"}', ("health", "ONLINE", "reported_online")),
    ],
)
async def test_availability_is_the_health_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, payload: bytes, health: tuple[str, ...]
) -> None:
    member, outlet = fridge()
    await serve(monkeypatch, [member], live("zigbee2mqtt/tu-lanh-01/availability", payload, retain=True))
    assert [entry[0] for entry in outlet.journal] == ["emit", "health"]
    assert outlet.journal[1] == health
    assert facts(outlet) == []


async def test_tasmota_last_will(monkeypatch: pytest.MonkeyPatch) -> None:
    member, outlet = fridge(1, "tasmota")
    await serve(monkeypatch, [member], live("tele/tu-lanh-01/LWT", b"Offline", retain=True))
    assert outlet.journal[-1] == ("health", "OFFLINE", "reported_offline")


@pytest.mark.parametrize("payload", [b"", b"maybe", b"{}", b'{"state": 1}', b"{", b"\xff" * 100])
async def test_availability_that_says_nothing_is_quarantined(
    monkeypatch: pytest.MonkeyPatch, payload: bytes
) -> None:
    member, outlet = fridge()
    await serve(monkeypatch, [member], live("zigbee2mqtt/tu-lanh-01/availability", payload))
    assert [entry[0] for entry in outlet.journal] == ["quarantine"]


async def test_bridge_that_went_takes_its_devices_along(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = fridge(1)
    two, second = fridge(2)
    state = "zigbee2mqtt/bridge/state"
    await serve(
        monkeypatch,
        [one, two],
        live(state, b'{"state":"offline"}'),
        live(state, b"online"),
        live(state, b"?"),
    )
    assert first.journal == [
        ("health", "OFFLINE", "bridge_offline"),
        ("quarantine", "cold.availability_unknown", False),
    ]
    assert second.journal == [("health", "OFFLINE", "bridge_offline")]


async def test_failed_probe_degrades_until_it_measures_again(monkeypatch: pytest.MonkeyPatch) -> None:
    member, outlet = fridge()
    topic = "zigbee2mqtt/tu-lanh-01"
    lost, well = live(topic, b'{"temperature": -127}'), live(topic, b'{"temperature": 4.5}')
    kept = live(topic, b'{"temperature": 4.5, "last_seen": "2021-01-02T02:09:44Z"}', retain=True)
    nothing, battery = (
        live(topic, b'{"linkquality": 3}'),
        live(topic, b'{"temperature": 4.5, "battery": null}'),
    )
    await serve(monkeypatch, [member], well, lost, kept, nothing)
    assert states(outlet) == [("DEGRADED", "probe_failed")]
    await serve(monkeypatch, [member], well, battery)
    assert states(outlet) == [("DEGRADED", "probe_failed"), ("ONLINE", "measures_again")]


async def test_kept_copy_does_not_make_a_silent_device_live(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = "zigbee2mqtt/tu-lanh-01"
    kept = live(topic, b'{"temperature": 4.5}', retain=True)
    timed = live(topic, b'{"temperature": 4.5, "last_seen": %d}' % now_ms(), retain=True)
    for messages, expected in (
        ([kept], [("UNKNOWN", "retained_only")]),
        ([live(topic, b'{"temperature": 4.5}'), kept], []),
        ([timed, kept], []),
    ):
        member, outlet = fridge()
        await serve(monkeypatch, [member], *messages)
        assert states(outlet) == expected


@pytest.mark.parametrize("time", ["1970-01-01T00:00:03", "2999-01-01T00:00:00", "soon"])
async def test_clock_that_is_wrong_degrades(monkeypatch: pytest.MonkeyPatch, time: str) -> None:
    member, outlet = fridge(1, "tasmota")
    payload = b'{"Time": "%b", "DS18B20": {"Temperature": 4.5}, "TempUnit": "C"}' % time.encode()
    await serve(monkeypatch, [member], live("tele/tu-lanh-01/SENSOR", payload))
    assert outlet.journal[-1] == ("health", "DEGRADED", "clock_wrong")


def test_one_link_a_broker_and_user() -> None:
    assert fridge(1)[0].link() == fridge(2)[0].link()
    other = {"broker": "mqtt://10.1.2.3"}
    assert fridge(1)[0].link() != fridge(2, **other)[0].link()
    assert fridge(1, **other)[0].link() != fridge(2, **other, username="b")[0].link()
    assert hash(fridge(1)[0].link()) == hash(fridge(2)[0].link())


async def test_every_topic_of_a_node_is_heard_and_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    outlet = RecordingOutlet()
    probes = {"nhiet_do": "temp.vaccine", "cua": "door.open"}
    node = ColdMqtt(device("esphome", topic="tu-lanh-05", probes=probes), outlet)
    broker = await serve(
        monkeypatch,
        [node],
        live("tu-lanh-05/sensor/nhiet_do/state", b"4.3"),
        live("tu-lanh-05/binary_sensor/cua/state", b"OFF"),
        live("tu-lanh-05/sensor/khac/state", b"9.9"),
    )
    assert broker.endpoint is not None
    assert broker.endpoint.topics == (
        "tu-lanh-05/binary_sensor/cua/state",
        "tu-lanh-05/sensor/nhiet_do/state",
        "tu-lanh-05/status",
    )
    assert [(reading(fact).metric, reading(fact).value) for fact in facts(outlet)] == [
        ("temp.vaccine", 4.3),
        ("door.open", 0.0),
    ]
    assert ("quarantine", "cold.topic_unknown", False) in outlet.journal


async def test_gateway_that_went_takes_its_tags_along(monkeypatch: pytest.MonkeyPatch) -> None:
    member, outlet = fridge(1, "ruuvi", topic="ruuvi/gateway/tag")
    await serve(monkeypatch, [member], live("ruuvi/gateway/gw_status", b'{"state":"offline"}', retain=True))
    assert states(outlet) == [("OFFLINE", "bridge_offline")]


@pytest.mark.parametrize(("word", "state"), [(b"true", "ONLINE"), (b"false", "OFFLINE")])
async def test_shelly_says_true_or_false(monkeypatch: pytest.MonkeyPatch, word: bytes, state: str) -> None:
    member, outlet = fridge(1, "shelly", topic="s/events/rpc", status_topic="s/online")
    await serve(monkeypatch, [member], live("s/online", word, retain=True))
    assert states(outlet) == [(state, f"reported_{state.lower()}")]


async def test_what_was_wrong_yesterday_does_not_degrade_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """A LoRaWAN sensor sends what it kept: a probe that was lost then may be well now."""
    outlet = RecordingOutlet()
    node = ColdMqtt(sensor("milesight-em300"), outlet)
    now = datetime.now(UTC)
    yesterday = int((now - timedelta(days=1)).timestamp()).to_bytes(4, "little")
    record = chirpstack(b"\x20\xce" + yesterday + b"\xff\x7f\x50\x00", time=now.isoformat())
    lost = chirpstack(b"\x03\x67\xff\x7f", time=now.isoformat())
    well = chirpstack(b"\x03\x67\x2c\x00", time=now.isoformat())
    topic = node.config.topic
    await serve(monkeypatch, [node], live(topic, record))
    assert [reading(fact).quality for fact in facts(outlet)] == ["BAD", "GOOD"]
    assert states(outlet) == []
    await serve(monkeypatch, [node], live(topic, lost), live(topic, record), live(topic, well))
    assert states(outlet) == [("DEGRADED", "probe_failed"), ("ONLINE", "measures_again")]


async def test_empty_cell_is_no_failed_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    outlet = RecordingOutlet()
    node = ColdMqtt(sensor("dragino-lht65n"), outlet)
    status = chirpstack(bytes.fromhex("0B011501FF0640"), fPort=5, time=datetime.now(UTC).isoformat())
    await serve(monkeypatch, [node], live(node.config.topic, status))
    assert [reading(fact).quality for fact in facts(outlet)] == ["BAD"]
    assert states(outlet) == []


def shared(number: int, **settings: Any) -> tuple[ColdMqtt, RecordingOutlet]:
    return fridge(number, shared=True, **settings)


def said(outlet: RecordingOutlet) -> dict[str, float | None]:
    return {reading(fact).metric: reading(fact).value for fact in facts(outlet)}


async def test_node_of_two_fridges_is_two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = shared(1, dialect="tasmota", probes={"AAAA": "temp.vaccine"})
    two, second = shared(2, dialect="tasmota", probes={"DS18B20-2": "temp.vaccine", "CCCC": "temp.ambient"})
    payload = (
        b'{"Time": "2025-11-22T15:20:00", "DS18B20-1": {"Id": "AAAA", "Temperature": 4.1},'
        b' "DS18B20-2": {"Id": "BBBB", "Temperature": -20.5}, "DS18B20-3": {"Id": "CCCC", "Temperature": 28},'
        b' "DS18B20-4": {"Id": "DDDD", "Temperature": 9}, "TempUnit": "C"}'
    )
    broker = await serve(
        monkeypatch,
        [one, two],
        live("tele/tu-lanh-01/SENSOR", payload),
        live("tele/tu-lanh-01/LWT", b"Online"),
    )
    assert said(first) == {"temp.vaccine": 4.1}
    assert said(second) == {"temp.vaccine": -20.5, "temp.ambient": 28}
    assert ("ONLINE", "reported_online") in states(first)
    assert ("ONLINE", "reported_online") in states(second)
    assert broker.acknowledged == 2


async def test_shared_message_waits_for_every_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = shared(1, dialect="tasmota", probes={"A": "temp.vaccine"})
    two, second = shared(2, dialect="tasmota", probes={"B": "temp.vaccine"})
    second.full = True
    payload = b'{"A": {"Temperature": 4.1}, "B": {"Temperature": 5}, "TempUnit": "C"}'
    broker = await serve(monkeypatch, [one, two], live("tele/tu-lanh-01/SENSOR", payload))
    assert (said(first), broker.acknowledged, second.journal) == ({"temp.vaccine": 4.1}, 0, [])


async def test_shared_bytes_that_nobody_understands_are_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = shared(1, dialect="tasmota", probes={"A": "temp.vaccine"})
    two, second = shared(2, dialect="tasmota", probes={"B": "temp.vaccine"})
    broker = await serve(monkeypatch, [one, two], live("tele/tu-lanh-01/SENSOR", b"{"))
    assert first.journal == [("quarantine", "cold.invalid_json", True)]
    assert (second.journal, broker.acknowledged) == ([], 1)


async def test_topic_that_not_all_share_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = shared(1, dialect="tasmota", probes={"A": "temp.vaccine"})
    two, _ = fridge(2, "tasmota")
    await serve(monkeypatch, [one, two], live("tele/tu-lanh-01/SENSOR", b"{}"))
    assert first.journal == [("quarantine", "cold.topic_of_several", False)]
