"""What passes between the edge and a worker: four bytes of length, then one message in MessagePack.

Both sides bound what they read: a worker that hostile bytes have taken over may answer anything.
"""

import struct
from typing import Final

import msgspec

from adapters.cameras.keyframes.looks import (
    LARGEST_JPEG_BYTES,
    LARGEST_MEMORY_BYTES,
    LARGEST_WALL_BYTES,
    Look,
    Polygon,
    Refusal,
)

LENGTH: Final = struct.Struct(">I")
LARGEST_TASK_BYTES: Final = 8 << 20  # a keyframe has 4 MiB at most
LARGEST_ANSWER_BYTES: Final = LARGEST_JPEG_BYTES + LARGEST_WALL_BYTES + LARGEST_MEMORY_BYTES + 4096
READY: Final = b"ready"


class Task(msgspec.Struct, frozen=True, array_like=True):
    """One look; ``at_ms`` is Unix time."""

    codec: str
    data: bytes
    at_ms: int
    digest: bytes
    masks: tuple[Polygon, ...]
    picture_width: int
    memory: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """See ``looks.Seen``; ``cpu_seconds``: of the worker since its start."""

    width: int
    height: int
    picture_width: int
    picture_height: int
    jpeg: bytes
    wall: bytes
    scores: dict[str, float]
    night: bool
    memory: bytes
    learning: bool
    corrupt: bool
    took_ms: float
    cpu_seconds: float


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """See ``looks.Undecodable``."""

    reason: Refusal
    cpu_seconds: float


_encode = msgspec.msgpack.Encoder().encode
decode_task = msgspec.msgpack.Decoder(Task).decode
_answers: msgspec.msgpack.Decoder[Done | Refused] = msgspec.msgpack.Decoder(Done | Refused)
decode_answer = _answers.decode


def packed(message: Task | Done | Refused | bytes) -> bytes:
    """With its length before it; bytes go as they are."""
    body = message if isinstance(message, bytes) else _encode(message)
    return LENGTH.pack(len(body)) + body


def task_of(look: Look) -> Task:
    frame = look.frame
    at_ms = round(frame.at_s * 1000)
    return Task(frame.codec, frame.data, at_ms, frame.digest, look.masks, look.picture_width, look.memory)
