"""Changes bytes at random: flips, cuts, copies, pieces of other inputs, and words that the format knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

MOST_BYTES = 16 * 1024
MOST_CHANGES = 6
_EDGES = (0, 1, 8, 9, 10, 13, 27, 31, 32, 34, 48, 57, 92, 94, 124, 126, 127, 128, 159, 192, 237, 254, 255)


@dataclass(frozen=True, slots=True)
class Stock:
    """What a mutation may draw on."""

    inputs: Sequence[bytes]
    words: Sequence[bytes]


Change = Callable[[Random, bytearray, Stock], None]


def mutated(random: Random, stock: Stock) -> bytes:
    """An input of the stock with one to six changes; the same random numbers give the same bytes."""
    data = bytearray(random.choice(stock.inputs))
    for _ in range(random.randint(1, MOST_CHANGES)):
        random.choice(_CHANGES)(random, data, stock)
        del data[MOST_BYTES:]
    return bytes(data)


def _span(random: Random, data: bytearray, longest: int = 64) -> slice:
    start = random.randint(0, len(data))
    length = random.choice((1, 2, random.randint(1, longest), random.randint(1, 4 * longest)))
    return slice(start, min(len(data), start + length))


def _flip(random: Random, data: bytearray, _: Stock) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _edge(random: Random, data: bytearray, _: Stock) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice(_EDGES)


def _any(random: Random, data: bytearray, _: Stock) -> None:
    at = random.randint(0, len(data))
    data[at:at] = random.randbytes(random.randint(1, 8))


def _remove(random: Random, data: bytearray, _: Stock) -> None:
    del data[_span(random, data)]


def _cut(random: Random, data: bytearray, _: Stock) -> None:
    del data[random.randint(0, len(data)) :]


def _repeat(random: Random, data: bytearray, _: Stock) -> None:
    span = _span(random, data)
    data[span.start : span.start] = data[span] * random.choice((1, 2, 7, 50))


def _move(random: Random, data: bytearray, _: Stock) -> None:
    span = _span(random, data)
    piece = bytes(data[span])
    del data[span]
    at = random.randint(0, len(data))
    data[at:at] = piece


def _word(random: Random, data: bytearray, stock: Stock) -> None:
    if stock.words:
        at = random.randint(0, len(data))
        data[at : at + random.choice((0, 0, 1, 4))] = random.choice(stock.words)


def _words_for_words(random: Random, data: bytearray, stock: Stock) -> None:
    """One word of the format for another, wherever the first of them stands."""
    here = [word for word in stock.words if word in data]
    if here:
        old = random.choice(here)
        data[:] = data.replace(old, random.choice(stock.words), random.choice((1, 1, 3, -1)))


def _piece(random: Random, data: bytearray, stock: Stock) -> None:
    other = bytearray(random.choice(stock.inputs))
    span = _span(random, other, 200)
    at = random.randint(0, len(data))
    data[at : at + random.choice((0, span.stop - span.start))] = other[span]


def _line(random: Random, data: bytearray, stock: Stock) -> None:
    """A line of another input between two of this one."""
    lines = random.choice(stock.inputs).splitlines(keepends=True)
    if lines:
        ends = [at + 1 for at, byte in enumerate(data) if byte in b"\r\n"] or [0]
        at = random.choice(ends)
        data[at:at] = random.choice(lines)


_CHANGES: tuple[Change, ...] = (
    _flip, _edge, _any, _remove, _cut, _repeat, _move, _word, _word, _words_for_words, _piece, _line,
)  # fmt: skip


def smaller(data: bytes, fails: Callable[[bytes], bool], tries: int = 2000) -> bytes:
    """A shorter input that still fails: pieces are taken out, large ones first, until none can be missed."""
    size = max(1, len(data) // 2)
    while size and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            shorter = data[:at] + data[at + size :]
            tries -= 1
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data
