"""The envelope: what the relay splices in, and what can be read of a body that is broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import (
    InvalidEvent,
    decode_data,
    decode_event,
    event_filter,
    event_topic,
    format_time,
    number_body,
    parse_time,
    partition_of,
    trailer,
)
from hub.payloads import Reading
from tests.sink.arrivals import EPOCH, reading

NUMBERED = number_body(reading(1).body, EPOCH, 17)


def test_numbering_is_spliced_in_and_nothing_else_changes() -> None:
    assert json.loads(NUMBERED) == json.loads(reading(1).body) | {"epoch": EPOCH, "seq": 17}
    event = decode_event(NUMBERED)
    assert (event.epoch, event.seq, event.device) == (EPOCH, 17, "fridge-1")
    assert decode_data(event) == Reading("temperature", 1.0, "Cel")


@given(st.binary(max_size=200), st.integers(1, (1 << 31) - 1))
def test_trailer_is_read_from_any_body(body: bytes, seq: int) -> None:
    assert trailer(number_body(body + b"}", EPOCH, seq)) == (EPOCH, seq)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"}",
        b"{}",
        reading(1).body,
        NUMBERED[:-1],
        NUMBERED + b"x",
        NUMBERED.replace(b',"seq"', b', "seq"'),
        b',"epoch":"%b","seq":}' % EPOCH.encode(),
        b',"epoch":"XX","seq":1}',
        b',"epoch":"%b","seq":12345678901}' % EPOCH.encode(),
    ],
)
def test_other_bodies_have_no_trailer(body: bytes) -> None:
    assert trailer(body) is None


def test_only_the_last_trailer_counts() -> None:
    """A body can say anything before it; the relay writes at the end."""
    forged = b'{"x":{"a":1,"epoch":"%b","seq":999}}' % (b"f" * 16)
    assert trailer(number_body(forged, EPOCH, 3)) == (EPOCH, 3)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"specversion":"1.0"', b'"specversion":1', "event.undecodable"),
        (b'"id":', b'"ix":', "event.undecodable"),
        (b'"site":"lab"', b'"site":""', "event.bad_level"),
        (b'"site":"lab"', b'"site":"lab\\n"', "event.bad_level"),
        (b'"site":"lab"', b'"site":"' + b"x" * 65 + b'"', "event.bad_level"),
        (b'"edge":"edge-1"', b'"edge":"+"', "event.bad_level"),
        (b'"source":"/lab/edge-1/fridge-1"', b'"source":"/lab/edge-1/#"', "event.bad_level"),
        (b'"lab"', b'"\xff"', "event.undecodable"),
    ],
)
def test_envelope_that_is_none_is_told_by_a_code(old: bytes, new: bytes, reason: str) -> None:
    assert old in NUMBERED
    with pytest.raises(InvalidEvent, match=rf"^{reason}$"):
        decode_event(NUMBERED.replace(old, new))


def test_deep_nesting_is_refused_and_does_not_overflow() -> None:
    deep = NUMBERED.replace(b'"raw_value":null', b'"raw_value":' + b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(InvalidEvent):
        decode_data(decode_event(deep))


def test_data_of_a_known_type_must_be_that_type() -> None:
    with pytest.raises(InvalidEvent, match=r"^event\.bad_data:coldchain\.reading\.v1$"):
        decode_data(decode_event(NUMBERED.replace(b'"value":1.0', b'"value":"1"')))
    other = decode_event(NUMBERED.replace(b"coldchain.reading.v1", b"somebody.else.v1"))
    assert decode_data(other) is None


def test_topics_have_levels_of_the_design() -> None:
    topic = event_topic("lab", "edge-1", "pcr-1", "lab.result.v1")
    assert topic == f"epihub/v1/evt/p{partition_of('edge-1'):02d}/lab/edge-1/pcr-1/lab-result-v1"
    assert topic.split("/")[:4] == event_filter(partition_of("edge-1")).split("/")[:4]
    assert partition_of("edge-1") == 3
    assert {partition_of(f"edge-{number}") for number in range(200)} == set(range(16))


@given(st.integers(0, 253_402_300_799_999))
def test_times_are_read_as_they_are_written(time_ms: int) -> None:
    assert parse_time(format_time(time_ms)) == time_ms


@pytest.mark.parametrize("text", ["", "soon", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
def test_time_without_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


def test_offsets_are_understood() -> None:
    assert parse_time("2026-11-22T20:45:00+07:00") == parse_time("2026-11-22T13:45:00.000Z")
