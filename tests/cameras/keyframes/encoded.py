"""Keyframes as cameras send them, made here; and what hostile ones look like."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from typing import Final

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from adapters.cameras.keyframes.looks import Look, Polygon
from adapters.cameras.rtsp.facts import Codec, KeyFrame

AT_S: Final = 1_795_330_000.0
GREEN: Final = (60, 180, 60)  # blue, green, red
LEFT_HALF: Final[Polygon] = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
_ENCODERS: Final[dict[Codec, str]] = {"h264": "libx264", "h265": "libx265"}


def picture(width: int, height: int) -> NDArray[np.uint8]:
    """Green, with a texture."""
    noise = np.random.default_rng(7).integers(-20, 20, (height, width, 1))
    return np.clip(np.array(GREEN) + noise, 0, 255).astype(np.uint8)


@cache
def encoded(codec: Codec, width: int, height: int, pixels: str = "yuv420p") -> bytes:
    """One key access unit, Annex B, parameter sets first."""
    encoder = VideoCodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels
    encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
    encoder.options = {"crf": "24", "preset": "ultrafast", "x265-params": "log-level=none:pools=none"}
    frame = av.VideoFrame.from_ndarray(picture(width, height), format="bgr24").reformat(format=pixels)
    return b"".join(bytes(each) for each in (*encoder.encode(frame), *encoder.encode(None)))


def look_at(data: bytes, codec: Codec = "h264", **more: object) -> Look:
    """640 wide, without masks, unless said otherwise."""
    frame = KeyFrame(codec, data, 0, AT_S, sha256(data).digest())
    return replace(Look(frame, (), 640), **more)  # type: ignore[arg-type]


def good(codec: Codec = "h264", width: int = 640, height: int = 360, **more: object) -> Look:
    return look_at(encoded(codec, width, height), codec, **more)


def pixels_of(jpeg: bytes) -> NDArray[np.uint8]:
    """Rows × columns × (blue, green, red)."""
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, np.uint8)


class Bits:
    """Writes what a parameter set is made of."""

    def __init__(self) -> None:
        self.text = ""

    def fixed(self, value: int, count: int) -> "Bits":
        self.text += f"{value:0{count}b}"
        return self

    def golomb(self, value: int) -> "Bits":
        told = f"{value + 1:b}"
        self.text += "0" * (len(told) - 1) + told
        return self

    def nal(self, head: int) -> bytes:
        """With its start code, stop bit and emulation prevention."""
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        plain = bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))
        safe, zeros = bytearray(), 0
        for byte in plain:
            if zeros >= 2 and byte <= 3:
                safe.append(3)
                zeros = 0
            safe.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes([head]) + bytes(safe)


def sized_set(width: int, height: int, *, cropped: tuple[int, int] = (0, 0)) -> bytes:
    """A sequence parameter set of H.264 (baseline); ``cropped``: columns and rows that are cut off."""
    bits = Bits().fixed(66, 8).fixed(0, 8).fixed(52, 8)
    for value in (0, 0, 2, 1):  # id, frame number, picture order, reference frames
        bits.golomb(value)
    bits.fixed(0, 1).golomb(width // 16 - 1).golomb(height // 16 - 1).fixed(1, 1).fixed(1, 1)
    columns, rows = cropped
    if columns or rows:
        bits.fixed(1, 1)
        for value in (0, columns // 2, 0, rows // 2):
            bits.golomb(value)
    else:
        bits.fixed(0, 1)
    return bits.fixed(0, 1).nal(0x67)


def with_set(replaced: bytes) -> bytes:
    """A good keyframe whose sequence parameter set was replaced."""
    units = encoded("h264", 640, 360).split(b"\0\0\0\1")
    rest = [unit for unit in units if unit and unit[0] & 0x1F != 7]
    return replaced + b"".join(b"\0\0\0\1" + unit for unit in rest)
