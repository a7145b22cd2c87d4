"""What passes between the edge and a process that plays one stream; framed as in ``pipe_messages``."""

from typing import Final, Literal

import msgspec

LARGEST_KEY_BYTES: Final = 4 << 20
LARGEST_MESSAGE_BYTES: Final = LARGEST_KEY_BYTES + 4096
LARGEST_JOB_BYTES: Final = 16 << 10
TELL_SECONDS: Final = 0.2  # how often it tells what it heard
KEY_SECONDS: Final = 1.0  # each picture of MJPEG is a keyframe: not all are handed over

DemuxTransport = Literal["udp", "tcp"]
DemuxCodec = Literal["h264", "h265", "mjpeg"]
DemuxEnd = Literal["unsupported_codec", "no_packets", "closed", "bad_reply", "unauthorized", "too_large"]


class Job(msgspec.Struct, frozen=True, array_like=True):
    """``url`` holds the login: by the pipe only, never an argument. ``patience_seconds``: to open it."""

    url: str
    transport: DemuxTransport
    patience_seconds: float


class Opened(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What it streams; width and height 0 where not known yet."""

    codec: DemuxCodec
    width: int
    height: int


class Heard(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Since the beginning; ``stream_seconds``: how far the camera's RTP clock went."""

    bytes: int
    frames: int
    corrupt: int
    keyframes: int
    stream_seconds: float


class Key(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A keyframe as ``KeyframeWorkers`` take it; ``rtp_time`` in 1/90000 s."""

    data: bytes
    rtp_time: int


class Over(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Why it ends, as far as libav tells it apart."""

    reason: DemuxEnd


Message = Opened | Heard | Key | Over
encode: Final = msgspec.msgpack.Encoder().encode
decode_job: Final = msgspec.msgpack.Decoder(Job).decode
_messages: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)
decode_message: Final = _messages.decode
