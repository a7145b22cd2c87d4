"""What is kept of a camera between two checks: the same comes back, and nothing strange gets in."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.quality.judgement import look
from adapters.cameras.quality.memory import (
    HEIGHT,
    MOST_BYTES,
    WIDTH,
    BadMemory,
    Last,
    Memory,
    View,
    unpacked,
)
from adapters.cameras.quality.planes import Planes

HEAD_BYTES = 9
KEPT_AT_MOST = 256 * 1024  # of a device, by the edge


def view(seed: int) -> View:
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    return View(picture, random.integers(0, 256, (2, 9, 16), np.uint8), seed % 60, seed % 3, 0.5)


def memory(*, day: bool = True, night: bool = True, last: bool = True) -> Memory:
    random = np.random.default_rng(3)
    return Memory(
        view(24) if day else None,
        view(7) if night else None,
        Last(view(9).picture, 1_628_150_400_000, bytes(range(32)), 1, 2, 3) if last else None,
        last,
        random.integers(0, 256, (45, 80), np.uint8) if last else Memory().cells,
        random.random((24, 4)).astype(np.float32) if last else Memory().hours,
    )


def planes() -> Planes:
    """Of a picture in which nothing is wrong that needs no baseline."""
    luma = np.random.default_rng(1).integers(40, 200, (90, 160), np.uint8)
    return Planes(luma, np.full((45, 80), 120, np.uint8), np.full((45, 80), 140, np.uint8))


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("night", [True, False])
@pytest.mark.parametrize("day", [True, False])
def test_what_is_packed_comes_back(day: bool, night: bool, last: bool) -> None:
    kept = memory(day=day, night=night, last=last)
    again = unpacked(kept.packed())
    assert again.packed() == kept.packed()
    assert (again.day is None, again.night is None, again.last is None) == (not day, not night, not last)
    if again.last and kept.last:
        assert again.last[1:] == kept.last[1:]
        assert np.array_equal(again.hours, kept.hours)


def test_nothing_is_a_camera_that_was_never_seen() -> None:
    assert unpacked(b"").packed() == Memory().packed()


def test_an_edge_has_room_for_it() -> None:
    assert len(memory().packed()) == MOST_BYTES <= KEPT_AT_MOST


@given(st.integers(0, MOST_BYTES - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused(at: int, change: int) -> None:
    damaged = bytearray(memory().packed())
    damaged[at] ^= change
    with pytest.raises(BadMemory):
        unpacked(bytes(damaged))


@given(st.integers(1, MOST_BYTES - 1))
def test_a_part_is_refused(length: int) -> None:
    with pytest.raises(BadMemory):
        unpacked(memory().packed()[:length])


@given(st.binary(min_size=1, max_size=400))
def test_strange_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadMemory):
        unpacked(data)


@pytest.mark.parametrize("figure", [np.nan, np.inf, -1.0])
def test_figures_that_cannot_be_are_refused_though_the_checksum_is_right(figure: float) -> None:
    packed = memory().packed()
    body = packed[HEAD_BYTES:-4] + np.float32(figure).tobytes()
    forged = packed[: HEAD_BYTES - 4] + zlib.crc32(body).to_bytes(4, "little") + body
    with pytest.raises(BadMemory):
        unpacked(forged)


@pytest.mark.parametrize("strange", [b"\0", b"eqm", memory().packed()[:-1], b"x" * MOST_BYTES])
def test_a_camera_with_strange_memory_begins_to_learn_anew(strange: bytes) -> None:
    verdict = look(planes(), strange, 1_628_150_400_000)
    assert verdict.learning
    assert verdict == look(planes(), b"", 1_628_150_400_000)
