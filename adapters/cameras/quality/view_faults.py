"""Blur, cover and movement: what became of the blocks of the reference."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.cameras.quality.features import (
    Bands,
    Comparison,
    Floats,
    Shift,
    bands_of,
    clarity_of,
    compared,
    compared_nearby,
    laid_over,
    shift_between,
)
from adapters.cameras.quality.memory import BLOCKS_ACROSS, BLOCKS_DOWN, View
from adapters.cameras.quality.thresholds import Thresholds

_NEARBY = 3  # pixels; further off it is "moved" anyway
_FEWEST_BLOCKS = 6  # below them a median says nothing
_MOST = 2.0

Flags = NDArray[np.bool_]


class Laid(NamedTuple):
    """A picture over its reference: where it lies, and what of it fits.

    ``contrast``: of the picture ÷ the reference's; ``clarity``: of the reference now ÷ when it was learnt;
    ``askew``: blocks fit best a little off, each elsewhere: it was turned by a hair, or zoomed.
    """

    shift: Shift
    reference: Bands
    blocks: Comparison
    textured: Flags
    contrast: float
    clarity: float
    askew: bool


class ViewFaults(NamedTuple):
    """Scores; of the textured blocks, ``agreement`` show what the reference does, ``gone`` have no detail."""

    blur: float
    covered: float
    moved: float
    agreement: float
    gone: float


def laid(view: View, seen: Bands, limits: Thresholds) -> Laid:
    """Small shifts (wind, a lorry that passes) are undone."""
    reference = bands_of(view.picture)
    clarity = min(1.0, clarity_of(reference) / view.clarity) if view.clarity else 1.0
    shift = shift_between(reference, seen)
    if limits.still_shift < shift.length < limits.most_sway and shift.response > limits.least_response:
        reference = bands_of(laid_over(view.picture, shift))
    blocks = compared(reference, seen)
    textured = blocks.texture > limits.least_texture
    askew = False
    if _crispness(blocks, textured, limits) < limits.doubtful_crispness:
        nearby, distance = compared_nearby(reference, seen, _NEARBY)
        fitting = textured & (nearby.likeness > limits.alike)
        askew = fitting.sum() >= _FEWEST_BLOCKS and float(np.median(distance[fitting])) >= limits.askew
        blocks = nearby if askew else blocks
    return Laid(shift, reference, blocks, textured, _contrast(blocks, textured, limits), clarity, bool(askew))


def view_faults(
    over: Laid, before: Bands | None, seen: Bands, bright: Flags, limits: Thresholds
) -> ViewFaults:
    """``before``: of the last check; ``bright``: blocks without detail because they are white."""
    count = max(1, int(over.textured.sum()))
    alike = over.textured & (over.blocks.likeness > limits.alike)
    firm = over.textured & (over.blocks.likeness > limits.firmly_alike)
    lost = over.textured & ~bright & _lost(over, limits)
    settled = over.textured & ~lost & ~alike & ~bright & _as_before(before, seen, limits)
    agreement, same, gone, foreign = (float(flags.sum()) / count for flags in (alike, firm, lost, settled))
    moved = _moved(over.shift, agreement, same, gone, limits)
    if over.askew or same < limits.firm_of_alike * agreement:
        foreign = 0.0  # all of it is a little out of place; what a cover leaves is as it was
    covered = 0.0 if moved >= 1 else min(_MOST, (gone + foreign) / limits.covered_share)
    blur = 0.0 if max(moved, covered) >= 1 else _blur(over, limits)
    return ViewFaults(blur, covered, moved, agreement, gone)


def _contrast(blocks: Comparison, textured: Flags, limits: Thresholds) -> float:
    """Of light, gain and tone: median over the blocks that are still there, so a cover does not count."""
    gains = blocks.gain[textured & (blocks.likeness > limits.alike)]
    return float(np.median(gains)) if gains.size >= _FEWEST_BLOCKS else 1.0


def _lost(over: Laid, limits: Thresholds) -> Flags:
    """Nothing of the reference's detail and hardly any of its own: a hand, paint, a cloth."""
    without = over.blocks.energy < limits.lost_energy * over.contrast
    return np.asarray(without & (over.blocks.gain < limits.lost_gain * over.contrast))


def _as_before(before: Bands | None, seen: Bands, limits: Thresholds) -> Flags:
    """What hangs before the lens lies still from check to check; who passes does not."""
    if before is None:
        return np.zeros((BLOCKS_DOWN, BLOCKS_ACROSS), np.bool_)
    return np.asarray(compared(before, seen).likeness > limits.settled)


def _moved(shift: Shift, alike: float, firm: float, gone: float, limits: Thresholds) -> float:
    """By its shift where all of it fits elsewhere; else because nothing fits and it is no cover, which leaves
    the rest as it was or has no detail."""
    if shift.length < limits.most_sway and shift.response > limits.least_response and alike > limits.fits:
        return min(_MOST, shift.length / limits.moved_shift)
    if gone >= limits.cover_gone or gone + firm >= limits.cover_or_same:
        return 0.0
    return min(_MOST, (1 - alike) / (1 - limits.moved_alike))


def _crispness(blocks: Comparison, textured: Flags, limits: Thresholds) -> float:
    """Fine detail that is left ÷ coarse detail that is left: light and contrast fall out; 1 where unknown."""
    chosen = textured & (blocks.likeness > limits.alike) & (blocks.fine_texture > limits.least_fine_texture)
    if int(chosen.sum()) < _FEWEST_BLOCKS:
        return 1.0
    ratios: Floats = blocks.fine_gain[chosen] / blocks.gain[chosen]
    return float(np.median(ratios))


def _blur(over: Laid, limits: Thresholds) -> float:
    """Encoders drop the finest detail of a dark picture first, so less is asked of one."""
    crispness = _crispness(over.blocks, over.textured, limits) * over.clarity
    if over.contrast < limits.too_dark_to_say:
        return 0.0
    dark = (limits.bright_contrast - over.contrast) / (limits.bright_contrast - limits.dark_contrast)
    asked = limits.crispness - min(1.0, max(0.0, dark)) * (limits.crispness - limits.crispness_in_the_dark)
    return min(_MOST, max(0.0, (1 - crispness) / (1 - asked)))
