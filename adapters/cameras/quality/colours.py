"""Colours of blocks: whether there are any (infrared light gives none), and whether all have gone one way."""

import cv2
import numpy as np

from adapters.cameras.quality.memory import BLOCKS_ACROSS, BLOCKS_DOWN, Grey
from adapters.cameras.quality.planes import Planes
from adapters.cameras.quality.thresholds import Thresholds

_NEUTRAL = 128
_MOST = 2.0


def colours_of(planes: Planes) -> Grey:
    """2 × 9 × 16: blue and red of blocks; neutral where the picture has no colours."""
    if planes.blue.size == 0:
        return np.full((2, BLOCKS_DOWN, BLOCKS_ACROSS), _NEUTRAL, np.uint8)
    size = (BLOCKS_ACROSS, BLOCKS_DOWN)
    both = [
        cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_AREA)
        for plane in (planes.blue, planes.red)
    ]
    return np.asarray(both, np.uint8)


def is_night(colours: Grey, limits: Thresholds) -> bool:
    away = np.abs(colours.astype(np.int16) - _NEUTRAL)
    return float(away.mean()) < limits.night_colour and int(away.max()) < 3 * limits.night_colour


def cast_score(reference: Grey, seen: Grey, levels: Grey, contrast: float, limits: Thresholds) -> float:
    """By the median block, so that a lorry in a loud colour is none. In less light all colours are paler.

    ``levels``: brightness of the blocks, 9 × 16.
    """
    told = (levels > limits.dim_level) & (levels < limits.pale_level)
    if int(told.sum()) < limits.fewest_blocks:
        return 0.0
    expected = (reference.astype(np.float32) - _NEUTRAL) * min(1.0, contrast)
    blue, red = np.median((seen.astype(np.float32) - _NEUTRAL - expected)[:, told], axis=1)
    return min(_MOST, float(np.hypot(blue, red)) / limits.cast)
