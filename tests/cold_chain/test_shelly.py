"""Shelly: notifications that carry what changed, status topics, and the first generation's bare numbers."""

import json
from typing import Any

import pytest

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import Undecodable, decode
from hub.contract import Fact
from tests.cold_chain.devices import RECEIVED_MS, device, reading
from tests.cold_chain.test_dialects import values

HT = device("shelly", topic="shellyplusht-c049ef8a1234/events/rpc")
PLUS = device("shelly", topic="shellyplus1/events/rpc", probes={"100": "temp.vaccine", "101": "temp.ambient"})
TS = 1_763_799_600.62
TS_MS = 1_763_799_600_620


def notify(method: str = "NotifyStatus", **components: Any) -> bytes:
    named = {name.replace("_", ":"): status for name, status in components.items()}
    return json.dumps(
        {"src": "shelly", "dst": "x/events", "method": method, "params": {"ts": TS} | named}
    ).encode()


def facts(payload: bytes, config: ColdMqttConfig = HT, topic: str = "") -> tuple[Fact, ...]:
    return decode(payload, RECEIVED_MS, config, topic=topic or config.topic)


def refused(payload: bytes, config: ColdMqttConfig = HT, topic: str = "") -> str:
    with pytest.raises(Undecodable) as error:
        facts(payload, config, topic)
    return error.value.reason


def test_full_status_has_its_time() -> None:
    found = facts(
        notify(
            "NotifyFullStatus",
            temperature_0={"id": 0, "tC": 4.2, "tF": 39.6},
            humidity_0={"id": 0, "rh": 42.2},
            devicepower_0={"id": 0, "battery": {"V": 5.9, "percent": 87}, "external": {"present": False}},
            sys={"uptime": 3}, switch_0={"temperature": {"tC": 45.1}},
        )
    )  # fmt: skip
    assert values(found) == {"temp.vaccine": 4.2, "humidity.vaccine": 42.2, "battery.percent": 87}
    assert {(fact.time_ms, fact.timesource) for fact in found} == {(TS_MS, "observation")}
    assert found[0].key == f"temp.vaccine/temperature:0/{TS_MS}"


def test_change_of_one_thing_says_nothing_of_the_others() -> None:
    assert values(facts(notify(temperature_0={"id": 0, "tC": 4.4}))) == {"temp.vaccine": 4.4}
    assert facts(notify(temperature_0={"id": 0})) == ()
    assert facts(notify(switch_0={"output": True})) == ()
    assert facts(notify(temperature_0=None)) == ()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"tC": None, "tF": None}, "missing"),
        ({"tC": None, "errors": ["read"]}, "probe_lost"),
        ({"errors": ["read"]}, "probe_lost"),
        ({"tC": 4.2, "errors": ["out_of_range"]}, "out_of_range"),
        ({"tC": 4.2, "errors": "read"}, "probe_lost"),
        ({"tC": 85.0}, "power_on_reset"),
        ({"tC": "4.2"}, "not_numeric"),
    ],
)
def test_sensor_that_failed_is_bad(status: dict[str, Any], reason: str) -> None:
    (fact,) = facts(notify(temperature_0={"id": 0} | status))
    assert (reading(fact).quality, reading(fact).value, reading(fact).reason) == ("BAD", None, reason)


def test_add_on_probes_by_number_and_one_without_a_name() -> None:
    found = facts(
        notify(temperature_100={"tC": 4.2}, temperature_101={"tC": 23}, temperature_102={"tC": 9}), PLUS
    )
    assert values(found) == {"temp.vaccine": 4.2, "temp.ambient": 23.0, "temp.probe_102": 9.0}
    assert values(facts(notify(temperature_0={"tC": 45}), PLUS)) == {"temp.probe_0": 45.0}
    assert values(facts(notify(temperature_100={"tC": 4.2}))) == {"temp.probe_100": 4.2}


def test_shared_add_on_gives_each_fridge_its_own_probe() -> None:
    config = device("shelly", topic="s/events/rpc", shared=True, probes={"101": "temp.vaccine"})
    both = notify(temperature_100={"tC": 4.2}, temperature_101={"tC": -20}, humidity_0={"rh": 40})
    assert values(facts(both, config)) == {"temp.vaccine": -20}


