"""ChirpStack v4 and The Things Stack v3: envelopes, what they leave out, and readings out of the bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.decoders import Undecodable, decode
from adapters.cold_chain.payloads import FAMILIES
from tests.cold_chain.devices import RECEIVED_MS, device, reading
from tests.cold_chain.test_dialects import corpus, values
from tests.cold_chain.test_payloads import frames
from tests.cold_chain.uplinks import TOPICS, UPLINK, chirpstack, sensor, ttn

UPLINK_MS = 1_763_799_600_775  # 2025-11-22T08:20:00.775Z
TS301 = {"chn1": "temp.vaccine", "chn2": "temp.freezer"}
CORPUS_TTN = "tts_v3_uplink_docs_verbatim_invalid.json"


def refused(payload: bytes, name: str = "milesight-ts301", server: str = "chirpstack") -> str:
    with pytest.raises(Undecodable) as error:
        decode(payload, RECEIVED_MS, sensor(name, server))
    return error.value.reason


def test_bytes_of_the_public_example_are_its_values() -> None:
    config = sensor("milesight-ts301", probes=TS301)
    facts = decode(corpus("chirpstack_v4_up_milesight_ts301.json"), RECEIVED_MS, config)
    assert values(facts) == {
        "temp.vaccine": 29.5, "temp.freezer": 26.4, "battery.percent": 100, "alarm.threshold_vaccine": 0.0,
    }  # fmt: skip
    assert len(facts) == 4  # the channel that stands twice is one reading
    assert {fact.time_ms for fact in facts} == {1_658_136_855_775}
    assert {reading(fact).sequence for fact in facts} == {1834}


def test_public_example_without_counter_and_with_unknown_bytes() -> None:
    """ChirpStack's own example carries one byte of nobody's sensor."""
    assert refused(corpus("chirpstack_v4_up_docs.json")) == "cold.payload_unknown"


def test_official_example_of_the_things_stack_is_no_json() -> None:
    assert refused(corpus(CORPUS_TTN), server="ttn") == "cold.invalid_json"


@pytest.mark.parametrize(("server", "envelope"), [("chirpstack", chirpstack), ("ttn", ttn)])
def test_zeros_are_left_out(server: str, envelope: Any) -> None:
    """Counter 0 is a counter; 0 °C is in the bytes, whatever the server's JSON leaves out."""
    counter = "fCnt" if server == "chirpstack" else "f_cnt"
    facts = decode(
        envelope(b"\x03\x67\x00\x00", **{counter: None}), RECEIVED_MS, sensor("milesight-em300", server)
    )
    assert values(facts) == {"temp.vaccine": 0.0}
    assert reading(facts[0]).sequence == 0
    assert facts[0].key.endswith("/n0")


@pytest.mark.parametrize(("server", "envelope"), [("chirpstack", chirpstack), ("ttn", ttn)])
def test_uplink_without_bytes_measures_nothing(server: str, envelope: Any) -> None:
    field = "data" if server == "chirpstack" else "frm_payload"
    assert decode(envelope(b"", **{field: None}), RECEIVED_MS, sensor("milesight-em300", server)) == ()


def test_what_the_server_decoded_is_not_looked_at() -> None:
    lost = decode(chirpstack(b"\x03\x67\xff\x7f"), RECEIVED_MS, sensor("milesight-em300"))
    said = reading(lost[0])
    assert (said.quality, said.value, said.reason, said.raw_value) == ("BAD", None, "probe_lost", 3276.7)


def test_port_is_left_out_when_it_is_zero() -> None:
    assert refused(chirpstack(b"\x01\x02", fPort=None), "dragino-lht65n") == "cold.payload_port"


def test_redelivery_is_the_same_fact() -> None:
    config = sensor("milesight-em300")
    first = decode(chirpstack(b"\x03\x67\x2c\x00"), RECEIVED_MS, config)
    assert decode(chirpstack(b"\x03\x67\x2c\x00"), RECEIVED_MS + 60_000, config) == first
    assert first[0].key == f"temp.vaccine/sensor/{UPLINK_MS}/n1834"


def test_without_a_time_the_deduplication_id_is_the_key() -> None:
    payload, config = chirpstack(b"\x03\x67\x2c\x00", time=None), sensor("milesight-em300")
    (fact,) = decode(payload, RECEIVED_MS, config)
    assert (fact.key, fact.time_ms) == (f"temp.vaccine/sensor/u{UPLINK}", RECEIVED_MS)
    assert (fact.timesource, reading(fact).reason) == ("message", "time_missing")
    assert decode(payload, RECEIVED_MS + 9000, config)[0].key == fact.key


