"""The process, ``python -m adapters.cameras.keyframes.demuxer PARENT MEMORY_MB``: libav plays one stream.

One job comes in, messages go out; it decodes nothing. Sockets are files, so it may have a few. Whoever
started it kills it when the stream is not wanted any more.
"""

import sys
from collections.abc import Iterator
from time import monotonic
from typing import Any

import av
from av.container.input import InputContainer
from av.error import FFmpegError, HTTPUnauthorizedError
from av.packet import Packet
from av.video.stream import VideoStream

from adapters.cameras.keyframes.confinement import confine
from adapters.cameras.keyframes.demux_messages import (
    KEY_SECONDS,
    LARGEST_JOB_BYTES,
    LARGEST_KEY_BYTES,
    TELL_SECONDS,
    DemuxCodec,
    Heard,
    Job,
    Key,
    Message,
    Opened,
    Over,
    decode_job,
    encode,
)
from adapters.cameras.keyframes.pipe_messages import READY, packed
from adapters.cameras.keyframes.pipes import answers_only, put, received

MEGABYTE = 1024 * 1024
OPEN_FILES = 32
_CODECS: dict[str, DemuxCodec] = {"h264": "h264", "hevc": "h265", "mjpeg": "mjpeg"}
_SETS = {"h264": frozenset((7,)), "h265": frozenset((33,))}
_CLOCK = 90_000
_SILENT_SECONDS = 120.0  # of a stream: whoever started us knows sooner, and ends us

av.logging.set_level(None)


def main(parent: int, memory_mb: int) -> None:
    answers = answers_only()
    confine(parent, memory_mb * MEGABYTE, OPEN_FILES)
    put(answers, packed(READY))
    job = received(0, LARGEST_JOB_BYTES)
    if job is None:
        return
    for message in played(decode_job(job)):
        put(answers, packed(encode(message)))


def played(job: Job) -> Iterator[Message]:
    """Until the stream ends; its errors are stripped to reasons: libav's texts hold the whole address."""
    try:
        patience = (job.patience_seconds, _SILENT_SECONDS)
        with av.open(job.url, options=_options(job), timeout=patience) as container:
            yield from _stream(container)
    except HTTPUnauthorizedError:
        yield Over("unauthorized")
    except (FFmpegError, OSError, ValueError):
        yield Over("bad_reply")


def _options(job: Job) -> dict[str, str]:
    """The transport is said each time: libav's own choice may change; nothing but what RTSP needs."""
    return {
        "rtsp_transport": job.transport,
        "protocol_whitelist": "rtsp,rtp,tcp,udp,tls",
        "allowed_media_types": "video",
        "analyzeduration": "1000000",
        "timeout": str(round(_SILENT_SECONDS * 1_000_000)),
    }


def _stream(container: InputContainer) -> Iterator[Message]:
    stream = next((each for each in container.streams.video), None)
    codec = _CODECS.get(stream.codec_context.name) if stream is not None else None
    if stream is None or codec is None:
        yield Over("unsupported_codec")
        return
    yield Opened(codec, stream.codec_context.width or 0, stream.codec_context.height or 0)
    stream_told = _Told(stream, codec)
    for packet in container.demux(stream):
        if packet.size:
            yield from stream_told.of(packet)
    yield Over("closed")


class _Told:
    """Counts, and says so now and then."""

    def __init__(self, stream: VideoStream, codec: DemuxCodec) -> None:
        self._codec = codec
        self._sets = bytes(stream.codec_context.extradata or b"")
        self._heard = Heard(0, 0, 0, 0, 0.0)
        self._first_s = 0.0
        self._told_s = self._key_s = float("-inf")

    def of(self, packet: "Packet[Any]") -> Iterator[Message]:
        now_s, at_s = monotonic(), _at_s(packet)
        self._first_s = self._first_s if self._heard.frames else at_s
        self._heard = Heard(
            self._heard.bytes + packet.size,
            self._heard.frames + 1,
            self._heard.corrupt + packet.is_corrupt,
            self._heard.keyframes + packet.is_keyframe,
            at_s - self._first_s,
        )
        if now_s - self._told_s >= TELL_SECONDS:
            self._told_s = now_s
            yield self._heard
        if packet.is_keyframe and now_s - self._key_s >= KEY_SECONDS and packet.size <= LARGEST_KEY_BYTES:
            self._key_s = now_s
            yield Key(self._with_sets(bytes(packet)), round(at_s * _CLOCK) % 2**32)

    def _with_sets(self, data: bytes) -> bytes:
        """Those of the description, where the keyframe has none of its own."""
        if self._codec == "mjpeg" or any(_kind(self._codec, nal) for nal in data.split(b"\0\0\1")[1:5]):
            return data
        return self._sets + data


def _kind(codec: DemuxCodec, nal: bytes) -> bool:
    """Whether it is a sequence parameter set."""
    if not nal:
        return False
    return (nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F) in _SETS[codec]


def _at_s(packet: "Packet[Any]") -> float:
    pts = packet.pts if packet.pts is not None else packet.dts
    return float((pts or 0) * packet.time_base)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
