"""One key access unit into one frame. libav is only ever loaded in a worker."""

from typing import Final

import av
from av.error import FFmpegError
from av.error import MemoryError as NoMemory
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from adapters.cameras.keyframes.looks import LONGEST_SIDE, MOST_PIXELS, Undecodable
from adapters.cameras.rtsp.sequence_parameters import picture_size

_DECODERS: Final = {"h264": "h264", "h265": "hevc", "mjpeg": "mjpeg"}

av.logging.set_level(None)


def decoded(codec: str, data: bytes) -> VideoFrame:
    """The first frame of ``data`` (Annex B, parameter sets first; or a JPEG); raises Undecodable.

    A new decoder for each, without threads: nothing of one camera can stay for another.
    """
    name = _DECODERS.get(codec)
    if name is None:
        raise Undecodable("undecodable")
    if codec != "mjpeg":
        size = picture_size("h264" if codec == "h264" else "h265", data)
        if size is None:
            raise Undecodable("no_parameter_sets")
        _require_4k(*size)
    try:
        frame = _first(name, data)
    except (NoMemory, MemoryError) as error:
        raise Undecodable("no_memory") from error
    except (FFmpegError, ValueError) as error:
        raise Undecodable("undecodable") from error
    if frame is None:
        raise Undecodable("undecodable")
    _require_4k(frame.width, frame.height)
    return frame


def _require_4k(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Undecodable("too_large")


def _first(name: str, data: bytes) -> VideoFrame | None:
    decoder = VideoCodecContext.create(name, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_type = "NONE"
    decoder.thread_count = 1
    # What the decoder itself believes: sets that we could not read, and sizes before anything is cut off.
    decoder.options = {"max_pixels": str(MOST_PIXELS)}
    for packet in (av.Packet(data), None):
        for frame in decoder.decode(packet):
            return frame
    return None