def test_records_stand_at_their_own_times_and_are_one_event_however_often_fetched() -> None:
    config = sensor("milesight-em300")
    memory = bytes.fromhex("20CE9E74466310015D00 036729010468 58".replace(" ", ""))
    facts = decode(chirpstack(memory), RECEIVED_MS, config)
    assert [(fact.time_ms, reading(fact).value) for fact in facts] == [
        (1_665_561_758_000, 27.2), (1_665_561_758_000, 46.5), (UPLINK_MS, 29.7), (UPLINK_MS, 44.0),
    ]  # fmt: skip
    again = decode(chirpstack(memory, fCnt=1900, time="2025-11-22T08:25:00Z"), RECEIVED_MS, config)
    assert again[:2] == facts[:2]
    assert reading(facts[0]).sequence is None


@pytest.mark.parametrize("time", ["00000000", "FFFFFFFF", "E0D4DB5D"])
def test_record_that_cannot_be_placed_is_quarantined(time: str) -> None:
    """1970, 2106 and 2019: now is not when it was measured."""
    memory = bytes.fromhex(f"20CE{time}10015D00")
    assert refused(chirpstack(memory), "milesight-em300") == "cold.record_time"


def test_samples_without_times_that_look_like_a_record_are_quarantined() -> None:
    samples = bytes.fromhex("0CBF0101A401A501A601A7")
    assert refused(chirpstack(samples, fPort=3), "dragino-lht65n") == "cold.record_time"


def test_value_and_alarm_that_differ_are_both_kept() -> None:
    facts = decode(chirpstack(bytes.fromhex("0367580083675A0001")), RECEIVED_MS, sensor("milesight-ts301"))
    assert [(reading(fact).metric, reading(fact).value) for fact in facts] == [
        ("temp.vaccine", 8.8), ("temp.vaccine", 9.0), ("alarm.threshold_vaccine", 1.0),
    ]  # fmt: skip
    assert len({fact.key for fact in facts}) == 3


@pytest.mark.parametrize(
    ("name", "port", "frame", "expected"),
    [
        ("milesight-ts301", 85, "0367F100040001", {"temp.vaccine": 24.1, "door.open": 1.0}),
        ("milesight-ts301", 85, "04670101", {"temp.chn2": 25.7}),
        ("dragino-lht65n", 2, "CBF60B0D037600",
         {"battery.volts": 3.062, "temp.ambient": 28.29, "humidity.ambient": 88.6}),
        ("dragino-ltc2-lb", 2, "0E3C10005A00E664F52C00",
         {"battery.volts": 3.644, "temp.vaccine": 9.0, "temp.chn2": 23.0, "alarm.high_vaccine": 1.0,
          "alarm.low_vaccine": 0.0, "alarm.high_chn2": 0.0, "alarm.low_chn2": 0.0}),
    ],
)  # fmt: skip
def test_metrics_without_names(name: str, port: int, frame: str, expected: dict[str, float]) -> None:
    payload = chirpstack(bytes.fromhex(frame), fPort=port)
    facts = decode(payload, RECEIVED_MS, sensor(name))
    assert values(facts) == expected
    units = {reading(fact).metric.partition(".")[0]: reading(fact).unit for fact in facts}
    assert units.get("door", "1") == units.get("alarm", "1") == "1"


def test_probe_without_a_name_never_takes_the_metric_of_one_that_has_it() -> None:
    frame = chirpstack(bytes.fromhex("0367FB00 04670101 030001"))
    config = sensor("milesight-ts301", probes={"chn2": "temp.vaccine", "door2": "door.open"})
    assert values(decode(frame, RECEIVED_MS, config)) == {
        "temp.chn1": 25.1, "temp.vaccine": 25.7, "door.open.door1": 1.0,
    }  # fmt: skip


def test_shared_sensor_gives_each_fridge_its_own_probe_and_the_battery() -> None:
    frame = chirpstack(bytes.fromhex("017564 0367FB00 8467010101"))
    first = sensor("milesight-ts301", shared=True, probes={"chn1": "temp.vaccine"})
    second = sensor("milesight-ts301", shared=True, probes={"chn2": "temp.vaccine"})
    assert values(decode(frame, RECEIVED_MS, first)) == {"battery.percent": 100, "temp.vaccine": 25.1}
    assert values(decode(frame, RECEIVED_MS, second)) == {
        "battery.percent": 100, "temp.vaccine": 25.7, "alarm.threshold_vaccine": 1.0,
    }  # fmt: skip


