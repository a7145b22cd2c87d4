"""What is fuzzed: a name, a check that raises on a find, inputs to begin with and inputs that grow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

Check = Callable[[bytes], object]


class Found(AssertionError):
    """An input broke a promise."""


@dataclass(frozen=True, slots=True)
class Target:
    """``check`` raises whatever is wrong; ``work`` runs the codec once on bytes, for its cost to be counted.

    ``inputs``: well-formed ones. ``grows``: inputs of about as many bytes as asked for, each a way in which
    work could grow faster than its input. ``endless``: feeds that many bytes, read by read, to a connection
    whose cap is the second number, for its memory to be counted. ``mended``: puts right what a mutation
    broke and nothing would get past (checksums).
    """

    name: str
    check: Check
    work: Check
    inputs: Callable[[], Sequence[bytes]]
    words: Sequence[bytes] = ()
    grows: Mapping[str, Callable[[int], bytes]] = field(default_factory=dict)
    endless: Mapping[str, Callable[[int, int], Iterator[None]]] = field(default_factory=dict)
    mended: Callable[[Random, bytes], bytes] | None = None


def require(held: bool, promise: str) -> None:
    """Raises Found that names the promise."""
    if not held:
        raise Found(promise)


def pieces(data: bytes, random: Random, most: int = 12) -> Iterator[bytes]:
    """``data`` cut at random places, sometimes byte by byte."""
    if random.random() < 0.1:
        yield from (data[at : at + 1] for at in range(len(data)))
        return
    cuts = sorted(random.randint(0, len(data)) for _ in range(random.randint(0, most)))
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        yield data[start:end]


def random_of(data: bytes) -> Random:
    """Random numbers that depend on the input alone, so that a kept file fails again by itself."""
    return Random(data)
