"""A picture beside the reference of its camera: what is still where it was, and how crisp.

Everything is measured by how much of the reference's own detail is found in the picture (a projection), block
by block. Noise and people are no part of the reference, so they hardly count; plain measures of sharpness
(the variance of a Laplacian) take the noise of a dark picture for detail and its low contrast for blur.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.cameras.quality.memory import BLOCKS_ACROSS, BLOCKS_DOWN, HEIGHT, WIDTH, Grey

Floats = NDArray[np.float32]

_EVEN: Final = 1e-3
_INNER_HEIGHT: Final = 19 * BLOCKS_DOWN
_INNER_WIDTH: Final = 19 * BLOCKS_ACROSS
_WINDOW: Final = cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F)


class Bands(NamedTuple):
    """``fine``: detail of 1 to 4 pixels, which a lens out of focus loses first; ``coarse``: of 3 to 16."""

    fine: Floats
    coarse: Floats


class Shift(NamedTuple):
    """Of the picture against the reference, in pixels; ``response``: 1 where nothing else has changed."""

    across: float
    down: float
    response: float

    @property
    def length(self) -> float:
        return float(np.hypot(self.across, self.down))


class Comparison(NamedTuple):
    """Figures of blocks, 9 × 16.

    ``texture``: of the reference, in levels; ``likeness``: correlation of coarse detail, -1 to 1;
    ``gain``: how much of the reference's coarse detail is there; ``energy``: coarse detail of any kind ÷ that
    of the reference; ``fine_texture`` and ``fine_gain``: of fine detail.
    """

    texture: Floats
    likeness: Floats
    gain: Floats
    energy: Floats
    fine_texture: Floats
    fine_gain: Floats


def bands_of(picture: Grey | Floats) -> Bands:
    base = picture.astype(np.float32)
    smooth = cv2.GaussianBlur(base, (0, 0), 1)
    half = cv2.resize(smooth, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    broad = cv2.resize(cv2.GaussianBlur(half, (0, 0), 2.5), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return Bands(_floats(base - smooth), _floats(smooth - broad))


def clarity_of(bands: Bands) -> float:
    """Fine detail ÷ coarse detail of a picture without noise."""
    return float(np.sqrt(np.mean(bands.fine**2) / (np.mean(bands.coarse**2) + _EVEN)))


def shift_between(reference: Bands, seen: Bands) -> Shift:
    """New arrays go in: ``cv2.phaseCorrelate`` writes into its arguments where their size suits its transform
    (320 × 180 does; OpenCV 4.14 and 5.0), which would ruin a reference without a word."""
    one, other = _limited(reference.coarse), _limited(seen.coarse)
    (across, down), response = cv2.phaseCorrelate(one, other, _WINDOW)
    return Shift(float(across), float(down), float(response))


def compared(reference: Bands, seen: Bands) -> Comparison:
    """Both of 180 × 320, already laid over each other."""
    own, other = _blocks(reference.coarse**2), _blocks(seen.coarse**2)
    both = _blocks(reference.coarse * seen.coarse)
    return _figures(own, other, _blocks(reference.fine**2), both, _blocks(reference.fine * seen.fine))


def _figures(own: Floats, other: Floats, fine_own: Floats, both: Floats, fine_both: Floats) -> Comparison:
    return Comparison(
        _floats(np.sqrt(own)),
        _floats(both / np.sqrt(own * other + _EVEN)),
        _floats(both / (own + _EVEN)),
        _floats(np.sqrt(other / (own + _EVEN))),
        _floats(np.sqrt(fine_own)),
        _floats(fine_both / (fine_own + _EVEN)),
    )


def compared_nearby(reference: Bands, seen: Bands, reach: int) -> tuple[Comparison, Floats]:
    """As ``compared``, each block where within ``reach`` (4 at most) it fits best, and how far off that is: a
    camera turned by a hair is out of place differently in each block. Costs (2 · reach + 1)² correlations."""
    side = 2 * reach + 1
    own = Bands(_inner(reference.fine), _inner(reference.coarse))
    detail, other = own.fine + own.coarse, seen.fine + seen.coarse
    offsets = [(place // side - reach, place % side - reach) for place in range(side**2)]
    fits = [_blocks(detail * _inner(other, *offset)) for offset in offsets]
    best = np.argmax(fits, axis=0)
    coarse, fine = np.zeros((2, *best.shape), np.float32)
    for place in np.unique(best):
        here, offset = best == place, offsets[place]
        coarse[here] = _blocks(own.coarse * _inner(seen.coarse, *offset))[here]
        fine[here] = _blocks(own.fine * _inner(seen.fine, *offset))[here]
    squares = (_blocks(own.coarse**2), _blocks(_inner(seen.coarse) ** 2), _blocks(own.fine**2))
    distance = np.hypot(best // side - reach, best % side - reach)
    return _figures(*squares, coarse, fine), _floats(distance)


def _inner(band: Floats, down: int = 0, across: int = 0) -> Floats:
    """All but the rim: blocks of 19 × 19, for whole numbers of pixels are averaged five times as fast."""
    top, left = (HEIGHT - _INNER_HEIGHT) // 2 + down, (WIDTH - _INNER_WIDTH) // 2 + across
    return band[top : top + _INNER_HEIGHT, left : left + _INNER_WIDTH]


def laid_over(picture: Grey, shift: Shift) -> Floats:
    """The reference moved by a shift; what comes in from outside repeats the edge."""
    move = np.array([[1, 0, shift.across], [0, 1, shift.down]], np.float32)
    moved = cv2.warpAffine(
        picture.astype(np.float32),
        move,
        (WIDTH, HEIGHT),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _floats(moved)


def _limited(detail: Floats) -> Floats:
    """A lamp or a white shirt must not outweigh everything else."""
    spread = 2 * float(detail.std()) + _EVEN
    return _floats(np.clip(detail, -spread, spread))


def _blocks(values: Floats) -> Floats:
    """Means of blocks of 20 × 20."""
    return _floats(cv2.resize(values, (BLOCKS_ACROSS, BLOCKS_DOWN), interpolation=cv2.INTER_AREA))


def _floats(values: object) -> Floats:
    return np.asarray(values, np.float32)
