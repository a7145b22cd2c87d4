"""MQTT 3.1.1 packets as functions over bytes: no socket, clock or log here.

Rule numbers are those of the OASIS standard "MQTT Version 3.1.1". QoS 2 is never spoken: a broker that
sends it breaks what we subscribed to.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple, NoReturn

import msgspec

from hub.errors import EpihubError

# What we accept is wider than what we send, so that a topic on top of a full payload still fits.
MAX_RECEIVED_BYTES = 2 * 1024 * 1024
MAX_SENT_BYTES = 1024 * 1024
MAX_TOPIC_BYTES = 65_535
MAX_PACKET_ID = 65_535

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

# Section 3.2.2.3.
CONNACK_WORDS = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses the client id",
    3: "the broker is not ready",
    4: "user name or password is wrong",
    5: "not let in: user name or password is wrong, or the account may not connect",
}

_CONNACK, _PUBLISH, _PUBACK, _SUBACK, _UNSUBACK, _PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xB0, 0xD0
_SUBSCRIPTION_FAILED = 0x80
_CACHED_TOPIC_BYTES = 512


class ProtocolViolation(EpihubError):
    """The broker sent what MQTT 3.1.1 forbids; the connection must be closed [MQTT-4.8.0-1].

    ``code`` is one of ours (``mqtt.topic``), never bytes of the broker.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unsendable(EpihubError):
    """MQTT cannot carry this message whatever the line does; nothing was sent.

    ``code`` says why (``mqtt.topic_nul``); ``token`` is that of the ``Outgoing`` it came from, if any.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.token: int | None = None


class Outgoing(NamedTuple):
    """A message to publish at QoS 1; ``token`` is the caller's and comes back by ``on_published``."""

    topic: str
    payload: bytes
    token: int
    retain: bool = False


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """A PUBLISH from the broker; ``packet_id`` 0 means QoS 0, which wants no acknowledgement."""

    topic: str
    payload: bytes
    packet_id: int
    retain: bool
    duplicate: bool


class Connack(msgspec.Struct, frozen=True, gc=False):
    """The broker's answer to CONNECT; ``code`` 0 is yes, the others are in CONNACK_WORDS."""

    session_present: bool
    code: int


class Puback(msgspec.Struct, frozen=True, gc=False):
    """The broker has taken our PUBLISH; no proof that anybody gets it."""

    packet_id: int


class Suback(msgspec.Struct, frozen=True, gc=False):
    """``codes``: one byte a filter, the granted QoS or 0x80."""

    packet_id: int
    codes: bytes


class Unsuback(msgspec.Struct, frozen=True, gc=False):
    """The broker has taken our UNSUBSCRIBE; what was on its way may still come."""

    packet_id: int


class Pingresp(msgspec.Struct, frozen=True, gc=False):
    """The broker is alive."""


Packet = Incoming | Connack | Puback | Suback | Unsuback | Pingresp


