"""What a look at a keyframe takes and gives. Light to import: nothing that decodes is loaded."""

from dataclasses import dataclass, field
from typing import Final, Literal

from adapters.cameras.rtsp.facts import KeyFrame

Polygon = tuple[tuple[float, float], ...]
"""Corners (x, y) as shares of width and height, 0 to 1; at least three."""

WALL_WIDTH: Final = 160  # pixels: who walks by is not recognised on a wall of cameras
MOST_PIXELS: Final = 4096 * 2304  # 4K in both of its sizes
LONGEST_SIDE: Final = 4096
LARGEST_JPEG_BYTES: Final = 1 << 20
LARGEST_WALL_BYTES: Final = 64 << 10
LARGEST_MEMORY_BYTES: Final = 256 << 10  # what Outlet.keep takes

Refusal = Literal[
    "no_parameter_sets",  # nothing says how large its pictures are
    "too_large",  # more than 4K, or a JPEG over 1 MiB
    "undecodable",
    "unsupported_pixels",  # a pixel format that no camera was seen to send
    "no_memory",  # more than a worker may have
    "poison",  # a worker died of these very bytes before
]
Loss = Literal[
    "crashed",
    "deadline",  # it took too long and was killed
    "not_started",  # it did not get ready: epihub[camera] is missing, or the machine is short of everything
    "garbled",  # it answered what is no answer
    "closed",
]


@dataclass(frozen=True, slots=True)
class Look:
    """``picture_width`` 0: no JPEG; a picture is never made larger than it is.

    ``memory``: what ``quality`` knows of this camera, as it was given last; b"": nothing yet.
    """

    frame: KeyFrame
    masks: tuple[Polygon, ...] = ()
    picture_width: int = 0
    memory: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """``width`` and ``height``: of the keyframe. ``picture_width`` and ``picture_height``: of ``jpeg``.

    ``wall``: the same picture ``WALL_WIDTH`` wide. ``scores``: by fault, 1.0 is the threshold. ``corrupt``:
    the decoder had to conceal something. ``took_ms``: the worker's CPU time. Masks are burnt into everything.
    """

    width: int
    height: int
    picture_width: int
    picture_height: int
    jpeg: bytes = field(repr=False)
    wall: bytes = field(repr=False)
    scores: dict[str, float]
    night: bool
    memory: bytes = field(repr=False)
    learning: bool
    corrupt: bool
    took_ms: float


class Undecodable(Exception):
    """This keyframe gives no picture; another one may."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason


class WorkerLost(Exception):
    """The worker ended over this look; the next look gets another one."""

    def __init__(self, reason: Loss) -> None:
        super().__init__(reason)
        self.reason = reason
