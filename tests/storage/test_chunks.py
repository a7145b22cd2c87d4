"""The chunk codec: what goes in comes out, bit by bit; damage is told, never read."""

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.chunks import (
    DAY_MS,
    MOST_EXTRA_BYTES,
    MOST_ROWS,
    DamagedChunkError,
    Sample,
    decode,
    encode,
    measures,
    merge,
    pieces,
)

LARGE = 2**62 - 1
FLOATS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


def samples_of(ts: Any, **sizes: Any) -> st.SearchStrategy[list[Sample]]:
    rest = st.tuples(
        st.integers(0, LARGE),
        FLOATS,
        st.integers(0, 2),
        st.integers(-LARGE // 2, LARGE // 2),
        st.none() | st.binary(max_size=40),
    )
    rows = st.lists(st.tuples(ts, rest), unique_by=lambda row: row[0], **sizes)
    return rows.map(lambda found: sorted((moment, *others) for moment, others in found))


ANY = samples_of(st.integers(-(2**52), 2**52), min_size=1, max_size=60)
NEAR = samples_of(st.integers(0, 200), max_size=40)


def bits(samples: list[Sample]) -> list[Any]:
    """Equal only when the floats are the same bits: 0.0 is not -0.0."""
    return [(*s[:2], None if s[2] is None else struct.pack("<d", s[2]), *s[3:]) for s in samples]


def plain(count: int, first: int = 0) -> list[Sample]:
    return [(first + n * 1000, n, n / 10, 0, 900, None) for n in range(count)]


@pytest.mark.slow
@given(ANY)
def test_what_goes_in_comes_out(samples: list[Sample]) -> None:
    assert bits(decode(encode(samples))) == bits(samples)
    assert bits(measures(encode(samples))) == bits([(s[0], 0, s[2], s[3], 0, None) for s in samples])


@pytest.mark.parametrize("count", [1, 255, 256, 257, MOST_ROWS])
def test_tables_and_plain_columns(count: int) -> None:
    assert decode(encode(plain(count))) == plain(count)


def test_a_day_of_a_probe_is_small() -> None:
    day = [(n * 60_000 + n % 7, n * 1000, 4.0 + n % 30 / 10, 0, 300 + n % 50, b"=") for n in range(1440)]
    assert len(encode(day)) < 1440 * 6


@pytest.mark.slow
@settings(max_examples=300)
@given(ANY, st.data())
def test_a_changed_byte_is_damage(samples: list[Sample], data: st.DataObject) -> None:
    blob = bytearray(encode(samples))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= data.draw(st.integers(1, 255))
    try:
        found = decode(bytes(blob))
    except DamagedChunkError:
        return
    assert bits(found) == bits(samples)  # a bit of zlib's head that changes nothing


@given(st.binary(max_size=300))
def test_garbage_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedChunkError):
        decode(data)


def test_a_blob_that_swells_is_damage() -> None:
    import zlib

    bomb = struct.pack("<BI", 1, 1) + zlib.compress(bytes(50_000_000))
    with pytest.raises(DamagedChunkError):
        decode(bomb)


def test_a_cut_or_newer_blob_is_damage() -> None:
    blob = encode(plain(100))
    for wrong in (blob[:-1], blob + b"x", blob[:5], b"", bytes([9]) + blob[1:]):
        with pytest.raises(DamagedChunkError):
            decode(wrong)


@pytest.mark.parametrize("wrong", [[], plain(MOST_ROWS + 1), plain(2)[::-1], plain(1) * 2])
def test_what_is_no_chunk_is_refused(wrong: list[Sample]) -> None:
    with pytest.raises(ValueError, match="chunk"):
        encode(wrong)


@pytest.mark.slow
@given(NEAR, NEAR)
def test_of_two_rows_of_an_instant_the_newer_stands(older: list[Sample], newer: list[Sample]) -> None:
    expected = {**{s[0]: s for s in older}, **{s[0]: s for s in newer}}
    assert bits(merge(older, newer)) == bits([expected[ts] for ts in sorted(expected)])


@given(samples_of(st.integers(-2 * DAY_MS, 2 * DAY_MS), max_size=60))
def test_pieces_are_whole_and_of_one_day(samples: list[Sample]) -> None:
    cut = list(pieces(samples))
    assert [sample for piece in cut for sample in piece] == samples
    assert all(piece[0][0] // DAY_MS == piece[-1][0] // DAY_MS for piece in cut)


def test_pieces_are_bounded() -> None:
    assert [len(piece) for piece in pieces(plain(MOST_ROWS + 2))] == [1025, 1025]
    large: list[Sample] = [(n, n, 1.0, 0, 0, bytes(256 * 1024)) for n in range(9)]
    assert [len(piece) for piece in pieces(large)] == [4, 4, 1]
    assert all(decode(encode(piece)) == piece for piece in pieces(large))
    assert MOST_EXTRA_BYTES == 4 * 256 * 1024
