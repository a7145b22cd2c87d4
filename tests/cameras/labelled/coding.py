"""Through a real encoder and a real decoder, keyframe by keyframe, as a camera's pictures come."""

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

import av
import cv2
import numpy as np

from adapters.cameras.quality.planes import Planes, planes_of
from tests.cameras.labelled.camera import Image
from tests.cameras.labelled.scenes import Scene

_QUALITY = {"libx264": "24", "libx265": "27"}
_DECODERS = {"libx264": "h264", "libx265": "hevc"}
FRAMES_A_SECOND = 2


@dataclass(frozen=True, slots=True)
class Decoded:
    """``frame`` owns what ``planes`` shows."""

    frame: av.VideoFrame
    planes: Planes
    digest: bytes
    size: int


class Coder:
    """One stream: an encoder that goes on, and a fresh decoder for each keyframe."""

    def __init__(self, scene: Scene, group: int = 1, bit_rate: int = 0, *, constant: bool = False) -> None:
        """``group``: frames from one keyframe to the next; ``constant``: one quantiser, so equal pictures are
        equal units but for their numbers."""
        self._scene = scene
        self._encoder = _encoder(scene, group, bit_rate or scene.bit_rate, constant=constant)
        self._frames = 0
        self._group = group

    def keyframe(self, image: Image) -> Decoded:
        """The picture as a keyframe; what else belongs to its group stands still."""
        frame = self._frame(image)
        data = b""
        for number in range(self._group):
            frame.pts = self._frames
            self._frames += 1
            packets = self._encoder.encode(frame)
            if number == 0:
                data = b"".join(bytes(packet) for packet in packets)
        return decoded(data, _DECODERS[self._scene.codec])

    def _frame(self, image: Image) -> av.VideoFrame:
        name = "yuvj420p" if self._scene.full_range else "yuv420p"
        if self._scene.full_range:
            return av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=name)
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        return av.VideoFrame.from_ndarray(planes, format=name)


def decoded(data: bytes, codec: str) -> Decoded:
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_type = "NONE"
    frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    return Decoded(frames[0], planes_of(frames[0]), sha256(data).digest(), len(data))


def _encoder(scene: Scene, group: int, bit_rate: int, *, constant: bool) -> av.VideoCodecContext:
    encoder = av.CodecContext.create(scene.codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = scene.width, scene.height
    encoder.pix_fmt = "yuvj420p" if scene.full_range else "yuv420p"
    encoder.time_base = Fraction(1, FRAMES_A_SECOND)
    encoder.framerate = Fraction(FRAMES_A_SECOND)
    encoder.gop_size = group
    encoder.thread_count = 1
    options = {"preset": "ultrafast" if scene.codec == "libx265" else "superfast", "tune": "zerolatency"}
    if scene.codec == "libx265":
        options["x265-params"] = f"log-level=none:keyint={group}:pools=none:frame-threads=1"
    if constant:
        options["qp"] = _QUALITY[scene.codec]
    elif bit_rate:
        encoder.bit_rate = bit_rate
        options |= {"maxrate": str(bit_rate), "bufsize": str(bit_rate // 2)}
    else:
        options["crf"] = _QUALITY[scene.codec]
    encoder.options = options
    return encoder


def grey_of(image: Image) -> Planes:
    """Not coded: for tests that look at one figure."""
    nothing = np.empty((0, 0), np.uint8)
    return Planes(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8), nothing, nothing)
