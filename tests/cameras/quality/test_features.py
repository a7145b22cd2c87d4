"""What a picture is compared with must survive the comparison."""

import cv2
import numpy as np
import pytest

from adapters.cameras.quality.features import (
    Bands,
    bands_of,
    compared,
    compared_nearby,
    laid_over,
    shift_between,
)
from adapters.cameras.quality.memory import HEIGHT, WIDTH, Grey


def textured(seed: int) -> Grey:
    coarse = (
        np.random.default_rng(seed).integers(0, 256, (HEIGHT // 4 + 8, WIDTH // 4 + 8)).astype(np.float32)
    )
    return np.asarray(cv2.resize(coarse, (WIDTH + 32, HEIGHT + 32)), np.uint8)


def cut(picture: Grey, down: int = 16, across: int = 16) -> Grey:
    return picture[down : down + HEIGHT, across : across + WIDTH]


def test_looking_for_a_shift_leaves_both_as_they_were() -> None:
    """cv2.phaseCorrelate multiplies a window into its arguments where their size suits its transform."""
    reference, seen = bands_of(cut(textured(1))), bands_of(cut(textured(1), 14, 19))
    kept = [band.copy() for band in (*reference, *seen)]
    first = shift_between(reference, seen)
    assert all(np.array_equal(band, was) for band, was in zip((*reference, *seen), kept, strict=True))
    assert shift_between(reference, seen) == first


@pytest.mark.parametrize(("down", "across"), [(0, 0), (3, -2), (-5, 7)])
def test_a_shift_is_found_and_undone(down: int, across: int) -> None:
    whole = textured(2)
    reference, seen = cut(whole), bands_of(cut(whole, 16 - down, 16 - across))
    shift = shift_between(bands_of(reference), seen)
    assert (shift.down, shift.across) == pytest.approx((down, across), abs=0.3)
    again = compared(bands_of(laid_over(reference, shift)), seen)
    assert float(np.median(again.likeness)) > 0.9


def test_noise_and_less_light_change_what_is_found_of_the_detail_only_by_the_light() -> None:
    picture = cut(textured(3)).astype(np.float32)
    noise = np.random.default_rng(4).normal(0, 12, picture.shape)
    blocks = compared(bands_of(picture), bands_of(np.asarray(picture * 0.5 + noise, np.float32)))
    assert float(np.median(blocks.gain)) == pytest.approx(0.5, abs=0.03)
    assert float(np.median(blocks.fine_gain)) == pytest.approx(0.5, abs=0.06)


def test_blocks_a_little_out_of_place_are_found_nearby() -> None:
    whole = textured(5)
    reference, seen = bands_of(cut(whole)), bands_of(cut(whole, 18, 15))
    blocks, distance = compared_nearby(reference, seen, 3)
    assert float(np.median(distance)) == pytest.approx(np.hypot(2, 1))
    assert float(np.median(blocks.likeness)) > 0.95
    _, nowhere = compared_nearby(reference, Bands(*reference), 3)
    assert float(np.median(nowhere)) == 0
