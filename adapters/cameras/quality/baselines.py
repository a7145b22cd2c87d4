"""How a camera looks when all is well: learnt by day and by night from its first checks, then followed.

The reference is a running median: each check moves a pixel towards what it sees by a step, large at first and
one level in the end, so people who pass leave no ghost and noise averages out. Once learnt it follows seasons
and shadows by a level a minute, only while nothing is wrong; how crisp it was when it was learnt stays known,
so that blur which creeps in over weeks is still blur.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from adapters.cameras.quality.features import bands_of, clarity_of
from adapters.cameras.quality.memory import Grey, View
from adapters.cameras.quality.thresholds import Thresholds

_FIRST_STEP = 24  # levels, divided by the number of checks
_MOST_MISFITS = 255


def is_learnt(view: View | None, limits: Thresholds) -> bool:
    return view is not None and view.checks >= limits.learning_checks


def learnt(view: View | None, picture: Grey, colours: Grey, limits: Thresholds) -> View:
    """With one more check; the last one fixes how crisp the camera is."""
    if view is None:
        return View(picture, colours)
    step = max(1, round(_FIRST_STEP / (view.checks + 1)))
    seen, tinted = _towards(view.picture, picture, step), _towards(view.colours, colours, step)
    checks = view.checks + 1
    clarity = clarity_of(bands_of(seen)) if checks >= limits.learning_checks else 0.0
    return View(seen, tinted, checks, 0, clarity)


def misfitting(view: View, picture: Grey, colours: Grey, limits: Thresholds) -> View:
    """Another view than what is being learnt: when it stays, learning begins again with it."""
    misfits = min(_MOST_MISFITS, view.misfits + 1)
    if misfits >= limits.misfits_to_begin_again:
        return View(picture, colours)
    return replace(view, misfits=misfits)


def followed(view: View, picture: Grey, colours: Grey) -> View:
    return replace(
        view, picture=_towards(view.picture, picture, 1), colours=_towards(view.colours, colours, 1)
    )


def _towards(reference: Grey, seen: Grey, step: int) -> Grey:
    away: NDArray[np.int16] = seen.astype(np.int16) - reference
    return np.asarray(reference + np.clip(away, -step, step), np.uint8)
