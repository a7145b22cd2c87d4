"""What a session with a camera gives: keyframes, figures, how far it came and how it ended. Light to import.

Every time is Unix time in seconds, of our own clock, when the bytes were read.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, Self

from adapters.cameras.reasons import Phase, Reason

Codec = Literal["h264", "h265"]
PictureCodec = Literal["h264", "h265", "mjpeg"]  # mjpeg: only what libav plays for us
# Of slow cameras (thin lines, old encoders); ones that are slower still are asked for a picture now and then.
SLOWEST_FRAME_SECONDS = 20.0
_OVERDUE_FRAMES = (
    3  # so many frames without one are a stall: by a camera of one a second, as soon as by others
)
_KEYFRAME_FRAMES = 60  # groups are 50 at most, as cameras come
Until = Literal["described", "keyframe", "ended"]


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """One whole key access unit.

    ``data``: Annex B, parameter sets first, at most ``access_units.UNIT_MAX_BYTES``. ``rtp_time``: its RTP
    timestamp (90 kHz, wraps at 2**32). ``digest``: SHA-256 of its slices, without the parameter sets.
    """

    codec: PictureCodec
    data: bytes = field(repr=False)
    rtp_time: int
    at_s: float
    digest: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How a session ended. ``phase``: the one it was in: that which it did not reach, or ``streaming``.

    ``reason`` is ``watching`` when nothing failed: what ``run`` was to wait for had come; ``phase`` then is
    that which was reached. ``detail``: a number or a code of ours, never text of the camera's.
    """

    phase: Phase
    reason: Reason
    at_s: float
    detail: str = ""


class Watch(Protocol):
    """Who hears of a session; called on the loop, must not block or raise."""

    def reached(self, phase: Phase, at_s: float) -> None: ...

    def keyframe(self, frame: KeyFrame) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that each step may take at least, as long as frames come often enough.

    ``keyframe``: from the first packet, or from when one was wanted.
    """

    connect_seconds: float = 5
    answer_seconds: float = 3
    first_packet_seconds: float = 3
    stall_seconds: float = 2
    keyframe_seconds: float = 30

    def for_frames_every(self, seconds: float) -> Self:
        """With a camera that sends a frame so rarely; twenty seconds at most."""
        seconds = min(seconds, SLOWEST_FRAME_SECONDS)
        overdue = _OVERDUE_FRAMES * seconds
        if overdue <= min(self.first_packet_seconds, self.stall_seconds):
            return self
        return replace(
            self,
            first_packet_seconds=max(self.first_packet_seconds, overdue),
            stall_seconds=max(self.stall_seconds, overdue),
            keyframe_seconds=max(self.keyframe_seconds, _KEYFRAME_FRAMES * seconds),
        )


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """What was received since the session began; counts only grow.

    ``bytes`` are those of the connection, framing included. ``frames``: access units, whole or not.
    ``rtp_seconds``: how far the camera's RTP clock went from the first packet to the last, ``heard_seconds``:
    how far our steady clock went meanwhile; their ratio is the drift, and an RTP clock that stands still
    while frames come is a frozen camera. ``clock_offset_s``: the camera's clock less ours by RTCP, None until
    it told. ``keyframe_interval_s``: between the last two. ``resyncs``: how often bytes between frames were
    thrown away. ``width`` and ``height``: of the last sequence parameter set, 0 while unknown.
    """

    bytes: int = 0
    packets: int = 0
    lost: int = 0
    frames: int = 0
    keyframes: int = 0
    last_packet_s: float | None = None
    last_frame_s: float | None = None
    last_keyframe_s: float | None = None
    keyframe_interval_s: float | None = None
    rtp_seconds: float = 0.0
    heard_seconds: float = 0.0
    clock_offset_s: float | None = None
    codec: PictureCodec | None = None
    width: int = 0
    height: int = 0
    resyncs: int = 0
