"""One video stream as it is received: counted packet by packet, a key picture put together only when wanted.

Nearly every packet is the next of its picture: ``skim`` takes those in one loop, from the fields of their
heads alone (under a microsecond each). Everything else goes through ``take``, which knows all of RTP.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from adapters.cameras.rtsp.access_units import (
    FRAGMENT,
    FRAGMENT_KINDS,
    HEAD_BYTES,
    KEY,
    KINDS,
    OTHER,
    SLICE,
    AccessUnits,
)
from adapters.cameras.rtsp.descriptions import VideoTrack
from adapters.cameras.rtsp.packets import MAX_DROPOUT, RtpPacket, gap, read_packet, ticks_between

# "$" and channel, length, flags with payload type, sequence, RTP time, source: as they stand in the stream.
_HEAD = struct.Struct(">HHHHII")
_NO_PREFIX = -1
_RTP_VERSION, _MARKER = 0x8000, 0x0080
_LEAST_SIZE = 15  # an RTP head and three bytes of payload: what tells of a fragment
_MOST_LATE = 16  # so many late packets in a row are a source that counts anew
# A step of the RTP clock beyond this is a clock that was set, not time that went by.
_LONGEST_STEP_SECONDS = 10


class KeyUnit(NamedTuple):
    """Annex B of one key picture, and the digest of its slices."""

    data: bytes
    digest: bytes
    rtp_time: int


@dataclass(slots=True)
class Counts:
    """``highest``: the last sequence number, extended by how often it wrapped."""

    packets: int = 0
    lost: int = 0
    frames: int = 0
    keyframes: int = 0
    rtp_ticks: int = 0
    highest: int = 0


class VideoStream:
    """``wanted``: the next whole key picture is to be given."""

    def __init__(self, track: VideoTrack, channel: int) -> None:
        self.track = track
        self.units = AccessUnits(track.codec, track.parameter_sets)
        self.counts = Counts()
        self.wanted = False
        self.ssrc: int | None = None
        self.rtp_time = 0
        self._expected = 0
        self._late = 0
        self._channel = channel
        self._prefix = _NO_PREFIX
        self._plain = 0
        self._is_told = False  # the kind of the picture that is being received
        self._is_ended = True  # its last packet came
        self._is_key = False
        self._gathering = False
        self._longest_step = _LONGEST_STEP_SECONDS * track.clock_rate
        self._kinds = KINDS[track.codec]
        self._fragment_kinds = FRAGMENT_KINDS[track.codec]
        self._fragment_at = _HEAD.size + HEAD_BYTES[track.codec]

    def skim(self, buffer: bytes, at: int) -> int:
        """Past the plain packets that stand at ``at`` one behind the other; what is left is for ``take``."""
        if self._gathering:
            return at
        unpack, limit, packets = _HEAD.unpack_from, len(buffer), 0
        prefix, plain, ssrc, expected = self._prefix, self._plain, self.ssrc, self._expected
        marked, last = plain | _MARKER, limit - _HEAD.size
        rtp_time, is_told = self.rtp_time, self._is_told
        while at <= last:
            found, size, flags, sequence, time, source = unpack(buffer, at)
            stop = at + 4 + size
            if (
                stop > limit
                or sequence != expected
                or found != prefix
                or source != ssrc
                or size < _LEAST_SIZE
                or (flags != plain and flags != marked)
            ):
                break
            if time != rtp_time:
                self._is_told = is_told
                self._picture_begins(time)
                rtp_time, is_told = time, False
            if not is_told:
                if not self._is_slice(buffer, at):
                    break
                self._is_told = is_told = True
            packets += 1
            expected = (expected + 1) & 0xFFFF
            if flags == marked:
                self._picture_ends()
                is_told = False
            at = stop
        self._expected, self._is_told = expected, is_told
        self.counts.packets += packets
        self.counts.highest += packets
        return at

    def _is_slice(self, buffer: bytes, at: int) -> bool:
        """Whether a packet begins a picture that is no key picture."""
        kind = self._kinds[buffer[at + _HEAD.size]]
        if kind == FRAGMENT:
            kind = self._fragment_kinds[buffer[at + self._fragment_at]]
        return kind == SLICE

    def take(self, raw: bytes) -> KeyUnit | None:
        """Any packet; the key picture that it ends, where one is wanted."""
        packet = read_packet(raw)
        if packet is None or packet.payload_type != self.track.payload_type:
            return None
        if not self._is_next(packet):
            return None
        self.counts.packets += 1
        unit = None
        if packet.rtp_time != self.rtp_time:
            unit = self._finish()  # it had no marker
            self._picture_begins(packet.rtp_time)
        self._read(packet.payload)
        if packet.is_marked:
            unit = self._finish() or unit
            self._picture_ends()
        return unit

    def _is_next(self, packet: RtpPacket) -> bool:
        """Count what is missing before it; False for one that is late."""
        missing = gap(self._expected, packet.sequence)
        self._late = self._late + 1 if missing is None else 0
        if packet.ssrc != self.ssrc or (missing or 0) > MAX_DROPOUT or self._late > _MOST_LATE:
            self._begin_anew(packet)
            missing = 0
        if missing is None:
            return False
        if missing:
            self.counts.lost += missing
            self._give_up_picture()
        self.counts.highest += missing + 1
        self._expected = (packet.sequence + 1) & 0xFFFF
        return True

    def _begin_anew(self, packet: RtpPacket) -> None:
        self._give_up_picture()
        self.ssrc = packet.ssrc
        self.rtp_time = packet.rtp_time
        self._is_told, self._is_ended = False, False
        self._prefix = 0x2400 | self._channel
        self._plain = _RTP_VERSION | packet.payload_type
        self.counts.highest = (self.counts.highest & ~0xFFFF) + packet.sequence - 1

    def _read(self, payload: bytes) -> None:
        if self._gathering:
            if not self.units.gather(payload):
                self._give_up_picture()
            return
        if self._is_told:
            return
        kind = self.units.kind(payload)
        self._is_told = kind != OTHER
        self._is_key = kind == KEY
        if self._is_key and self.wanted:
            self._gathering = self.units.gather(payload)

    def _give_up_picture(self) -> None:
        """It is not whole: it counts as a picture, and not as a key picture."""
        self.units.abandon()
        self._gathering = False
        self._is_key = False

    def _picture_begins(self, rtp_time: int) -> None:
        if not self._is_ended:
            self._picture_ends()
        step = ticks_between(self.rtp_time, rtp_time)
        self.counts.rtp_ticks += step if abs(step) <= self._longest_step else 0
        self.rtp_time = rtp_time
        self._is_told, self._is_ended = False, False

    def _picture_ends(self) -> None:
        """Some mark the packets of parameter sets, too: only what had a slice is a picture."""
        self.counts.frames += self._is_told
        self.counts.keyframes += self._is_key
        self._is_key = False
        self._is_ended, self._is_told = True, False

    def _finish(self) -> KeyUnit | None:
        """The picture that was gathered; still wanted when it came to nothing."""
        if not self._gathering:
            return None
        self._gathering = False
        unit = self.units.unit()
        if unit is None:
            self._is_key = False
            return None
        self.wanted = False
        return KeyUnit(*unit, self.rtp_time)
