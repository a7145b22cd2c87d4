"""How scanners wrap a code: what stands before and behind it, and how its bytes dribble out of a line."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

GAP_SECONDS = 0.5  # of a scanner that ends a code by silence alone


@dataclass(frozen=True, slots=True)
class Framing:
    """``aim``: with an identifier of ISO/IEC 15424 (``]Q1``: QR) before the code."""

    name: str
    prefix: bytes = b""
    suffix: bytes = b"\r"

    def wrapped(self, code: bytes) -> bytes:
        return self.prefix + code + self.suffix

    @property
    def silent(self) -> bool:
        """Whether only a gap ends a code."""
        return not self.suffix


FRAMINGS: tuple[Framing, ...] = (
    Framing("cr"),
    Framing("aim-crlf", b"]Q1", b"\r\n"),
    Framing("stx-etx", b"\x02", b"\x03"),
    Framing("lf", b"", b"\n"),
    Framing("aim-stx-tab", b"\x02]Q1", b"\t"),
    Framing("gap", b"", b""),
)


def dribbled(rng: random.Random, data: bytes) -> Iterator[bytes]:
    """In pieces, as a scanner's small buffer sends them; often whole."""
    if rng.random() < 0.6:
        yield data
        return
    at = 0
    while at < len(data):
        size = rng.choice((1, 7, 64, 256))
        yield data[at : at + size]
        at += size
