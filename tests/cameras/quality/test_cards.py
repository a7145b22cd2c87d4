"""Cards that say "no signal": in colours that are as dark as darkness, too."""

import numpy as np
import pytest

from adapters.cameras.quality.judgement import look
from adapters.cameras.quality.planes import Planes

# Y, U and V of ITU-R BT.601: pure blue, dark blue, grey and green.
CARDS = {"blue": (41, 240, 110), "dark blue": (33, 203, 116), "grey": (120, 128, 128), "green": (100, 80, 70)}


def _card(luma: int, blue: int, red: int) -> Planes:
    """One colour, with a line of letters."""
    view = np.full((180, 320), luma, np.uint8)
    view[80:100, 120:200:3] = 235
    shape = (90, 160)
    return Planes(view, np.full(shape, blue, np.uint8), np.full(shape, red, np.uint8), full_range=False)


@pytest.mark.parametrize("colour", CARDS)
def test_a_card_is_one_in_any_colour(colour: str) -> None:
    scores = look(_card(*CARDS[colour]), b"", 1_628_150_400_000).scores
    assert {name for name, score in scores.items() if score >= 1} == {"no_signal"}


@pytest.mark.parametrize("tint", [0, 8])
def test_darkness_is_none(tint: int) -> None:
    scores = look(_card(20, 128 + tint, 128 - tint), b"", 1_628_150_400_000).scores
    assert {name for name, score in scores.items() if score >= 1} == {"black"}
