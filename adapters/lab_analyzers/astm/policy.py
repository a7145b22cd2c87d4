"""What differs from one analyzer's link to the next."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Policy:
    """Times in seconds, with the standard's figures (E1381 6.5.2, LIS1-A 8.5).

    ``numbering``: strict refuses a frame out of order; resync takes it if its checksum is right; ignore
    looks at no number. ``checksum`` False: the line sends and wants none.
    """

    checksum: bool = True
    numbering: Literal["strict", "resync", "ignore"] = "resync"
    frame_max_bytes: int = 64 * 1024
    message_max_bytes: int = 16 * 1024 * 1024
    send_frame_bytes: int = 240  # text of a frame that goes out; E1381-95
    send_frames: Literal["record", "message"] = "record"  # what is cut into frames
    next_frame_seconds: float = 30.0
    reply_seconds: float = 15.0
    refused_seconds: float = 10.0
    yield_seconds: float = 20.0
    interrupted_seconds: float = 15.0
    tries: int = 6
