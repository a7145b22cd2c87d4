"""What a clip shows and how it is encoded. The same plan gives the same pictures."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

Codec = Literal["h264", "h265", "mjpeg"]
PictureFault = Literal[
    "black",
    "over_exposed",
    "no_signal",
    "blur",
    "covered",
    "moved",
    "colour_cast",
    "stripes",
    "frozen",
]
PICTURE_FAULTS: tuple[PictureFault, ...] = get_args(PictureFault)
# A loop of an encoded clip repeats its bytes. With a prime number of keyframes no check every 5, 10, 30 or
# 60 s meets the same keyframe twice in a row, as it would of a frozen camera.
KEYFRAMES = 17
DRAWN = 2  # counts the ways in which places were drawn: what an older one left in a folder is not shown


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """A loop of ``keyframes`` groups, each ``keyframe_seconds`` long.

    ``fault`` holds from its first picture to its last; ``severity`` 1 to 5 says how bad it is. ``slices``:
    of each picture. ``kilobits``: a second; 0: what the size and rate of pictures ask for. ``film``: a file
    that is shown instead of a drawn place; ``scene`` is only its number then.
    """

    scene: int = 1
    width: int = 640
    height: int = 360
    frames_a_second: int = 6
    keyframes: int = KEYFRAMES
    keyframe_seconds: float = 1.0
    codec: Codec = "h264"
    slices: int = 1
    kilobits: int = 0
    night: bool = False
    fault: PictureFault | Literal[""] = ""
    severity: int = 5
    film: str = ""

    @property
    def group(self) -> int:
        """Pictures from one keyframe to the next."""
        return max(1, round(self.frames_a_second * self.keyframe_seconds))

    @property
    def frames(self) -> int:
        """Pictures of the loop."""
        return self.group * self.keyframes

    @property
    def bits_a_second(self) -> int:
        """What the encoder is asked for: about 0.1 bit a pixel, as sub-streams of cameras have."""
        return self.kilobits * 1000 or round(0.1 * self.width * self.height * self.frames_a_second)

    @property
    def name(self) -> str:
        """Of its file: another plan has another name."""
        told = json.dumps([DRAWN, asdict(self)], sort_keys=True).encode()
        return f"{self.codec}-{self.width}x{self.height}-{hashlib.sha256(told).hexdigest()[:16]}.clip"

    def faulty(self, fault: PictureFault, severity: int = 5) -> "ClipPlan":
        """The same camera with that fault."""
        return replace(self, fault=fault, severity=severity)
