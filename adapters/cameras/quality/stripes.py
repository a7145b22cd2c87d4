"""Stripes: hum of the mains, a broken row of the sensor, another sender.

What remains when the reference is taken away is looked at in three ways: means of rows, means of columns,
and its spectrum for slanted waves. People and things leave something there too, but of no one direction and
no one wave, so a stripe must be strong and be a good part of all that remains. Where another view is seen,
or a blurred one, what remains is largely the reference itself, taken away where it is no longer.
"""

from typing import Final

import cv2
import numpy as np

from adapters.cameras.quality.features import Bands, Floats
from adapters.cameras.quality.memory import HEIGHT, WIDTH
from adapters.cameras.quality.thresholds import Thresholds

_WINDOW: Final = cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F)
_WINDOW_SUM: Final = float(_WINDOW.sum())
_MOST: Final = 2.0
_EVEN: Final = 1e-3


def stripes_score(reference: Bands, seen: Bands, contrast: float, limits: Thresholds) -> float:
    """``contrast``: of the picture ÷ that of the reference."""
    rest = (seen.fine + seen.coarse) - contrast * (reference.fine + reference.coarse)
    rest = np.clip(rest, -limits.most_rest, limits.most_rest).astype(np.float32)
    total = float(cv2.meanStdDev(rest)[1].item()) ** 2 + _EVEN
    lines = max(_lines(rest, reference, axis, total, limits) for axis in (0, 1))
    if _explained(rest, *reference) > limits.most_of_reference:
        return min(_MOST, lines)
    return min(_MOST, max(lines, _wave(rest, limits)))


def _lines(rest: Floats, reference: Bands, axis: int, total: float, limits: Thresholds) -> float:
    """``axis`` 1: rows; 0: columns. ``total``: variance of the rest."""
    means = rest.mean(axis=axis)
    if _explained(means, *(band.mean(axis=axis) for band in reference)) > limits.most_of_reference:
        return 0.0
    strength = float(means.var())
    return min(float(np.sqrt(strength)) / limits.lines_level, strength / total / limits.lines_share)


def _explained(rest: Floats, fine: Floats, coarse: Floats) -> float:
    """Share of what remains that any mixture of the reference's bands would give: least squares of two."""
    rest, fine, coarse = (values - values.mean() for values in (rest, fine, coarse))
    with_fine, with_coarse = float(np.vdot(rest, fine)), float(np.vdot(rest, coarse))
    of_fine, of_coarse = float(np.vdot(fine, fine)) + _EVEN, float(np.vdot(coarse, coarse)) + _EVEN
    both = float(np.vdot(fine, coarse))
    mixed = with_fine**2 * of_coarse - 2 * with_fine * with_coarse * both + with_coarse**2 * of_fine
    return mixed / ((of_fine * of_coarse - both**2 + _EVEN) * (float(np.vdot(rest, rest)) + _EVEN))


def _wave(rest: Floats, limits: Thresholds) -> float:
    spectrum = cv2.dft(rest * _WINDOW, flags=cv2.DFT_COMPLEX_OUTPUT)
    power = spectrum[..., 0] ** 2 + spectrum[..., 1] ** 2
    peak = int(np.argmax(power[: HEIGHT // 2 + 1]))  # the other half mirrors it
    row, column = divmod(peak, WIDTH)
    rows, columns = np.arange(row - 1, row + 2) % HEIGHT, np.arange(column - 1, column + 2) % WIDTH
    share = 2 * float(power[np.ix_(rows, columns)].sum()) / (float(power.sum()) + _EVEN)
    level = 2 * float(np.sqrt(power[row, column])) / _WINDOW_SUM
    return min(level / limits.wave_level, share / limits.wave_share)
