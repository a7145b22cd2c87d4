"""A camera that is not there, looked at before a worker is confined: libraries load what they need when they
need it, and a worker opens no file any more (numpy's median loads ``numpy.ma`` at its first call)."""

import cv2
import numpy as np

from adapters.cameras.quality.judgement import look
from adapters.cameras.quality.planes import Planes

_CHECKS = 28  # more than a camera's look by one light takes to be learnt
_EVERY_MS = 10_000


def rehearse() -> None:
    """By day and by night: learnt, well, moved, then covered."""
    draw = np.random.default_rng(1)
    rough = draw.integers(0, 255, (45, 80), np.uint8)
    scene = cv2.resize(rough, (640, 360), interpolation=cv2.INTER_CUBIC)
    memory, at_ms = b"", 0
    for colour in (90, 128):
        chroma = np.full((180, 320), colour, np.uint8)
        for check in range(_CHECKS + 2):
            luma = np.asarray(np.roll(scene, (check >= _CHECKS) * 60, axis=1), np.uint8)
            luma[4 * check, ::9] = 0  # no two are the same
            if check > _CHECKS:
                luma[:, :400] = 60
            at_ms += _EVERY_MS
            seen = look(Planes(luma, chroma, np.asarray(255 - chroma)), memory, at_ms, bytes((check,)) * 32)
            memory = seen.memory
