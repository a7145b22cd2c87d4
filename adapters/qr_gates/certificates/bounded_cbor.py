"""CBOR (RFC 8949) from strangers: its skeleton is walked first, then cbor2 reads it.

Bounded: depth, items, and tags. A tag may make a reader compute (big floats), import or follow references;
certificates need none but those of COSE and CWT, and dates.
"""

from typing import Any

import cbor2

MOST_DEPTH = 16
MOST_ITEMS = 5_000
TAGS = frozenset({0, 1, 18, 61})  # date text, epoch, COSE_Sign1, CWT
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE, _BREAK = 31, 0xFF


def cbor_of(data: bytes) -> Any:
    """Raises ValueError, whatever the bytes are."""
    _check(data)
    try:
        return cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("cbor") from error


def _check(data: bytes) -> None:
    """One item, whole, and nothing behind it; iterative, so that no depth can exhaust a stack."""
    at, open_items = 0, [1]  # what each open container still wants; -1: until a break
    for _ in range(MOST_ITEMS):
        while open_items and open_items[-1] == 0:
            open_items.pop()
        if not open_items:
            break
        at = _step(data, at, open_items)
    if open_items or at != len(data):
        raise ValueError("cbor.bounds")


def _step(data: bytes, at: int, open_items: list[int]) -> int:
    major, value, at = _head(data, at, may_break=open_items[-1] < 0)
    if major is None:
        open_items[-1] = 0
        return at
    if open_items[-1] > 0:
        open_items[-1] -= 1
    if major in (_BYTES, _TEXT) and value >= 0:
        at += value
    elif major in (_ARRAY, _MAP, _TAG) or value < 0:
        if major == _TAG and value not in TAGS:
            raise ValueError("cbor.tag")
        open_items.append({_MAP: 2 * value, _TAG: 1}.get(major, value) if value >= 0 else -1)
    if at > len(data) or len(open_items) > MOST_DEPTH:
        raise ValueError("cbor.bounds")
    return at


def _head(data: bytes, at: int, *, may_break: bool) -> tuple[int | None, int, int]:
    """Major type, argument (-1: indefinite), and where it goes on; type None: a break."""
    if at >= len(data):
        raise ValueError("cbor.cut")
    first, at = data[at], at + 1
    major, short = first >> 5, first & 31
    if first == _BREAK and may_break:
        return None, 0, at
    if short < 24:
        return major, short, at
    if short == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP):
        return major, -1, at
    if short > 27:
        raise ValueError("cbor.head")
    size = 1 << (short - 24)
    if at + size > len(data):
        raise ValueError("cbor.cut")
    value = int.from_bytes(data[at : at + size], "big")
    return major, 0 if major == _SIMPLE else value, at + size
