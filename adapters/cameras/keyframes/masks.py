"""Privacy masks: burnt into a frame before anything is judged, remembered, drawn or told of it."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from adapters.cameras.keyframes.looks import Polygon
from adapters.cameras.quality.planes import Bytes, Planes

_BLACK: Final = 16  # of the narrow range; dark grey in the whole one, which does not matter
_NO_COLOUR: Final = 128


def burn(planes: Planes, masks: Sequence[Polygon]) -> None:
    """Make every pixel that a mask touches black, in place; what libav gives may be written into."""
    if not masks:
        return
    _cover(planes.luma, masks, _BLACK)
    _cover(planes.blue, masks, _NO_COLOUR)
    _cover(planes.red, masks, _NO_COLOUR)


def _cover(plane: Bytes, masks: Sequence[Polygon], value: int) -> None:
    """A pixel more on every side: a mask may end inside a pixel."""
    if not plane.size:
        return
    height, width = plane.shape
    covered = np.zeros((height, width), np.uint8)
    for mask in masks:
        corners = np.minimum([(x * width, y * height) for x, y in mask], (width - 1, height - 1))
        cv2.fillPoly(covered, [corners.astype(np.int32)], (1,))
    np.copyto(plane, np.uint8(value), where=cv2.dilate(covered, np.ones((3, 3), np.uint8)).view(np.bool_))
