"""What goes wrong on an ASTM line: drawn for each frame, so that a hub has to put up with all of it."""

import random
from dataclasses import dataclass
from typing import Literal

Fault = Literal[
    "split", "delay", "truncate", "corrupt", "checksum", "cut", "swallowed_ack", "resent", "restart"
]
FAULTS: tuple[Fault, ...] = (
    "split", "delay", "truncate", "corrupt", "checksum", "cut", "swallowed_ack", "resent", "restart",
)  # fmt: skip
LONGEST_DELAY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Faults:
    """``share`` of the frames has one; the same generator gives the same faults."""

    share: float
    rng: random.Random

    def draw(self) -> Fault | None:
        """What happens to the next frame."""
        return self.rng.choice(FAULTS) if self.rng.random() < self.share else None

    def place(self, frame: bytes) -> int:
        """Inside of a frame: behind its number, before its end."""
        return self.rng.randrange(2, len(frame) - 5)

    def corrupted(self, frame: bytes) -> bytes:
        """One character of the text is another one: the checksum no longer fits."""
        at = self.place(frame)
        return frame[:at] + (b"#" if frame[at : at + 1] != b"#" else b"$") + frame[at + 1 :]

    def pieces(self, frame: bytes) -> list[bytes]:
        """The frame in pieces of one to seven bytes."""
        pieces, at = [], 0
        while at < len(frame):
            size = self.rng.randint(1, 7)
            pieces.append(frame[at : at + size])
            at += size
        return pieces
