"""One keyframe against all that is known of its camera: ``look``."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from adapters.cameras.quality.memory import HEIGHT, WIDTH, BadMemory, Grey, Memory, unpacked
from adapters.cameras.quality.plain_faults import plain_faults
from adapters.cameras.quality.planes import Planes
from adapters.cameras.quality.thresholds import thresholds

FAULTS: Final = (
    "black",
    "over_exposed",
    "no_signal",
    "blur",
    "covered",
    "moved",
    "colour_cast",
    "stripes",
    "frozen",
    "frozen_suspected",
)


# ITU-R BT.601: 16 is black and 235 white where the range is narrow.
_WIDENED: Final = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


class Verdict(NamedTuple):
    """``scores``: 0 to 2 for each of FAULTS, 1 is the threshold; ``night``: the picture has no colours.

    ``memory``: to be handed in with the next keyframe; ``learning``: how the camera looks by this light is
    not known yet, so that only what needs no baseline is judged.
    """

    scores: dict[str, float]
    night: bool
    memory: bytes
    learning: bool


def look(planes: Planes, memory: bytes, at_ms: int, digest: bytes = b"") -> Verdict:
    """``memory``: of the last verdict; b"" (or bytes that are not ours) begins to learn the camera anew.

    ``at_ms``: since 1970; ``digest``: SHA-256 of the access unit, b"" where unknown. No picture makes it
    raise.
    """
    known = _known(memory)
    picture = _small(planes)
    plain = plain_faults(picture, thresholds())
    scores = dict.fromkeys(FAULTS, 0.0) | plain._asdict()
    return Verdict(scores, False, known.packed(), True)


def _known(memory: bytes) -> Memory:
    try:
        return unpacked(memory)
    except BadMemory:
        return Memory()


def _small(planes: Planes) -> Grey:
    """320 × 180 in the whole range, whatever came."""
    picture = cv2.resize(planes.luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if not planes.full_range:
        picture = cv2.LUT(picture, _WIDENED)
    return np.asarray(picture, np.uint8)
