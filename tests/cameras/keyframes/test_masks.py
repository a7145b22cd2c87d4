"""Masks are in the pixels of everything that is made of a frame, whatever the decoder's pixels are."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.keyframes.decoding import decoded
from adapters.cameras.keyframes.jpegs import drawn
from adapters.cameras.keyframes.looks import Polygon
from adapters.cameras.keyframes.masks import burn
from adapters.cameras.quality.planes import Planes, planes_of
from tests.cameras.keyframes.encoded import GREEN, LEFT_HALF, encoded, pixels_of

DARK = 40


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray"])
@pytest.mark.parametrize("width", [640, 650], ids=["even lines", "padded lines"])
def test_what_is_masked_is_black_and_the_rest_is_as_it_was(pixels: str, width: int) -> None:
    planes = planes_of(decoded("h264", encoded("h264", width, 360, pixels)))
    burn(planes, [LEFT_HALF])
    for jpeg in drawn(planes, 320)[:2]:
        seen = pixels_of(jpeg)
        half = seen.shape[1] // 2
        assert seen[:, : half - 2].max() < DARK
        right = seen[:, half + 4 :].reshape(-1, 3).mean(axis=0)
        assert right[1] > 100
        assert pixels == "gray" or np.abs(right - GREEN).max() < 15


def test_half_planar_colours_are_masked_too() -> None:
    """nv12, as hardware decoders give it: both colours side by side."""
    colours = np.full((90, 320), 200, np.uint8)
    planes = Planes(np.full((180, 320), 200, np.uint8), colours[:, 0::2], colours[:, 1::2])
    burn(planes, [LEFT_HALF])
    assert set(colours[:, :160].ravel()) == {128}
    assert set(colours[:, 164:].ravel()) == {200}


def test_two_masks_and_one_that_leaves_the_picture() -> None:
    planes = Planes(
        np.full((100, 100), 200, np.uint8), np.empty((0, 0), np.uint8), np.empty((0, 0), np.uint8)
    )
    burn(planes, [((0.0, 0.0), (0.2, 0.0), (0.2, 0.2)), ((0.8, 0.8), (1.0, 0.8), (1.0, 1.0), (0.8, 1.0))])
    assert (planes.luma[2, 15], planes.luma[90, 90], planes.luma[99, 99]) == (16, 16, 16)
    assert (planes.luma[50, 50], planes.luma[2, 50]) == (200, 200)


def test_without_a_mask_nothing_changes() -> None:
    planes = planes_of(decoded("h264", encoded("h264", 640, 360)))
    before = planes.luma.copy()
    burn(planes, [])
    assert np.array_equal(planes.luma, before)


Share = st.floats(0, 1)
Corners = st.lists(st.tuples(Share, Share), min_size=3, max_size=8).map(tuple)


@given(mask=Corners, width=st.integers(16, 90), height=st.integers(16, 90))
def test_every_corner_and_edge_of_a_mask_is_covered(mask: Polygon, width: int, height: int) -> None:
    planes = Planes(np.full((height, width), 200, np.uint8), *(np.empty((0, 0), np.uint8),) * 2)
    burn(planes, [mask])
    for (x, y), (to_x, to_y) in pairwise((*mask, mask[0])):
        for share in (0.0, 0.25, 0.5, 0.75):
            column = min(width - 1, int((x + share * (to_x - x)) * width))
            row = min(height - 1, int((y + share * (to_y - y)) * height))
            assert planes.luma[row, column] == 16
