"""What each dialect reads, against the public examples and the traps of the domain notes (section 3)."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.cold_chain.decoders import Undecodable, decode
from hub.contract import Fact
from tests.cold_chain.devices import RECEIVED_MS, decode_one, device, reading

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cold_chain"
IDS = {"00000566CC39": 13.3, "0000059352D4": 1.2, "000005937C90": 22.5}
FIRST_MS = 1_609_553_384_000  # 2021-01-02T09:09:44 in Viet Nam


def corpus(name: str) -> bytes:
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the corpus of public examples is not here")
    return path.read_bytes()


def values(facts: tuple[Fact, ...]) -> dict[str, float | None]:
    return {reading(fact).metric: reading(fact).value for fact in facts}


def tasmota(**sensors: Any) -> bytes:
    return json.dumps({"Time": "2021-01-02T09:09:44", "TempUnit": "C"} | sensors).encode()


def test_zigbee2mqtt_example() -> None:
    facts = decode(corpus("zigbee2mqtt_wsdcgq01lm.json"), RECEIVED_MS, device())
    assert values(facts) == {"temp.vaccine": 27.34, "humidity.vaccine": 44.72}
    assert {(fact.time_ms, fact.timesource, reading(fact).quality) for fact in facts} == {
        (RECEIVED_MS, "received", "GOOD")
    }


@pytest.mark.parametrize("last_seen", ["2021-01-02T09:09:44+07:00", FIRST_MS, "2021-01-02T02:09:44.000Z"])
def test_zigbee2mqtt_last_seen_is_the_time_and_the_key(last_seen: Any) -> None:
    payload = json.dumps(
        {"temperature": 4.1, "battery": 87, "linkquality": 90, "last_seen": last_seen}
    ).encode()
    facts = decode(payload, RECEIVED_MS, device())
    assert values(facts) == {"temp.vaccine": 4.1, "battery.percent": 87}
    assert {(fact.time_ms, fact.timesource) for fact in facts} == {(FIRST_MS, "observation")}
    later = decode(payload, RECEIVED_MS + 60_000, device(), retained=True)
    assert later == facts  # a redelivery and a retained copy are the same facts


def test_zigbee2mqtt_probes_by_field() -> None:
    config = device(probes={"temperature_probe": "temp.vaccine"})
    payload = b'{"temperature": 21.5, "temperature_probe": 4.5, "device_temperature": 31, "humidity": 50}'
    assert values(decode(payload, RECEIVED_MS, config)) == {"temp.vaccine": 4.5, "humidity.vaccine": 50}
    both = device(probes={"temperature_probe": "temp.vaccine", "temperature": "temp.ambient"})
    assert values(decode(payload, RECEIVED_MS, both))["temp.ambient"] == 21.5


def test_shared_zigbee_node_reads_the_fields_it_names_and_the_battery() -> None:
    config = device(shared=True, probes={"temperature_l2": "temp.vaccine"})
    payload = b'{"temperature": 21.5, "temperature_l2": 4.5, "humidity": 50, "battery": 90}'
    assert values(decode(payload, RECEIVED_MS, config)) == {"temp.vaccine": 4.5, "battery.percent": 90}


@pytest.mark.parametrize(("contact", "value"), [(True, 0.0), (False, 1.0), (None, None), ("x", None)])
def test_zigbee2mqtt_contact_is_true_while_the_door_is_shut(contact: Any, value: float | None) -> None:
    config = device(probes={"contact": "door.open"})
    said = reading(decode_one(json.dumps({"contact": contact}).encode(), config))
    assert (said.metric, said.value, said.unit) == ("door.open", value, "1")


@pytest.mark.parametrize(
    ("said", "value"), [(True, 1.0), ("OFF", 0.0), ("Open", 1.0), (1, 1.0), (2, None), ("?", None)]
)
def test_mapped_door_is_one_or_zero(said: Any, value: float | None) -> None:
    config = device("mapped", mapping={"door.open": {"value": "d", "unit": "1"}})
    assert reading(decode_one(json.dumps({"d": said}).encode(), config)).value == value


def test_a_message_that_measures_nothing_has_no_facts() -> None:
    assert decode(b'{"linkquality": 70}', RECEIVED_MS, device()) == ()
    assert decode(tasmota(Switch1="ON"), RECEIVED_MS, device("tasmota")) == ()


def test_tasmota_example_by_id() -> None:
    config = device(
        "tasmota", probes=dict(zip(IDS, ["temp.vaccine", "temp.freezer", "temp.ambient"], strict=True))
    )
    facts = decode(corpus("tasmota_tele_SENSOR_3x_ds18b20.json"), RECEIVED_MS, config)
    assert values(facts) == {"temp.vaccine": 13.3, "temp.freezer": 1.2, "temp.ambient": 22.5}
    assert {(fact.time_ms, fact.timesource) for fact in facts} == {(FIRST_MS, "observation")}
    assert facts[0].key == f"temp.vaccine/00000566CC39/{FIRST_MS}"


def test_tasmota_example_without_names_gives_every_probe_a_curve_of_its_own() -> None:
    facts = decode(corpus("tasmota_tele_SENSOR_3x_ds18b20.json"), RECEIVED_MS, device("tasmota"))
    assert values(facts) == {f"temp.{probe.lower()}": value for probe, value in IDS.items()}


def test_tasmota_index_moves_and_the_probe_stays() -> None:
    config = device("tasmota", probes={"00000566CC39": "temp.vaccine"})
    before = tasmota(**{"DS18B20-1": {"Id": "00000566CC39", "Temperature": 4.5}})
    after = tasmota(**{"DS18B20-2": {"Id": "00000566CC39", "Temperature": 4.5}})
    assert decode(before, RECEIVED_MS, config) == decode(after, RECEIVED_MS, config)


def test_tasmota_probe_that_is_not_named_never_takes_the_vaccine_curve() -> None:
    config = device("tasmota", probes={"00000566CC39": "temp.vaccine"})
    alone = tasmota(DS18B20={"Id": "0000059352D4", "Temperature": 22.5})
    assert values(decode(alone, RECEIVED_MS, config)) == {"temp.0000059352d4": 22.5}


def test_tasmota_single_sensor_with_humidity_in_fahrenheit() -> None:
    payload = tasmota(AM2301={"Temperature": 40.1, "Humidity": 58.2, "DewPoint": 30}, TempUnit="F")
    facts = decode(payload, RECEIVED_MS, device("tasmota"))
    assert values(facts) == {"temp.vaccine": 4.5, "humidity.vaccine": 58.2}
    said = reading(facts[0])
    assert (said.unit, said.raw_value, said.raw_unit) == ("Cel", 40.1, "[degF]")


def test_tasmota_processor_and_numbered_temperatures() -> None:
    payload = tasmota(ESP32={"Temperature": 53.3}, ANALOG={"Temperature1": 4.5, "Temperature2": -20})
    assert values(decode(payload, RECEIVED_MS, device("tasmota"))) == {
        "temp.analog_1": 4.5,
        "temp.analog_2": -20,
    }


def test_tasmota_unit_override_wins() -> None:
    config = device("tasmota", unit="[degF]")
    assert reading(decode_one(tasmota(DS18B20={"Temperature": 41}), config)).value == 5.0


def test_tasmota_zone_is_the_configured_one() -> None:
    fact = decode_one(tasmota(DS18B20={"Temperature": 4.5}), device("tasmota", timezone="UTC"))
    assert fact.time_ms == FIRST_MS + 7 * 3_600_000


def test_tasmota_clock_that_was_never_set_takes_the_receive_time() -> None:
    payload = tasmota(DS18B20={"Temperature": 4.5}, Time="1970-01-01T00:00:03")
    fact = decode_one(payload, device("tasmota"))
    assert (fact.time_ms, fact.timesource) == (RECEIVED_MS, "received")
    assert (reading(fact).quality, reading(fact).reason) == ("UNCERTAIN", "time_unset")
    assert fact.key == f"temp.vaccine/DS18B20/r{RECEIVED_MS}"


def test_time_a_day_ahead_is_bad_and_stands_at_the_receive_time() -> None:
    payload = tasmota(DS18B20={"Temperature": 4.5}, Time="2027-01-01T00:00:00")
    fact = decode_one(payload, device("tasmota"))
    assert (fact.time_ms, fact.timesource) == (RECEIVED_MS, "received")
    assert (reading(fact).quality, reading(fact).reason, reading(fact).value) == ("BAD", "time_future", None)
    assert reading(fact).raw_value == 4.5
    assert decode(payload, RECEIVED_MS + 5000, device("tasmota"))[0].key == fact.key


def test_retained_copy_without_a_time_is_uncertain_and_a_bad_one_stays_bad() -> None:
    said = reading(decode_one(b'{"temperature": 4.5}', device(), retained=True))
    assert (said.quality, said.reason, said.value) == ("UNCERTAIN", "retained", 4.5)
    assert reading(decode_one(b'{"temperature": 85.0}', device(), retained=True)).quality == "BAD"


CHIRPSTACK = {
    "temp.vaccine": {"value": "object.temperature_chn1", "time": "time", "sequence": "fCnt"},
    "temp.ambient": {"value": "object.temperature_chn2", "time": "time", "sequence": "fCnt"},
    "battery.percent": {"value": "object.battery", "time": "time"},
}


def test_mapped_reads_chirpstack() -> None:
    config = device("mapped", topic="application/a/device/24e124468d123456/event/up", mapping=CHIRPSTACK)
    facts = decode(corpus("chirpstack_v4_up_milesight_ts301.json"), RECEIVED_MS, config)
    assert values(facts) == {"temp.vaccine": 29.5, "temp.ambient": 26.4, "battery.percent": 100}
    assert {fact.time_ms for fact in facts} == {1_658_136_855_775}
    assert reading(facts[0]).sequence == 1834
    assert facts[0].key == "temp.vaccine/1658136855775/n1834"


def test_mapped_refuses_what_is_no_json() -> None:
    config = device("mapped", mapping=CHIRPSTACK)
    with pytest.raises(Undecodable) as refused:
        decode(corpus("tts_v3_uplink_docs_verbatim_invalid.json"), RECEIVED_MS, config)
    assert refused.value.reason == "cold.invalid_json"


def test_mapped_counter_is_the_key_where_there_is_no_time() -> None:
    config = device("mapped", mapping={"temp.vaccine": {"value": "t", "sequence": "n"}})
    first = decode_one(b'{"t": 4.5, "n": 7}', config)
    again = decode(b'{"t": 4.5, "n": 7}', RECEIVED_MS + 9000, config)[0]
    assert first.key == again.key == "temp.vaccine/n7"
    assert first.timesource == "message"  # its event id then holds no receive time


@pytest.mark.parametrize("counter", [-1, 1.5, True, "7", None, 1e300, [], float("nan")])
def test_mapped_counter_that_is_none_is_left_out(counter: Any) -> None:
    config = device("mapped", mapping={"temp.vaccine": {"value": "t", "sequence": "n"}})
    fact = decode_one(json.dumps({"t": 4.5, "n": counter}).encode(), config)
    assert (reading(fact).sequence, fact.key) == (None, f"temp.vaccine/r{RECEIVED_MS}")


def test_mapped_absence_is_a_fault_unless_optional() -> None:
    places = {"temp.vaccine": {"value": "t"}, "door.open_s": {"value": "d", "unit": "s", "optional": True}}
    config = device("mapped", mapping=places)
    assert [reading(fact).reason for fact in decode(b"{}", RECEIVED_MS, config)] == ["missing"]
    assert values(decode(b'{"t": 4, "d": 12}', RECEIVED_MS, config)) == {"temp.vaccine": 4, "door.open_s": 12}


def test_mapped_function_that_fails_is_a_bad_reading() -> None:
    config = device("mapped", mapping={"temp.vaccine": {"value": "abs(t)"}})
    assert reading(decode_one(b'{"t": "warm"}', config)).reason == "not_numeric"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "cold.empty"),
        (b"27.3 C", "cold.invalid_json"),
        (b"[1]", "cold.not_an_object"),
        (b"4.5", "cold.not_an_object"),
        (b"\xff\xfe{\x00}\x00", "cold.not_utf8"),
        (b'{"temperature": 4, "temperature": 5}', "cold.duplicate_key"),
        (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "cold.too_deep"),
        (b'{"a": "' + b"x" * 65_536 + b'"}', "cold.too_large"),
        (b'{"temperature": nan}', "cold.invalid_json"),
    ],
)
def test_what_is_no_message_is_refused_with_a_code(payload: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(payload, RECEIVED_MS, device())
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("sensors", "reason"),
    [
        ({f"DS18B20-{n}": {"Temperature": 4} for n in range(65)}, "cold.too_many_probes"),
        ({"tủ lạnh": {"Temperature": 4}}, "cold.probe_name"),
        ({"A": {"Id": "X", "Temperature": 4}, "B": {"Id": "X", "Temperature": 5}}, "cold.probe_twice"),
    ],
)
def test_tasmota_message_that_names_no_probes_is_refused(sensors: dict[str, Any], reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(tasmota(**sensors), RECEIVED_MS, device("tasmota"))
    assert refused.value.reason == reason


def test_64_probes_and_long_numbers_are_read() -> None:
    sensors = {f"DS18B20-{n}": {"Temperature": 4} for n in range(64)}
    assert len(decode(tasmota(**sensors), RECEIVED_MS, device("tasmota"))) == 64
    said = reading(decode_one(b'{"temperature": ' + b"9" * 5000 + b"}", device()))
    assert (said.quality, said.value) == ("BAD", None)
