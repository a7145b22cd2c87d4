"""The ends of the pipes in a process that was started for us; the parent's are in ``worker_process``."""

import os

from adapters.cameras.keyframes.pipe_messages import LENGTH


def answers_only() -> int:
    """The descriptor for answers; what libraries print goes nowhere: it could hold what a camera sent."""
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


def received(pipe: int, most: int) -> bytes | None:
    """One message without its length; None: nobody will send any more, or more than ``most`` bytes."""
    head = _read(pipe, LENGTH.size)
    if head is None:
        return None
    (length,) = LENGTH.unpack(head)
    return _read(pipe, length) if length <= most else None


def put(pipe: int, message: bytes) -> None:
    """All of it."""
    left = memoryview(message)
    while left:
        left = left[os.write(pipe, left) :]


def _read(pipe: int, length: int) -> bytes | None:
    read = bytearray()
    while len(read) < length:
        piece = os.read(pipe, length - len(read))
        if not piece:
            return None
        read += piece
    return bytes(read)