class PacketParser:
    """Cuts a broker's byte stream into packets; any chunking gives the same packets.

    Holds at most one packet of ``max_packet_bytes``. After a ProtocolViolation it is of no more use.
    """

    def __init__(self, max_packet_bytes: int = MAX_RECEIVED_BYTES) -> None:
        self._limit = max_packet_bytes
        self._rest = bytearray()
        self._needed = 2  # bytes from the start of _rest without which no packet can be complete

    def feed(self, data: bytes) -> list[Packet]:
        """Give every packet that ``data`` completes; raise ProtocolViolation for what may not be."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        packets: list[Packet] = []
        position, size, needed = 0, len(data), 2
        while size - position >= 2:
            body = position + 2
            length = data[position + 1]
            if length & 0x80:
                body, length = _long_length(data, position + 1)
                if not body:
                    needed = size - position + 1
                    break
            if length > self._limit:
                raise ProtocolViolation("mqtt.packet_too_large")
            if body + length > size:
                needed = body + length - position
                break
            packets.append(_packet(data, position, body, body + length))
            position = body + length
        self._needed = needed
        self._rest += data[position:]
        return packets


def _long_length(data: bytes, start: int) -> tuple[int, int]:
    """Remaining length of two to four bytes (2.2.3): (index behind it, length), or (0, 0) when cut."""
    length = 0
    for count, byte in enumerate(data[start : start + 4]):
        length |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return start + count + 1, length
    if len(data) - start >= 4:
        raise ProtocolViolation("mqtt.remaining_length")
    return 0, 0


def _packet(data: bytes, start: int, body: int, end: int) -> Packet:
    first = data[start]
    if first & 0xF0 == _PUBLISH:
        return _publish(first, data, body, end)
    if first == _PUBACK:
        if end - body != 2:
            _violation("mqtt.length")
        return Puback(_packet_id(data, body))
    return _rare_packet(first, data[body:end])


def _publish(first: int, data: bytes, body: int, end: int) -> Incoming:
    qos = first & 0x06
    payload = topic = body + 2
    if topic > end:
        _violation("mqtt.length")
    payload = after_topic = topic + (data[body] << 8 | data[body + 1])
    packet_id = 0
    if qos == 0x02:
        payload += 2
    elif qos or first & 0x08:  # QoS 2 or 3, or DUP without QoS [MQTT-3.3.1-2]
        _violation("mqtt.qos")
    if payload > end:
        _violation("mqtt.length")
    if qos:
        packet_id = _packet_id(data, after_topic)
    name = data[topic:after_topic]
    text = _decode_topic(name) if len(name) <= _CACHED_TOPIC_BYTES else _decode_topic.__wrapped__(name)
    return Incoming(text, data[payload:end], packet_id, first & 0x01 != 0, first & 0x08 != 0)


def _rare_packet(first: int, body: bytes) -> Packet:
    if first == _SUBACK:
        return _suback(body)
    if first == _CONNACK:
        return _connack(body)
    if first == _UNSUBACK:
        if len(body) != 2:
            _violation("mqtt.length")
        return Unsuback(_packet_id(body, 0))
    if first == _PINGRESP:
        if body:
            _violation("mqtt.length")
        return Pingresp()
    kind = first & 0xF0
    # Known type, wrong flag bits (2.2.2), or a type that a broker has no reason to send us.
    known = kind in (_CONNACK, _PUBACK, _SUBACK, _UNSUBACK, _PINGRESP)
    raise ProtocolViolation("mqtt.flags" if known else "mqtt.packet_type")


def _suback(body: bytes) -> Suback:
    if len(body) < 3:
        _violation("mqtt.length")
    codes = body[2:]
    if codes.translate(None, b"\x00\x01\x02\x80"):
        _violation("mqtt.suback_code")
    return Suback(_packet_id(body, 0), codes)


def _connack(body: bytes) -> Connack:
    if len(body) != 2:
        _violation("mqtt.length")
    present, code = body
    if present > 1 or (present and code):  # [MQTT-3.2.2-4]
        _violation("mqtt.flags")
    if code and code not in CONNACK_WORDS:
        _violation("mqtt.connack_code")
    return Connack(present == 1, code)


def _packet_id(data: bytes, at: int) -> int:
    packet_id = data[at] << 8 | data[at + 1]
    if not packet_id:  # [MQTT-2.3.1-1]
        _violation("mqtt.packet_id")
    return packet_id


@lru_cache(maxsize=1024)
def _decode_topic(name: bytes) -> str:
    try:
        topic = name.decode()
    except UnicodeDecodeError:
        raise ProtocolViolation("mqtt.utf8") from None
    if not topic or "\0" in topic or "+" in topic or "#" in topic:
        _violation("mqtt.topic")
    return topic


def _violation(code: str) -> NoReturn:
    raise ProtocolViolation(code)


def encode_connect(
    client_id: str,
    *,
    clean: bool,
    keepalive_seconds: int,
    username: str = "",
    password: str = "",
    will: tuple[str, bytes, bool] | None = None,
) -> bytes:
    """CONNECT; ``will`` is (topic, payload, retain) and goes out at QoS 1."""
    flags = 0x02 if clean else 0
    fields = [_text(client_id)]
    if will is not None:
        topic, payload, retain = will
        flags |= 0x0C | (0x20 if retain else 0)
        fields += [_topic(topic), _block(payload, "mqtt.will_too_large")]
    if username:
        flags |= 0x80
        fields.append(_text(username))
        if password:  # without a user name it may not be sent [MQTT-3.1.2-22]
            flags |= 0x40
            fields.append(_text(password))
    head = b"\x00\x04MQTT\x04" + bytes((flags,)) + keepalive_seconds.to_bytes(2, "big")
    return _whole(0x10, head + b"".join(fields))


def encode_subscribe(packet_id: int, filters: Iterable[str], qos: Literal[0, 1] = 1) -> bytes:
    """SUBSCRIBE (3.8). Filters are checked as 4.7.1 wants; shared ones are not MQTT 3.1.1."""
    fields = [_filter(each) + bytes([qos]) for each in filters]
    if not fields:
        raise Unsendable("mqtt.no_filter")
    return _whole(0x82, packet_id.to_bytes(2, "big") + b"".join(fields))


def encode_unsubscribe(packet_id: int, filters: Iterable[str]) -> bytes:
    """UNSUBSCRIBE (3.10)."""
    fields = [_filter(each) for each in filters]
    if not fields:
        raise Unsendable("mqtt.no_filter")
    return _whole(0xA2, packet_id.to_bytes(2, "big") + b"".join(fields))


def encode_publish(
    topic: str, payload: bytes, packet_id: int = 0, *, retain: bool = False, duplicate: bool = False
) -> bytes:
    """PUBLISH: QoS 1 with a packet id, else QoS 0. Raises Unsendable for what MQTT cannot carry."""
    name = _topic(topic)
    first = 0x31 if retain else 0x30
    if not packet_id:
        return b"".join((_head(first, len(name) + len(payload)), name, payload))
    first |= 0x0A if duplicate else 0x02
    head = _head(first, len(name) + 2 + len(payload))
    return b"".join((head, name, packet_id.to_bytes(2, "big"), payload))


def encode_pubacks(packet_ids: Iterable[int]) -> bytes:
    """One PUBACK for each id, joined."""
    return b"".join([b"\x40\x02" + each.to_bytes(2, "big") for each in packet_ids])


def subscription_failed(code: int, qos: Literal[0, 1] = 1) -> bool:
    """Whether a SUBACK code is less than what we asked for."""
    return code == _SUBSCRIPTION_FAILED or code < qos


def _topic(topic: str) -> bytes:
    return _encode_topic(topic) if len(topic) <= _CACHED_TOPIC_BYTES else _encode_topic.__wrapped__(topic)


@lru_cache(maxsize=1024)
def _encode_topic(topic: str) -> bytes:
    if not topic or "+" in topic or "#" in topic:
        raise Unsendable("mqtt.topic")
    return _text(topic)


def _filter(topic_filter: str) -> bytes:
    levels = topic_filter.split("/")
    lone = all(level in ("+", "#") or not set(level) & {"+", "#"} for level in levels)
    if not topic_filter or not lone or "#" in levels[:-1] or levels[0] == "$share":
        # NATS answers $share with success and never delivers: better no subscription than a dead one.
        raise Unsendable("mqtt.filter")
    return _text(topic_filter)


def _text(text: str) -> bytes:
    if "\0" in text:  # [MQTT-1.5.3-2]
        raise Unsendable("mqtt.text_nul")
    try:
        return _block(text.encode(), "mqtt.text_too_long")
    except UnicodeEncodeError:  # lone surrogates [MQTT-1.5.3-1]
        raise Unsendable("mqtt.utf8") from None


def _block(data: bytes, refusal: str) -> bytes:
    if len(data) > MAX_TOPIC_BYTES:
        raise Unsendable(refusal)
    return len(data).to_bytes(2, "big") + data


def _whole(first: int, body: bytes) -> bytes:
    return _head(first, len(body)) + body


def _head(first: int, length: int) -> bytes:
    if length < 0x80:
        return bytes((first, length))
    if length < 0x4000:
        return bytes((first, length & 0x7F | 0x80, length >> 7))
    if length > MAX_SENT_BYTES:
        raise Unsendable("mqtt.packet_too_large")
    return bytes((first, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14))
