"""A decoded frame as arrays: brightness and both colours as the decoder left them, without a copy.

No conversion to RGB: it would cost more than all that is judged. Decoders pad their lines (``line_size``),
use the narrow range 16 to 235 or the whole one, and 10 bits a sample where H.265 is "Main 10".
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.plane import VideoPlane

Bytes = NDArray[np.uint8]

# Samples of a colour plane for one of brightness do not matter here: colours are only looked at in blocks.
_PLANAR = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
_GREY = ("gray", "gray8")
_TEN_BITS = ("yuv420p10le", "yuv422p10le")
_HALF_PLANAR = ("nv12",)
_JPEG_RANGE = 2  # AVCOL_RANGE_JPEG of libavutil/pixfmt.h


class UnknownPixels(Exception):
    """A pixel format that no camera was seen to send."""


class Planes(NamedTuple):
    """``luma`` is rows × columns; ``blue`` and ``red`` are empty where the picture has no colours."""

    luma: Bytes
    blue: Bytes
    red: Bytes
    full_range: bool = True


def planes_of(frame: "VideoFrame") -> Planes:
    """Views into the frame's own memory, which must outlive them. Raises UnknownPixels."""
    name = frame.format.name
    full_range = name.startswith("yuvj") or frame.color_range == _JPEG_RANGE
    nothing = np.empty((0, 0), np.uint8)
    if name in _GREY:
        return Planes(_eight_bits(frame.planes[0]), nothing, nothing, full_range)
    if name in _PLANAR:
        luma, blue, red = (_eight_bits(plane) for plane in frame.planes)
        return Planes(luma, blue, red, full_range)
    if name in _TEN_BITS:
        luma, blue, red = (_ten_bits(plane) for plane in frame.planes)
        return Planes(luma, blue, red, full_range)
    if name in _HALF_PLANAR:
        colours = _eight_bits(frame.planes[1], samples=2)
        return Planes(_eight_bits(frame.planes[0]), colours[:, 0::2], colours[:, 1::2], full_range)
    raise UnknownPixels(name)


def _eight_bits(plane: "VideoPlane", samples: int = 1) -> Bytes:
    """``samples``: how many stand side by side for one pixel of the plane."""
    lines = np.frombuffer(_memory(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width * samples]


def _ten_bits(plane: "VideoPlane") -> Bytes:
    lines = np.frombuffer(_memory(plane), np.dtype("<u2")).reshape(-1, plane.line_size // 2)
    return (lines[: plane.height, : plane.width] >> 2).astype(np.uint8)


def _memory(plane: "VideoPlane") -> Any:
    """PyAV's planes are buffers; before Python 3.12 the type checker cannot be told so."""
    return plane
