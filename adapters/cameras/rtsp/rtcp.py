"""RTCP (RFC 3550, 6.4): the camera's clock out of its sender reports, and our receiver reports to it."""

import struct
from typing import NamedTuple

_SENDER_REPORT = 200
_HEAD = struct.Struct(">BBHIIII")
# NTP counts from 1900, Unix time from 1970.
_NTP_TO_UNIX = 2_208_988_800
_CNAME = b"epihub"


class SenderReport(NamedTuple):
    """``unix_s``: the camera's clock when it sent this; ``middle``: of its NTP time, to be given back."""

    ssrc: int
    unix_s: float
    rtp_time: int
    middle: int


class Reception(NamedTuple):
    """What a receiver report says of one source; ``delay_s``: since its last sender report."""

    ssrc: int
    lost_share: float
    lost: int
    highest_sequence: int
    middle: int = 0
    delay_s: float = 0.0


def read_sender_report(raw: bytes) -> SenderReport | None:
    """The first sender report of a compound packet; None: it has none, or one without a clock (NTP 0)."""
    at = 0
    while at + 8 <= len(raw):
        size = 4 * (1 + (raw[at + 2] << 8 | raw[at + 3]))
        if raw[at + 1] == _SENDER_REPORT and size >= 28 and at + 28 <= len(raw):
            _, _, _, ssrc, seconds, fraction, rtp_time = _HEAD.unpack_from(raw, at)
            middle = (seconds & 0xFFFF) << 16 | fraction >> 16
            if not seconds:
                return None
            return SenderReport(ssrc, seconds - _NTP_TO_UNIX + fraction / 2**32, rtp_time, middle)
        at += size
    return None


def receiver_report(ours: int, of: Reception) -> bytes:
    """A compound packet: our report and our name. Jitter is told as 0: over TCP it says nothing."""
    share = min(255, max(0, int(of.lost_share * 256)))
    lost = min(0x7FFFFF, max(0, of.lost))
    delay = min(0xFFFFFFFF, max(0, int(of.delay_s * 65536))) if of.middle else 0
    words = (of.ssrc, share << 24 | lost, of.highest_sequence & 0xFFFFFFFF, 0, of.middle, delay)
    report = struct.pack(">BBHI6I", 0x81, 201, 7, ours, *words)
    item = bytes((1, len(_CNAME))) + _CNAME
    item += b"\x00" * (4 - len(item) % 4)  # at least one, which ends the list
    return report + struct.pack(">BBHI", 0x81, 202, 1 + len(item) // 4, ours) + item
