"""Packets: the standard's own bytes, any chunking, and hostile bytes."""

import itertools
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mqtt import packets
from hub.mqtt.packets import (
    Connack,
    Incoming,
    Packet,
    PacketParser,
    Pingresp,
    ProtocolViolation,
    Puback,
    Suback,
    Unsendable,
    Unsuback,
)

packet_ids = st.integers(1, 65_535)
topics = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0+#"), min_size=1, max_size=40
)


@st.composite
def server_packets(draw: st.DrawFn) -> tuple[bytes, Packet]:
    """One packet as a broker sends it, and what it means."""
    kind = draw(st.sampled_from(["publish", "puback", "suback", "unsuback", "connack", "pingresp"]))
    if kind == "publish":
        return _publish_of(draw)
    if kind == "puback":
        packet_id = draw(packet_ids)
        return packets.encode_pubacks([packet_id]), Puback(packet_id)
    if kind == "unsuback":
        packet_id = draw(packet_ids)
        return b"\xb0\x02" + packet_id.to_bytes(2, "big"), Unsuback(packet_id)
    if kind == "suback":
        packet_id, codes = (
            draw(packet_ids),
            draw(st.lists(st.sampled_from([0, 1, 2, 0x80]), min_size=1, max_size=9)),
        )
        body = packet_id.to_bytes(2, "big") + bytes(codes)
        return bytes((0x90, len(body))) + body, Suback(packet_id, bytes(codes))
    if kind == "connack":
        present = draw(st.booleans())
        return bytes((0x20, 2, present, 0)), Connack(present, 0)
    return b"\xd0\x00", Pingresp()


def _publish_of(draw: st.DrawFn) -> tuple[bytes, Packet]:
    topic, retain = draw(topics), draw(st.booleans())
    payload = draw(st.binary(max_size=40)) * draw(st.sampled_from([1, 1, 20, 600]))
    packet_id = draw(st.one_of(st.just(0), packet_ids))
    duplicate = packet_id > 0 and draw(st.booleans())
    data = packets.encode_publish(topic, payload, packet_id, retain=retain, duplicate=duplicate)
    return data, Incoming(topic, payload, packet_id, retain, duplicate)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(each % (len(data) + 1) for each in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(server_packets(), max_size=12), st.lists(st.integers(0), max_size=12))
def test_any_chunking_gives_the_same_packets(made: list[tuple[bytes, Packet]], places: list[int]) -> None:
    stream = b"".join(data for data, _ in made)
    parser = PacketParser()
    parsed = [packet for chunk in cut(stream, places) for packet in parser.feed(chunk)]
    assert parsed == [packet for _, packet in made]


@given(st.lists(server_packets(), min_size=1, max_size=4))
def test_byte_by_byte_gives_the_same_packets(made: list[tuple[bytes, Packet]]) -> None:
    parser = PacketParser()
    parsed = [packet for data, _ in made for byte in data for packet in parser.feed(bytes((byte,)))]
    assert parsed == [packet for _, packet in made]


def outcome(chunks: list[bytes]) -> tuple[str, int]:
    """Code of the violation (or none) and how many packets came before it, counted where they were given."""
    parser, count = PacketParser(4096), 0
    try:
        for chunk in chunks:
            count += len(parser.feed(chunk))
    except ProtocolViolation as error:
        return error.code, -1
    return "", count


# Starts that lead random bytes past the first check.
starts = st.sampled_from(
    [b"", b"\x20\x02", b"\x30\x05", b"\x32\x09", b"\x40\x02", b"\x90\x03", b"\xd0\x00", b"\x30\x80"]
)


@given(st.lists(st.tuples(starts, st.binary(max_size=12)), max_size=6), st.lists(st.integers(0), max_size=8))
def test_hostile_bytes_raise_only_violations_and_the_same_ones(
    pieces: list[tuple[bytes, bytes]], places: list[int]
) -> None:
    stream = b"".join(start + rest for start, rest in pieces)
    whole = outcome([stream])
    assert outcome(cut(stream, places)) == whole


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x20\x03\x00\x00\x00", "mqtt.length"),
        (b"\x20\x02\x02\x00", "mqtt.flags"),
        (b"\x20\x02\x01\x05", "mqtt.flags"),
        (b"\x20\x02\x00\x06", "mqtt.connack_code"),
        (b"\x21\x02\x00\x00", "mqtt.flags"),
        (b"\x34\x07\x00\x01a\x00\x01xy", "mqtt.qos"),
        (b"\x36\x07\x00\x01a\x00\x01xy", "mqtt.qos"),
        (b"\x38\x04\x00\x01ax", "mqtt.qos"),
        (b"\x30\x01\x00", "mqtt.length"),
        (b"\x30\x03\x00\x02a", "mqtt.length"),
        (b"\x32\x04\x00\x01a\x00", "mqtt.length"),
        (b"\x32\x05\x00\x01a\x00\x00", "mqtt.packet_id"),
        (b"\x30\x02\x00\x00", "mqtt.topic"),
        (b"\x30\x05\x00\x03a/+", "mqtt.topic"),
        (b"\x30\x03\x00\x01#", "mqtt.topic"),
        (b"\x30\x03\x00\x01\x00", "mqtt.topic"),
        (b"\x30\x04\x00\x02\xc0\x80", "mqtt.utf8"),
        (b"\x30\x05\x00\x03\xed\xa0\x80", "mqtt.utf8"),
        (b"\x40\x03\x00\x01\x00", "mqtt.length"),
        (b"\x40\x02\x00\x00", "mqtt.packet_id"),
        (b"\x42\x02\x00\x01", "mqtt.flags"),
        (b"\x50\x02\x00\x01", "mqtt.packet_type"),
        (b"\x82\x02\x00\x01", "mqtt.packet_type"),
        (b"\x90\x02\x00\x01", "mqtt.length"),
        (b"\x90\x03\x00\x01\x03", "mqtt.suback_code"),
        (b"\xd0\x01\x00", "mqtt.length"),
        (b"\xd1\x00", "mqtt.flags"),
        (b"\x00\x00", "mqtt.packet_type"),
        (b"\xf0\x00", "mqtt.packet_type"),
        (b"\x30\x80\x80\x80\x80", "mqtt.remaining_length"),
        (b"\x30\xff\xff\xff\x7f", "mqtt.packet_too_large"),
    ],
)
def test_what_the_standard_forbids_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        PacketParser().feed(data)
    assert caught.value.code == code


