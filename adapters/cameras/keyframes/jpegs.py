"""Planes into a JPEG, made smaller first: of the whole size only brightness and colours are touched once."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from adapters.cameras.keyframes.looks import LARGEST_JPEG_BYTES, LARGEST_WALL_BYTES, WALL_WIDTH, Undecodable
from adapters.cameras.quality.planes import Bytes, Planes

_QUALITIES: Final = (75, 50, 25)  # the first that fits: noise at 1080p may not
_WALL_QUALITY: Final = 60
_NO_COLOUR: Final = 128
# ITU-R BT.601: 16 is black and 235 white, colours go from 16 to 240, where the range is narrow.
_WIDE_LUMA: Final = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)
_WIDE_COLOUR: Final = np.clip(np.round((np.arange(256) - 128) * 255 / 224 + 128), 0, 255).astype(np.uint8)


class Drawn(NamedTuple):
    """``jpeg`` is ``width`` × ``height``; ``wall`` the same, 160 wide."""

    jpeg: bytes
    wall: bytes
    width: int
    height: int


def drawn(planes: Planes, picture_width: int) -> Drawn:
    """Never wider than it is; nothing at all for width 0. Raises Undecodable: too many bytes."""
    if picture_width <= 0:
        return Drawn(b"", b"", 0, 0)
    picture = _smaller(planes, picture_width)
    height, width = picture.shape[:2]
    wall = cv2.resize(picture, _fitted(width, height, WALL_WIDTH), interpolation=cv2.INTER_AREA)
    small = _jpeg(np.asarray(wall, np.uint8), _WALL_QUALITY)
    for quality in _QUALITIES:
        jpeg = _jpeg(picture, quality)
        if len(jpeg) <= LARGEST_JPEG_BYTES and len(small) <= LARGEST_WALL_BYTES:
            return Drawn(jpeg, small, width, height)
    raise Undecodable("too_large")


def _smaller(planes: Planes, picture_width: int) -> Bytes:
    """Blue, green and red, rows × columns × 3."""
    height, width = planes.luma.shape
    size = _fitted(width, height, picture_width)
    parts = [cv2.resize(planes.luma, size, interpolation=cv2.INTER_AREA)]
    parts += [_colour(plane, size) for plane in (planes.red, planes.blue)]
    if not planes.full_range:
        wider = (_WIDE_LUMA, _WIDE_COLOUR, _WIDE_COLOUR)
        parts = [cv2.LUT(part, table) for part, table in zip(parts, wider, strict=True)]
    return np.asarray(cv2.cvtColor(cv2.merge(parts), cv2.COLOR_YCrCb2BGR), np.uint8)


def _colour(plane: Bytes, size: tuple[int, int]) -> Bytes:
    if not plane.size:
        return np.full((size[1], size[0]), _NO_COLOUR, np.uint8)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _fitted(width: int, height: int, most: int) -> tuple[int, int]:
    """(width, height) of the same shape, not wider than ``most``, and never nothing."""
    if width <= most:
        return width, height
    return most, max(1, round(height * most / width))


def _jpeg(picture: Bytes, quality: int) -> bytes:
    made, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not made:
        raise Undecodable("undecodable")
    return jpeg.tobytes()
