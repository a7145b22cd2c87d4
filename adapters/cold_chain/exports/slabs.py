"""A long file in pieces that are files themselves: what one transaction holds is bounded.

The first piece is the whole file, so that its signature stays with its bytes; only its first rows are
read there. Each other one has the head, its rows, and the end.
"""

from collections.abc import Iterator
from typing import NamedTuple

from adapters.cold_chain.undecodable import Undecodable

ROWS_A_PIECE = 200  # 400 readings, some 10 ms of the event loop
LONGEST_FRAME_CHARACTERS = 64 * 1024  # head and end, which every piece repeats


class Cut(NamedTuple):
    """Rows are ``lines[first:last]``; each piece begins with ``head``."""

    lines: list[str]
    first: int
    last: int
    head: list[str]


def pieces(raw: bytes, cut: Cut) -> Iterator[bytes]:
    """``raw`` whole, then the rows after the first ``ROWS_A_PIECE``, in UTF-8. Raises Undecodable."""
    around = [*cut.head, *cut.lines[cut.last :]]
    if sum(map(len, around)) > LONGEST_FRAME_CHARACTERS and cut.last - cut.first > ROWS_A_PIECE:
        raise Undecodable("cold.head_too_large", f"{len(around)} lines")
    yield raw
    for start in range(cut.first + ROWS_A_PIECE, cut.last, ROWS_A_PIECE):
        end = min(start + ROWS_A_PIECE, cut.last)
        after = cut.lines[cut.last :] or [""] * (end < cut.last)  # a row that ends is whole
        yield "\n".join([*cut.head, *cut.lines[start:end], *after]).encode()
