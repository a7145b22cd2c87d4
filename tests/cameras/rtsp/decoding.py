"""Keyframes decoded by the peer that the product uses, from nothing but their own bytes."""

import av
from av.video.codeccontext import VideoCodecContext

from adapters.cameras.rtsp.facts import KeyFrame


def decoded_size(frame: KeyFrame) -> tuple[int, int]:
    decoder = av.CodecContext.create("hevc" if frame.codec == "h265" else frame.codec, "r")
    assert isinstance(decoder, VideoCodecContext)
    frames = [*decoder.decode(av.Packet(frame.data)), *decoder.decode(None)]
    assert len(frames) == 1
    assert not frames[0].is_corrupt
    return frames[0].width, frames[0].height
