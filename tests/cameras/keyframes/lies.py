"""Workers that hostile bytes have taken over: ``python -m tests.cameras.keyframes.lies``, one lie a megabyte.

A real worker is told how much memory it may have; these take the number for which lie to tell.
"""

import struct
import sys
from dataclasses import dataclass

import msgspec

from adapters.cameras.keyframes.pipe_messages import LARGEST_ANSWER_BYTES, READY, Done, packed

HONEST = Done(640, 360, 0, 0, b"", b"", {"black": 0.1}, False, b"", True, False, 1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Lie:
    name: str
    said: bytes


def changed(**more: object) -> bytes:
    return packed(msgspec.structs.replace(HONEST, **more))


LIES = (
    Lie("no MessagePack", packed(b"\xc1" * 50)),
    Lie("of another shape", packed(msgspec.msgpack.encode({"black": 1}))),
    Lie("longer than any", struct.pack(">I", LARGEST_ANSWER_BYTES + 1)),
    Lie("a score that is none", changed(scores={"black": float("nan")})),
    Lie("a score too high", changed(scores={"black": 1e9})),
    Lie("a memory that nobody keeps", changed(memory=bytes(300 << 10))),
    Lie("a thousand scores", changed(scores={str(n): 0.1 for n in range(1000)})),
)

if __name__ == "__main__":
    sys.stdout.buffer.write(packed(READY))
    sys.stdout.buffer.flush()
    sys.stdin.buffer.read(1)
    sys.stdout.buffer.write(LIES[int(sys.argv[2])].said)
    sys.stdout.buffer.flush()
    sys.stdin.buffer.read()
