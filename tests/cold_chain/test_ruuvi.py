"""Ruuvi: advertisements of formats 5, 6 and E1 against the public vectors, and the gateway's envelope."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.decoders import Undecodable, decode
from adapters.cold_chain.decoders.ruuvi_advertisement import Measurement, advertisement
from tests.cold_chain.devices import RECEIVED_MS, device, reading
from tests.cold_chain.test_dialects import corpus, values

TAG = device("ruuvi", topic="ruuvi/C8:25:2D:8E:9C:2C/F4:1F:0C:28:CB:D6")
WIDE = device("ruuvi", topic=TAG.topic, lowest_cel=-273, highest_cel=1000)
HEARD_MS = 1_763_799_600_000


def heard(data: Any, **fields: Any) -> bytes:
    usual = {
        "gw_mac": "C8:25:2D:8E:9C:2C",
        "rssi": -26,
        "gwts": HEARD_MS // 1000,
        "ts": HEARD_MS // 1000,
        "data": data,
    }
    return json.dumps(usual | fields).encode()


def wrapped(data: str) -> str:
    """A format's bytes with their header: flags, length, manufacturer specific, Ruuvi."""
    return f"020106{len(data) // 2 + 3:02X}FF9904{data}"


# docs.ruuvi.com and ruuvi-sensor-protocols: valid, greatest, least and missing of each format.
VECTORS = [
    ("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F",
     Measurement("CBB8334C884F", 24.3, None, 53.49, 2.977, 205)),
    ("057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F",
     Measurement("CBB8334C884F", 163.835, "out_of_range", 163.835, 3.646, 65534)),
    ("058001000000008001800180010000000000CBB8334C884F",
     Measurement("CBB8334C884F", -163.835, "out_of_range", 0.0, 1.6, 0)),
    ("058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF",
     Measurement("", None, "probe_lost", None, None, None)),
    ("06170C5668C79E007000C90A02D900CD004C884F",
     Measurement("4C884F", 29.5, None, 55.3, None, 205)),
    ("068000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
     Measurement("", None, "probe_lost", None, None, 255)),
    ("E1170C5668C79E0065007004BD11CA00C90A0213E0AC000000DECDEE110000000000CBB8334C884F",
     Measurement("CBB8334C884F", 29.5, None, 55.3, None, 14601710)),
    ("E18000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000000FFFFFFFE0000000000FFFFFFFFFFFF",
     Measurement("", None, "probe_lost", None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("data", "measured"), VECTORS)
def test_public_vector(data: str, measured: Measurement) -> None:
    assert advertisement(bytes.fromhex(wrapped(data))) == measured


def test_example_of_the_gateway() -> None:
    facts = decode(corpus("ruuvi_gw_mqtt_ts.json"), RECEIVED_MS, TAG)
    assert values(facts)["temp.vaccine"] == 27.75
    assert {fact.time_ms for fact in facts} == {1_653_668_027_000}
    assert {reading(fact).sequence for fact in facts} == {27007}


def test_history_of_the_gateway_agrees_with_its_own_decoding() -> None:
    """Each tag has a curve of its own, and the gateway's numbers to the last digit."""
    payload = corpus("ruuvi_gw_history_df5.json")
    facts = decode(payload, RECEIVED_MS, TAG)
    tags = json.loads(payload)["data"]["tags"]
    expected: dict[str, float] = {}
    for address, tag in tags.items():
        name = address.replace(":", "").lower()
        expected |= {f"temp.{name}": tag["temperature"], f"humidity.{name}": tag["humidity"]}
    assert {metric: value for metric, value in values(facts).items() if value} == pytest.approx(
        expected, abs=1e-9
    )
    named = device("ruuvi", topic=TAG.topic, probes={"F41F0C28CBD6": "temp.vaccine"})
    assert values(decode(payload, RECEIVED_MS, named))["temp.vaccine"] == 28.745
    shared = device("ruuvi", topic=TAG.topic, probes={"F41F0C28CBD6": "temp.vaccine"}, shared=True)
    assert set(values(decode(payload, RECEIVED_MS, shared))) == {"temp.vaccine", "humidity.vaccine"}


def test_one_measurement_heard_by_two_gateways_is_one_event() -> None:
    data = wrapped("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")
    first = decode(heard(data), RECEIVED_MS, TAG)
    other = decode(
        heard(data, gw_mac="AA:BB:CC:DD:EE:FF", ts=HEARD_MS // 1000 + 3, rssi=-80), RECEIVED_MS, TAG
    )
    assert [(fact.key, fact.payload, fact.timesource) for fact in first] == [
        (fact.key, fact.payload, "message") for fact in other
    ]
    later = decode(heard(data, ts=HEARD_MS // 1000 + 7200), RECEIVED_MS, TAG)
    assert {fact.key for fact in later}.isdisjoint(fact.key for fact in first)  # its counter came round again


def test_sensor_that_failed_is_bad_and_the_rest_is_read() -> None:
    data = wrapped("0580005394C37C0004FFFC040CAC364200CDCBB8334C884F")
    facts = decode(heard(data), RECEIVED_MS, TAG)
    assert values(facts) == {"temp.vaccine": None, "humidity.vaccine": 53.49, "battery.volts": 2.977}
    assert (reading(facts[0]).quality, reading(facts[0]).reason) == ("BAD", "probe_lost")


def test_gateway_without_time_takes_ours() -> None:
    data = wrapped("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")
    (fact, *_) = decode(heard(data, ts=0, gwts=0), RECEIVED_MS, TAG)
    assert (fact.time_ms, reading(fact).quality) == (RECEIVED_MS, "GOOD")


def test_gateway_that_is_gone_takes_its_tags_along() -> None:
    assert TAG.bridge_state_topic == "ruuvi/C8:25:2D:8E:9C:2C/gw_status"
    assert TAG.availability_topic is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "cold.not_hex"), (5, "cold.not_hex"), ("0201061", "cold.not_hex"), ("zz", "cold.not_hex"),
        ("", "cold.not_hex"), ("00" * 300, "cold.not_hex"), ("020106030FF9904", "cold.not_hex"),
        ("020106", "cold.not_ruuvi"), ("0201061BFF4C00", "cold.not_ruuvi"),
        (wrapped("0312"), "cold.ruuvi_format"), ("02010603FF9904", "cold.ruuvi_format"),
        (wrapped("0512FC5394"), "cold.payload_short"),
        ({"tags": []}, "cold.not_ruuvi"), ({}, "cold.not_ruuvi"), ({"tags": {"tủ": {}}}, "cold.not_ruuvi"),
        ({"tags": {f"00:00:00:00:00:{n:02X}": {} for n in range(65)}}, "cold.too_many_probes"),
    ],
)  # fmt: skip
def test_what_is_no_advertisement_is_refused_with_a_code(data: Any, reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(heard(data), RECEIVED_MS, TAG)
    assert refused.value.reason == reason


FORMAT_5 = st.binary(min_size=23, max_size=40).map(lambda rest: bytes.fromhex(wrapped("05" + rest.hex())))
LIMITS = {"temp.vaccine": (-40, 85), "humidity.vaccine": (0, 100), "battery.volts": (1.6, 3.647)}


@given(st.binary(max_size=64) | FORMAT_5)
def test_any_bytes_give_no_good_value_outside_what_a_tag_measures(raw: bytes) -> None:
    try:
        facts = decode(heard(raw.hex()), RECEIVED_MS, WIDE)
    except Undecodable:
        return
    for said in map(reading, facts):
        lowest, highest = LIMITS[said.metric]
        assert (said.value is None) == (said.quality == "BAD")
        assert said.value is None or lowest <= said.value <= highest
