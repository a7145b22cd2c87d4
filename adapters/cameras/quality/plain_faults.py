"""Faults that need no baseline: nothing but black, nothing but white, and a recorder's card "no signal".

All figures are of the whole range 0 to 255. A score of 1 is the threshold.
"""

from typing import NamedTuple

import numpy as np

from adapters.cameras.quality.memory import Grey
from adapters.cameras.quality.thresholds import Thresholds

_NEUTRAL = 128


class PlainFaults(NamedTuple):
    """Scores; where one of them stands, nothing else about the picture can be said."""

    black: float
    over_exposed: float
    no_signal: float

    @property
    def any(self) -> bool:
        return max(self) >= 1


def plain_faults(picture: Grey, colours: Grey, reference: Grey | None, limits: Thresholds) -> PlainFaults:
    """``reference``: where known, what it has of white (a sky, a lamp) is no fault."""
    counts = np.bincount(picture.ravel(), minlength=256)
    shares = counts / picture.size
    card = _card(shares, limits)
    dark = float(shares[: limits.dark_level].sum()) / limits.dark_share
    bright = float(shares[limits.bright_level :].sum()) / _too_bright(reference, limits)
    # Pure blue, as most recorders show it, is as dark as darkness (luma 29) and not grey.
    coloured = float(np.abs(colours.astype(np.int16) - _NEUTRAL).mean()) >= limits.card_colour
    if card >= 1 and bright < 1 and (dark < 1 or coloured):
        return PlainFaults(0.0, 0.0, card)
    return PlainFaults(min(dark, 2), min(bright, 2), 0.0)


def _too_bright(reference: Grey | None, limits: Thresholds) -> float:
    if reference is None:
        return limits.bright_share
    usual = float((reference >= limits.bright_level).mean())
    return min(limits.most_bright_share, usual + limits.more_bright_share)


def _card(shares: np.ndarray, limits: Thresholds) -> float:
    """A drawn picture has few levels: one colour, or bars and letters. A sensor's has many, side by side."""
    order = np.argsort(shares)[::-1]
    levels = int(np.searchsorted(np.cumsum(shares[order]), limits.card_share)) + 1
    if levels <= limits.card_levels_of_one_colour:
        return min(2.0, limits.card_levels_of_one_colour / levels)
    used = np.sort(order[:levels])
    apart = int((np.diff(used) > 2).sum()) + 1
    if apart < limits.card_colours_apart:
        return 0.0
    return min(2.0, limits.card_levels / levels)