def test_battery_holder_of_a_shelly_on_mains_is_no_battery() -> None:
    power = {"battery": {"V": 0.43, "percent": 0}, "external": {"present": True}}
    assert facts(notify(devicepower_0=power)) == ()


def test_clock_that_is_not_set_takes_the_receive_time() -> None:
    (fact,) = facts(b'{"method": "NotifyStatus", "params": {"temperature:0": {"tC": 4.2}}}')
    assert (fact.time_ms, reading(fact).reason) == (RECEIVED_MS, "time_missing")


def test_events_and_answers_measure_nothing() -> None:
    assert facts(notify("NotifyEvent", events=[])) == ()
    assert refused(b'{"params": {}}') == "cold.not_a_notification"
    assert refused(b'{"method": "NotifyStatus", "params": 5}') == "cold.not_a_notification"
    many: dict[str, Any] = {f"temperature_{number}": {"tC": 4} for number in range(65)}
    assert refused(notify("NotifyStatus", **many)) == "cold.too_many_probes"


def test_status_topics() -> None:
    config = device(
        "shelly", topic="shellyplusht-1/status", probes={"0": "temp.vaccine", "100": "temp.freezer"}
    )
    assert list(config.measured_topics) == [
        "shellyplusht-1/status/temperature:0", "shellyplusht-1/status/humidity:0",
        "shellyplusht-1/status/temperature:100", "shellyplusht-1/status/humidity:100",
        "shellyplusht-1/status/devicepower:0",
    ]  # fmt: skip
    (fact,) = facts(b'{"id": 100, "tC": -20.1}', config, "shellyplusht-1/status/temperature:100")
    assert (reading(fact).metric, reading(fact).value, fact.timesource) == ("temp.freezer", -20.1, "received")
    assert reading(fact).quality == "GOOD"
    assert refused(b'{"tC": 4}', config, "shellyplusht-1/status/temperature:7") == "cold.topic_unknown"


@pytest.mark.parametrize(
    ("topic", "payload", "metric", "value", "reason"),
    [
        ("sensor/temperature", b"4.20", "temp.vaccine", 4.2, None),
        ("sensor/humidity", b"61.5", "humidity.vaccine", 61.5, None),
        ("sensor/battery", b"88", "battery.percent", 88.0, None),
        ("sensor/temperature", b"999", "temp.vaccine", None, "probe_lost"),
        ("sensor/humidity", b"999.0", "humidity.vaccine", None, "probe_lost"),
    ],
)
def test_first_generation(
    topic: str, payload: bytes, metric: str, value: float | None, reason: str | None
) -> None:
    config = device("shelly", topic="shellies/shellyht-1")
    (fact,) = facts(payload, config, f"shellies/shellyht-1/{topic}")
    assert (reading(fact).metric, reading(fact).value, reading(fact).reason) == (metric, value, reason)


def test_first_generation_with_an_add_on_and_in_fahrenheit() -> None:
    config = device("shelly", topic="shellies/shelly1-1", probes={"0": "temp.vaccine"}, unit="[degF]")
    assert config.measured_topics == {"shellies/shelly1-1/ext_temperature/0": "0"}
    assert values(facts(b"40.1", config, "shellies/shelly1-1/ext_temperature/0")) == {"temp.vaccine": 4.5}


def test_sleeping_device_is_not_called_offline_unless_asked() -> None:
    assert HT.availability_topic is None
    named = device("shelly", topic="s/events/rpc", status_topic="s/online")
    assert named.availability_topic == "s/online"


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"topic": "shellyplusht-1"}, "<id>/events/rpc or <id>/status"),
        ({"topic": "s/events/rpc", "probes": {"t": "temp.vaccine"}}, "numbers of its temperatures"),
        ({"topic": "s/events/rpc", "probes": {"100": "door.open"}}, "is no temperature"),
    ],
)
def test_mistakes_are_said(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        device("shelly", **settings)
