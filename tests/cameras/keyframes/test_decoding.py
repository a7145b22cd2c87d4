"""What a decoder is never given, and what it makes of the rest."""

import numpy as np
import pytest

from adapters.cameras.keyframes.decoding import decoded
from adapters.cameras.keyframes.jpegs import drawn
from adapters.cameras.keyframes.looks import LARGEST_JPEG_BYTES, WALL_WIDTH, Undecodable
from adapters.cameras.quality.planes import Planes, planes_of
from adapters.cameras.rtsp.facts import Codec
from tests.cameras.keyframes.encoded import GREEN, encoded, pixels_of, sized_set, with_set


def why_not(data: bytes, codec: str = "h264") -> str:
    with pytest.raises(Undecodable) as refused:
        decoded(codec, data)
    return refused.value.reason


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_keyframe_is_drawn_in_its_colours(codec: Codec) -> None:
    frame = decoded(codec, encoded(codec, 640, 360))
    told = drawn(planes_of(frame), 320)
    assert (frame.width, frame.height, told.width, told.height) == (640, 360, 320, 180)
    seen = pixels_of(told.jpeg)
    assert seen.shape == (180, 320, 3)
    assert np.abs(seen.reshape(-1, 3).mean(axis=0) - GREEN).max() < 12
    assert pixels_of(told.wall).shape == (90, WALL_WIDTH, 3)


def test_a_picture_is_never_made_larger_and_none_is_drawn_for_nothing() -> None:
    planes = planes_of(decoded("h264", encoded("h264", 640, 360)))
    assert (drawn(planes, 1920).width, drawn(planes, 1920).height) == (640, 360)
    assert drawn(planes, 0) == (b"", b"", 0, 0)


def test_a_picture_of_noise_still_fits() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920), np.uint8)
    told = drawn(Planes(noise, noise[::2, ::2].copy(), noise[1::2, 1::2].copy()), 1920)
    assert len(told.jpeg) <= LARGEST_JPEG_BYTES
    assert pixels_of(told.jpeg).shape == (1080, 1920, 3)


def test_a_strip_still_has_a_row() -> None:
    planes = Planes(np.zeros((2, 4000), np.uint8), *(np.empty((0, 0), np.uint8),) * 2)
    assert pixels_of(drawn(planes, 640).wall).shape == (1, WALL_WIDTH, 3)


@pytest.mark.parametrize(
    "size", [(16_000, 16_000), (65_536 * 16, 16), (16, 65_536 * 16), (4112, 16), (4096, 2320), (8192, 4096)]
)
def test_more_than_4k_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    assert why_not(with_set(sized_set(*size))) == "too_large"


def test_a_size_that_is_cut_off_afterwards_does_not_pass_either() -> None:
    """The set says 640 × 360 are left; the decoder would have to hold 16,000 × 16,000."""
    told = sized_set(16_000, 16_000, cropped=(16_000 - 640, 16_000 - 368))
    assert why_not(with_set(told)) == "no_parameter_sets"


def test_the_border_of_real_cameras_passes() -> None:
    """1080 lines are 68 blocks of 16 less 8 lines."""
    assert why_not(sized_set(1920, 1088, cropped=(0, 8))) == "undecodable", (
        "it is only the pictures that lack"
    )


def test_a_set_that_only_the_decoder_can_read_is_refused() -> None:
    padded = sized_set(16_000, 16_000) + b"\x80" * 2000
    assert why_not(padded + encoded("h264", 640, 360)) == "no_parameter_sets"


def test_a_second_set_is_looked_at_too() -> None:
    assert why_not(sized_set(16_000, 16_000) + encoded("h264", 640, 360)) == "too_large"


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\0\0\0\1", b"\0\0\1\0\0\0\1", bytes(5000), b"RTSP/1.0 200 OK\r\n"]
)
def test_what_has_no_parameter_sets_is_not_tried(data: bytes) -> None:
    assert why_not(data) == why_not(data, "h265") == "no_parameter_sets"


def test_parameter_sets_alone_are_no_picture() -> None:
    assert why_not(sized_set(640, 368)) == "undecodable"


def test_a_codec_that_nobody_sends_is_refused() -> None:
    assert why_not(encoded("h264", 640, 360), "vp9") == "undecodable"


def test_a_jpeg_is_a_keyframe_of_its_own() -> None:
    """What MJPEG cameras send."""
    jpeg = drawn(planes_of(decoded("h264", encoded("h264", 640, 360))), 640).jpeg
    again = drawn(planes_of(decoded("mjpeg", jpeg)), 640)
    assert np.abs(pixels_of(again.jpeg).reshape(-1, 3).mean(axis=0) - GREEN).max() < 12