def test_an_oversize_packet_is_refused_before_its_body_is_kept() -> None:
    parser = PacketParser(max_packet_bytes=100)
    fits = packets.encode_publish("a", b"x" * 97)
    assert len(parser.feed(fits)) == 1
    with pytest.raises(ProtocolViolation):
        parser.feed(packets.encode_publish("a", b"x" * 98)[:2])


def test_connect_as_in_the_standard() -> None:
    data = packets.encode_connect(
        "edge-1", clean=False, keepalive_seconds=30, username="u", password="p", will=("a/b", b"off", True)
    )
    variable = b"\x00\x04MQTT\x04\xec\x00\x1e"  # user, password, will retain, will QoS 1, will
    fields = b"\x00\x06edge-1" + b"\x00\x03a/b" + b"\x00\x03off" + b"\x00\x01u" + b"\x00\x01p"
    assert data == bytes((0x10, len(variable + fields))) + variable + fields


def test_connect_without_extras() -> None:
    assert (
        packets.encode_connect("c", clean=True, keepalive_seconds=0)
        == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01c"
    )


def test_a_password_alone_is_not_sent() -> None:
    alone = packets.encode_connect("c", clean=True, keepalive_seconds=0, password="p")
    assert alone == packets.encode_connect("c", clean=True, keepalive_seconds=0)


def test_subscribe_as_in_the_standard() -> None:
    assert (
        packets.encode_subscribe(10, ["a/b", "c/+/#"]) == b"\x82\x10\x00\x0a\x00\x03a/b\x01\x00\x05c/+/#\x01"
    )
    assert packets.encode_subscribe(1, ["a/b"], qos=0) == b"\x82\x08\x00\x01\x00\x03a/b\x00"


@pytest.mark.parametrize(("asked", "failed"), [(0, {0x80}), (1, {0, 0x80})])
def test_a_subscription_has_failed_where_less_is_granted_than_asked(
    asked: Literal[0, 1], failed: set[int]
) -> None:
    assert {code for code in (0, 1, 0x80) if packets.subscription_failed(code, asked)} == failed


def test_unsubscribe_as_in_the_standard() -> None:
    assert packets.encode_unsubscribe(10, ["a/b", "c/d"]) == b"\xa2\x0c\x00\x0a\x00\x03a/b\x00\x03c/d"


def test_publish_as_in_the_standard() -> None:
    assert packets.encode_publish("a/b", b"xy", 10) == b"\x32\x09\x00\x03a/b\x00\x0axy"
    assert packets.encode_publish("a/b", b"xy", 10, retain=True, duplicate=True)[0] == 0x3B
    assert packets.encode_publish("a/b", b"xy", retain=True) == b"\x31\x07\x00\x03a/bxy"


@pytest.mark.parametrize("length", [0, 127, 128, 16_383, 16_384, 1_000_000])
def test_every_form_of_the_remaining_length_comes_back(length: int) -> None:
    payload = b"x" * (length - 3) if length > 3 else b""
    (packet,) = PacketParser().feed(packets.encode_publish("a", payload))
    assert isinstance(packet, Incoming)
    assert packet.payload == payload


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("", "mqtt.topic"),
        ("a/+", "mqtt.topic"),
        ("a/#", "mqtt.topic"),
        ("a\0b", "mqtt.text_nul"),
        ("a" * 65_536, "mqtt.text_too_long"),
        ("ộ" * 30_000, "mqtt.text_too_long"),
        ("\ud800", "mqtt.utf8"),
    ],
)
def test_a_topic_that_mqtt_cannot_carry_is_refused(topic: str, code: str) -> None:
    with pytest.raises(Unsendable) as caught:
        packets.encode_publish(topic, b"", 1)
    assert caught.value.code == code


def test_the_longest_topic_is_sent() -> None:
    (packet,) = PacketParser().feed(packets.encode_publish("a" * 65_535, b"x", 1))
    assert isinstance(packet, Incoming)
    assert len(packet.topic) == 65_535


def test_a_packet_over_what_brokers_take_is_refused() -> None:
    with pytest.raises(Unsendable) as caught:
        packets.encode_publish("a", bytes(packets.MAX_SENT_BYTES), 1)
    assert caught.value.code == "mqtt.packet_too_large"


@pytest.mark.parametrize("name", ["", "a/#/b", "a#", "a/b+", "$share/g/a", "a\0"])
def test_a_filter_that_cannot_work_is_refused(name: str) -> None:
    with pytest.raises(Unsendable):
        packets.encode_subscribe(1, [name])


def test_a_subscription_to_nothing_is_refused() -> None:
    with pytest.raises(Unsendable):
        packets.encode_subscribe(1, [])
