"""What a camera writes, byte by byte: replies, and packets of made-up pictures."""

import struct
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapters.cameras.rtsp.facts import Codec

# Of 640x360 pictures, as x264 and x265 write them.
H264_SETS = (
    bytes.fromhex("6764001eacd940a02ff961000003000100000300320f162d96"),
    bytes.fromhex("68ebe3cb22c0"),
)
H265_SETS = (
    bytes.fromhex("40010c01ffff01600000030090000003000003003f959809"),
    bytes.fromhex("42010101600000030090000003000003003fa00502016965959a4932b9a02000000300200000030321"),
    bytes.fromhex("4401c172b46240"),
)
SETS: dict[Codec, tuple[bytes, ...]] = {"h264": H264_SETS, "h265": H265_SETS}
START = b"\x00\x00\x00\x01"
_HEADS: dict[tuple[Codec, bool], bytes] = {
    ("h264", True): b"\x65", ("h264", False): b"\x41",
    ("h265", True): b"\x26\x01", ("h265", False): b"\x02\x01",
}  # fmt: skip


def annex_b(nals: Sequence[bytes]) -> bytes:
    return b"".join(START + nal for nal in nals)


def nal(codec: Codec, *, key: bool, size: int, fill: int = 0x55) -> bytes:
    """A slice of ``size`` bytes of which nothing but the head is real."""
    return _HEADS[codec, key] + bytes([fill]) * size


def interleaved(channel: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0x24, channel, len(data)) + data


def fragments(codec: Codec, unit: bytes, most: int) -> Iterator[bytes]:
    """FU-A of RFC 6184, FU of RFC 7798."""
    head, body = (unit[:1], unit[1:]) if codec == "h264" else (unit[:2], unit[2:])
    parts = [body[at : at + most] for at in range(0, len(body), most)]
    for index, part in enumerate(parts):
        mark = 0x80 * (index == 0) | 0x40 * (index == len(parts) - 1)
        if codec == "h264":
            yield bytes((head[0] & 0xE0 | 28, mark | head[0] & 0x1F)) + part
        else:
            yield bytes((head[0] & 0x81 | 49 << 1, head[1], mark | head[0] >> 1 & 0x3F)) + part


def aggregate(codec: Codec, units: Sequence[bytes]) -> bytes:
    """STAP-A of RFC 6184, AP of RFC 7798."""
    head = b"\x18" if codec == "h264" else bytes((48 << 1, 1))
    return head + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


@dataclass
class Source:
    """Numbers packets as a camera does."""

    codec: Codec = "h264"
    payload_type: int = 96
    sequence: int = 65_530
    rtp_time: int = 0xFFFF_F000
    ssrc: int = 0x1234_5678
    most: int = 400
    sent: list[bytes] = field(default_factory=list)

    def packet(self, payload: bytes, *, last: bool) -> bytes:
        second = self.payload_type | 0x80 * last
        head = struct.pack(">BBHII", 0x80, second, self.sequence, self.rtp_time, self.ssrc)
        self.sequence = (self.sequence + 1) & 0xFFFF
        return interleaved(0, head + payload)

    def picture(
        self,
        *,
        key: bool,
        size: int = 1000,
        slices: int = 1,
        before: Sequence[bytes] = (),
        marked: bool = True,
    ) -> list[bytes]:
        """Packets of one picture; ``before``: payloads that stand before its slices."""
        units = [nal(self.codec, key=key, size=size, fill=index + 1) for index in range(slices)]
        payloads = [*before]
        for unit in units:
            payloads += [unit] if len(unit) <= self.most else fragments(self.codec, unit, self.most)
        last = len(payloads) - 1
        packets = [self.packet(each, last=marked and at == last) for at, each in enumerate(payloads)]
        self.rtp_time = (self.rtp_time + 3600) & 0xFFFFFFFF
        return packets


def whole(codec: Codec, *, size: int = 1000, slices: int = 1) -> bytes:
    """What ``Source.picture`` with the same arguments is put together to."""
    units = [nal(codec, key=True, size=size, fill=index + 1) for index in range(slices)]
    return annex_b((*SETS[codec], *units))


def reply(cseq: int, headers: str = "", body: bytes = b"", status: str = "200 OK") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{headers}{length}\r\n".encode() + body


def description(codec: Codec, *, with_sets: bool = True, more: str = "") -> bytes:
    written = [b64encode(each).decode() for each in SETS[codec]]
    if codec == "h264":
        said = "packetization-mode=1;sprop-parameter-sets=" + ",".join(written)
    else:
        said = ";".join(
            f"sprop-{name}={each}" for name, each in zip(("vps", "sps", "pps"), written, strict=True)
        )
    return (
        "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=camera\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=0\r\n"
        f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 {codec.upper()}/90000\r\n"
        + (f"a=fmtp:96 {said}\r\n" if with_sets else "")
        + f"a=control:trackID=1\r\n{more}"
    ).encode()


def opening(codec: Codec, *, with_sets: bool = True, more: str = "") -> list[bytes]:
    """Replies up to PLAY, to a client that needs no login. ``more``: lines of the description."""
    told = description(codec, with_sets=with_sets, more=more)
    return [
        reply(1, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n"),
        reply(2, "Content-Type: application/sdp\r\n", told),
        reply(3, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 4711;timeout=60\r\n"),
        reply(4, "Session: 4711\r\n"),
    ]


def sender_report(ssrc: int, unix_s: float, rtp_time: int) -> bytes:
    ntp = unix_s + 2_208_988_800
    words = (ssrc, int(ntp), int(ntp % 1 * 2**32), rtp_time, 1, 1)
    return interleaved(1, struct.pack(">BBH6I", 0x80, 200, 6, *words))


def cut(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    """The same bytes in pieces that end at ``places``."""
    at = 0
    for place in sorted({each % (len(data) + 1) for each in places} | {len(data)}):
        if place > at:
            yield data[at:place]
        at = place
