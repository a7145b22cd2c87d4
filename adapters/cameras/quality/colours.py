"""Colours of blocks: whether there are any (infrared light gives none), and whether all have gone one way."""

from typing import NamedTuple

import cv2
import numpy as np

from adapters.cameras.quality.memory import BLOCKS_ACROSS, BLOCKS_DOWN, Grey
from adapters.cameras.quality.planes import Planes
from adapters.cameras.quality.thresholds import Thresholds

_NEUTRAL = 128
_MOST = 2.0


class Tones(NamedTuple):
    """Of blocks: brightness, 9 × 16, and blue and red, 2 × 9 × 16."""

    levels: Grey
    colours: Grey


def levels_of(picture: Grey) -> Grey:
    size = (BLOCKS_ACROSS, BLOCKS_DOWN)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


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


def cast_score(before: Tones, now: Tones, limits: Thresholds) -> float:
    """By the median block, so that a lorry in a loud colour is none. In less light all colours are paler."""
    told = (now.levels > limits.dim_level) & (now.levels < limits.pale_level)
    if int(told.sum()) < limits.fewest_blocks:
        return 0.0
    dimmed = np.minimum(1, now.levels[told] / np.maximum(before.levels[told].astype(np.float32), 1))
    expected = (before.colours[:, told].astype(np.float32) - _NEUTRAL) * dimmed
    blue, red = np.median(now.colours[:, told].astype(np.float32) - _NEUTRAL - expected, axis=1)
    return min(_MOST, float(np.hypot(blue, red)) / limits.cast)
