"""RTP headers (RFC 3550, 5.1), and which packets of a sequence never came."""

import struct
from typing import NamedTuple

_HEAD = struct.Struct(">BBHII")
HEAD_BYTES = _HEAD.size
# RFC 3550, A.1: a larger gap is a source that began anew.
MAX_DROPOUT = 3000
_LATE = 0x8000


class RtpPacket(NamedTuple):
    """``payload`` without padding."""

    payload_type: int
    is_marked: bool
    sequence: int
    rtp_time: int
    ssrc: int
    payload: bytes


def read_packet(raw: bytes) -> RtpPacket | None:
    """Without padding, extension and contributing sources; None: no RTP, or cut short."""
    if len(raw) < HEAD_BYTES:
        return None
    first, second, sequence, rtp_time, ssrc = _HEAD.unpack_from(raw)
    start = HEAD_BYTES + 4 * (first & 0x0F)
    if first & 0x10:
        if len(raw) < start + 4:
            return None
        start += 4 + 4 * (raw[start + 2] << 8 | raw[start + 3])
    stop = len(raw) - (raw[-1] if first & 0x20 else 0)
    if first >> 6 != 2 or start > stop:
        return None
    return RtpPacket(second & 0x7F, bool(second & 0x80), sequence, rtp_time, ssrc, raw[start:stop])


def gap(expected: int, sequence: int) -> int | None:
    """How many packets are missing before this one; None: it is late or comes again."""
    missing = (sequence - expected) & 0xFFFF
    if missing >= _LATE:
        return None
    return missing


def ticks_between(earlier: int, later: int) -> int:
    """How far an RTP clock of 32 bits went; negative for a picture that is shown before the last."""
    ahead = (later - earlier) & 0xFFFFFFFF
    return ahead - 0x1_0000_0000 if ahead & 0x80000000 else ahead