def test_two_doors_are_two_readings() -> None:
    for frame in ("030001040001", "030001040000"):
        facts = decode(chirpstack(bytes.fromhex(frame)), RECEIVED_MS, sensor("milesight-ts301"))
        assert [fact.key.split("/")[:2] for fact in facts] == [["door.open", "door1"], ["door.open", "door2"]]


def test_box_never_takes_the_place_of_the_probe() -> None:
    config = sensor("dragino-lht65n", probes={"builtin": "temp.room", "external": "temp.freezer"})
    facts = decode(chirpstack(bytes.fromhex("CBF60B0D0376817FFF7FFF"), fPort=2), RECEIVED_MS, config)
    assert values(facts) == {
        "battery.volts": 3.062, "temp.room": 28.29, "humidity.room": 88.6, "temp.freezer": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"deviceInfo": None}, "cold.not_an_uplink"),
        ({"data": "%%%%"}, "cold.not_base64"),
        ({"data": "A"}, "cold.not_base64"),
        ({"data": 5}, "cold.not_base64"),
        ({"data": "A" * 500}, "cold.not_base64"),
        ({"data": "A" * 328}, "cold.payload_long"),
        ({"fPort": "85"}, "cold.payload_port"),
        ({"fPort": 256}, "cold.payload_port"),
        ({"fPort": True}, "cold.payload_port"),
    ],
)
def test_what_is_no_uplink_is_refused_with_a_code(fields: dict[str, Any], reason: str) -> None:
    assert refused(chirpstack(b"\x03\x67\x2c\x00", **fields)) == reason


def test_simulated_uplink_was_measured_by_nobody() -> None:
    document = json.loads(ttn(b"\x03\x67\x2c\x00")) | {"simulated": True}
    assert refused(json.dumps(document).encode(), server="ttn") == "cold.simulated"
    assert refused(b'{"join_accept": {}}', server="ttn") == "cold.not_an_uplink"


@given(st.sampled_from(sorted(FAMILIES)), st.binary(max_size=64), st.sampled_from([2, 3, 5, 85]))
def test_any_bytes_give_no_good_value_outside_the_range(name: str, payload: bytes, port: int) -> None:
    config = sensor(name, lowest_cel=-273, highest_cel=1000)
    try:
        facts = decode(chirpstack(payload, fPort=port), RECEIVED_MS, config)
    except Undecodable:
        return
    for fact in facts:
        said = reading(fact)
        assert (said.value is None) == (said.quality == "BAD") == (said.reason in REASONS_BAD)
        if said.value is not None and said.metric.startswith("temp."):
            assert -200 <= said.value <= 800


REASONS_BAD = {"probe_lost", "out_of_range", "power_on_reset", "time_future"}


@given(st.integers(-0x8000, 0x7FFF))
def test_every_word_in_every_place_is_its_value_or_bad(word: int) -> None:
    for name, port, payload in frames(word):
        facts = decode(chirpstack(payload, fPort=port), RECEIVED_MS, sensor(name))
        said = {reading(fact).value for fact in facts if reading(fact).metric.startswith("temp.")}
        assert said <= {None, 4.2, 0.42, word / 10, word / 100}
        assert {-127.0, 85.0, 327.67, 3276.7}.isdisjoint(said)


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"payload": None}, "they need it"),
        ({"payload": "milesight-em500"}, "milesight-em300"),
        ({"topic": "application/1/device/2/event/status"}, "event/up"),
        ({"probes": {"external": "temp.vaccine"}}, "has no probe external; it has chn1, chn2, door1, door2"),
        ({"probes": {"chn1": "door.open"}}, "door.open is no temperature"),
        ({"probes": {"door1": "temp.vaccine"}}, "temp.vaccine is no door"),
    ],
)
def test_mistakes_are_said(settings: dict[str, Any], mistake: str) -> None:
    usual = {"topic": TOPICS["chirpstack"], "payload": "milesight-ts301"}
    with pytest.raises(ValueError, match=mistake):
        device("chirpstack", **usual | settings)


def test_payload_is_of_network_servers_only() -> None:
    with pytest.raises(ValueError, match="the others have none"):
        device(payload="milesight-ts301")
