"""Frames as arrays: padding left out, ten bits made eight, colours apart."""

import av
import numpy as np
import pytest

from adapters.cameras.quality.planes import UnknownPixels, planes_of

WIDTH, HEIGHT = 354, 200  # no multiple of what decoders align lines to


def frame_of(pixels: str) -> av.VideoFrame:
    """Brightness grows from left to right; blue is 90 and red is 170."""
    luma = np.tile(np.linspace(20, 230, WIDTH).astype(np.uint8), (HEIGHT, 1))
    colours = [np.full((HEIGHT // 2, WIDTH // 2), level, np.uint8) for level in (90, 170)]
    flat = np.concatenate([luma.ravel(), *(colour.ravel() for colour in colours)])
    frame = av.VideoFrame.from_ndarray(flat.reshape(HEIGHT * 3 // 2, WIDTH), format="yuv420p")
    return frame if pixels == "yuv420p" else frame.reformat(format=pixels)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "nv12"])
def test_brightness_and_colours_of_every_layout_cameras_send(pixels: str) -> None:
    frame = frame_of(pixels)
    planes = planes_of(frame)
    assert planes.luma.shape == (HEIGHT, WIDTH)
    assert not planes.full_range
    assert np.abs(planes.luma[7].astype(int) - np.linspace(20, 230, WIDTH)).max() <= 2
    assert abs(float(planes.blue.mean()) - 90) < 2
    assert abs(float(planes.red.mean()) - 170) < 2


def test_lines_are_padded_and_the_padding_is_not_seen() -> None:
    frame = frame_of("yuv420p")
    assert frame.planes[0].line_size > WIDTH
    assert planes_of(frame).luma[:, -1].min() >= 228


def test_grey_has_no_colours() -> None:
    planes = planes_of(frame_of("gray"))
    assert planes.luma.shape == (HEIGHT, WIDTH)
    assert planes.blue.size == planes.red.size == 0


def test_the_range_of_jpeg_is_the_whole_one() -> None:
    assert planes_of(frame_of("yuvj420p")).full_range


def test_what_no_camera_sends_is_refused() -> None:
    with pytest.raises(UnknownPixels, match="rgb24"):
        planes_of(frame_of("rgb24"))
