"""The process, ``python -m adapters.cameras.keyframes.worker PARENT MEMORY_MB``: tasks in, answers out.

It ends when its standard input does.
"""

import sys

import cv2
import numpy as np

from adapters.cameras.keyframes.confinement import allow_cpu, confine, cpu_seconds
from adapters.cameras.keyframes.decoding import decoded
from adapters.cameras.keyframes.jpegs import drawn
from adapters.cameras.keyframes.looks import Undecodable
from adapters.cameras.keyframes.masks import burn
from adapters.cameras.keyframes.pipe_messages import (
    LARGEST_TASK_BYTES,
    READY,
    Done,
    Refused,
    Task,
    decode_task,
    packed,
)
from adapters.cameras.keyframes.pipes import answers_only, put, received
from adapters.cameras.keyframes.rehearsal import rehearse
from adapters.cameras.quality.judgement import look
from adapters.cameras.quality.planes import Planes, UnknownPixels, planes_of

MEGABYTE = 1024 * 1024


def main(parent: int, memory_mb: int) -> None:
    answers = answers_only()
    _load_everything()
    confine(parent, memory_mb * MEGABYTE)
    put(answers, packed(READY))
    while (task := received(0, LARGEST_TASK_BYTES)) is not None:
        allow_cpu()
        put(answers, packed(_answer(decode_task(task))))


def _answer(task: Task) -> Done | Refused:
    try:
        return _done(task)
    except Undecodable as error:
        return Refused(error.reason, cpu_seconds())
    except UnknownPixels:
        return Refused("unsupported_pixels", cpu_seconds())
    except MemoryError:
        return Refused("no_memory", cpu_seconds())
    except cv2.error as error:
        short_of_memory = error.code == cv2.Error.StsNoMem
        return Refused("no_memory" if short_of_memory else "undecodable", cpu_seconds())


def _done(task: Task) -> Done:
    began = cpu_seconds()
    frame = decoded(task.codec, task.data)
    planes = planes_of(frame)
    burn(planes, task.masks)
    verdict = look(planes, task.memory, task.at_ms, task.digest)
    picture = drawn(planes, task.picture_width)
    ended = cpu_seconds()
    return Done(
        frame.width,
        frame.height,
        picture.width,
        picture.height,
        picture.jpeg,
        picture.wall,
        verdict.scores,
        verdict.night,
        verdict.memory,
        verdict.learning,
        frame.is_corrupt,
        (ended - began) * 1000,
        ended,
    )


def _load_everything() -> None:
    """Tables and files that are only read at the first use; afterwards no file can be opened."""
    cv2.setNumThreads(1)
    grey = np.full((180, 320), 128, np.uint8)
    planes = Planes(grey, grey[::2, ::2].copy(), grey[::2, ::2].copy())
    look(planes, b"", 0)
    rehearse()
    drawn(planes, 320)
    for codec in ("h264", "h265", "mjpeg"):
        try:
            decoded(codec, b"\0\0\1\0")
        except Undecodable:
            continue


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
