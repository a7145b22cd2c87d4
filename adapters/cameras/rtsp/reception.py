"""What is received of one stream: its video, its reports, and the figures of both."""

from adapters.cameras.rtsp import rtcp
from adapters.cameras.rtsp.descriptions import VideoTrack
from adapters.cameras.rtsp.facts import KeyFrame, StreamFigures
from adapters.cameras.rtsp.transports import Accepted
from adapters.cameras.rtsp.video_stream import VideoStream

_SURE_SECONDS = 60.0
_OUR_SSRC = 0x65706968  # any number will do: nobody else receives this stream


class Reception:
    """``mark`` dates what came in since the last call; times are not asked for packet by packet."""

    def __init__(self, track: VideoTrack, accepted: Accepted) -> None:
        self._accepted = accepted
        self._video = VideoStream(track, accepted.rtp)
        self.skim = self._video.skim
        self._seen = (0, 0, 0)  # packets, frames and keyframes when it was last marked
        self._last_packet_s: float | None = None
        self._last_frame_s: float | None = None
        self._last_keyframe_s: float | None = None
        self._first_steady_s: float | None = None
        self._last_steady_s = 0.0
        self._keyframe_steady_s: float | None = None
        self._interval_s: float | None = None
        self._sent: rtcp.SenderReport | None = None
        self._sent_steady_s = 0.0
        self._clock_offset_s: float | None = None
        self._reported = (0, 0)  # packets that were to come, and lost ones, at our last report

    @property
    def packets(self) -> int:
        return self._video.counts.packets

    @property
    def keyframes(self) -> int:
        return self._video.counts.keyframes

    @property
    def last_packet_steady_s(self) -> float | None:
        return None if self._first_steady_s is None else self._last_steady_s

    @property
    def heard_seconds(self) -> float:
        """From the first packet to the last, by our clock."""
        return self._last_steady_s - (self._first_steady_s or self._last_steady_s)

    @property
    def frame_seconds(self) -> float:
        """Mean time from one frame to the next, as it came; 0.0: unknown.

        In the first minute the longest of what is described, what RTP says (frames that come at once were not
        taken at once) and how they came: afterwards neither a description nor a wrong clock counts.
        """
        counts, track = self._video.counts, self._video.track
        steps = counts.frames - 1
        heard = self.heard_seconds / steps if steps > 0 else 0.0
        if self.heard_seconds >= _SURE_SECONDS:
            return heard
        told = counts.rtp_ticks / track.clock_rate / steps if steps > 0 else 0.0
        return max(heard, told, track.frame_seconds)

    def want(self) -> None:
        self._video.wanted = True

    def take(self, channel: int, raw: bytes, at_s: float, steady_s: float) -> KeyFrame | None:
        """Any frame; the key picture that it ends, where one is wanted."""
        if channel == self._accepted.rtp:
            unit = self._video.take(raw)
            if unit is None:
                return None
            codec = self._video.track.codec
            return KeyFrame(codec, unit.data, unit.rtp_time, at_s, unit.digest)
        if channel == self._accepted.rtcp:
            self._control(raw, at_s, steady_s)
        return None

    def _control(self, raw: bytes, at_s: float, steady_s: float) -> None:
        report = rtcp.read_sender_report(raw)
        if report is not None:
            self._sent, self._sent_steady_s = report, steady_s
            self._clock_offset_s = report.unix_s - at_s

    def mark(self, at_s: float, steady_s: float) -> None:
        counts = self._video.counts
        seen = (counts.packets, counts.frames, counts.keyframes)
        if seen[0] == self._seen[0]:
            return
        self._last_packet_s, self._last_steady_s = at_s, steady_s
        if self._first_steady_s is None:
            self._first_steady_s = steady_s
        if seen[1] != self._seen[1]:
            self._last_frame_s = at_s
        if seen[2] != self._seen[2]:
            if self._keyframe_steady_s is not None:
                self._interval_s = (steady_s - self._keyframe_steady_s) / (seen[2] - self._seen[2])
            self._keyframe_steady_s, self._last_keyframe_s = steady_s, at_s
        self._seen = seen

    def figures(self, byte_count: int, resyncs: int) -> StreamFigures:
        video, counts = self._video, self._video.counts
        return StreamFigures(
            bytes=byte_count,
            packets=counts.packets,
            lost=counts.lost,
            frames=counts.frames,
            keyframes=counts.keyframes,
            last_packet_s=self._last_packet_s,
            last_frame_s=self._last_frame_s,
            last_keyframe_s=self._last_keyframe_s,
            keyframe_interval_s=self._interval_s,
            rtp_seconds=counts.rtp_ticks / video.track.clock_rate,
            heard_seconds=self.heard_seconds,
            clock_offset_s=self._clock_offset_s,
            codec=video.track.codec,
            width=video.units.width,
            height=video.units.height,
            resyncs=resyncs,
        )

    def report(self, steady_s: float) -> bytes:
        """A receiver report as a frame of the connection; empty before the first packet."""
        ssrc, counts = self._video.ssrc, self._video.counts
        if ssrc is None:
            return b""
        expected, lost = counts.packets + counts.lost, counts.lost
        since, missing = expected - self._reported[0], lost - self._reported[1]
        self._reported = (expected, lost)
        share = missing / since if since else 0.0
        middle = self._sent.middle if self._sent else 0
        told = rtcp.Reception(ssrc, share, lost, counts.highest, middle, steady_s - self._sent_steady_s)
        packet = rtcp.receiver_report(_OUR_SSRC, told)
        return bytes((0x24, self._accepted.rtcp, len(packet) >> 8, len(packet) & 0xFF)) + packet
