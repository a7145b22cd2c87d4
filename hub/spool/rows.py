"""Rows of the spool as the relay sees them."""

from typing import NamedTuple

EPOCH_SHIFT = 32
SEQ_MASK = (1 << EPOCH_SHIFT) - 1


class Row(NamedTuple):
    """One numbered event, encoded but for its numbering."""

    epoch_number: int
    seq: int
    topic: str
    body: bytes


class EpochState(NamedTuple):
    """``receipt_seq`` and all before it are at the hub; ``last_seq`` is the newest row."""

    number: int
    epoch: str
    receipt_seq: int
    last_seq: int
    closed: bool


def row_number(epoch_number: int, seq: int) -> int:
    return epoch_number << EPOCH_SHIFT | seq
