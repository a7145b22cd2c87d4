"""Real footage, where somebody has some: a file that PyAV reads, as a place before the camera."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from simulators.cameras.scenes import Picture, Plane, burn_in


class Film:
    """Begins anew at its end. ``number`` is what the camera burns in."""

    def __init__(self, path: Path, width: int, height: int, number: int) -> None:
        self._frames = self._read(path, width, height)
        self._name = f"CAM {number:02d}"
        self._second, self._latest = next(self._frames)

    def picture(self, second: float, _loop_seconds: float, _moment: int) -> Picture:
        """What it shows then; asked for in the order of time."""
        while self._second < second:
            self._second, self._latest = next(self._frames)
        y, u, v = (plane.copy() for plane in (self._latest.y, self._latest.u, self._latest.v))
        return Picture(y, u, v)

    def sign(self, picture: Picture, second: float) -> None:
        """As the camera of a drawn place does."""
        burn_in(picture.y, f"{self._name}  {int(second) // 60:02d}:{int(second) % 60:02d}")

    def _read(self, path: Path, width: int, height: int) -> Iterator[tuple[float, Picture]]:
        """Raises ValueError where it is no film."""
        passed = 0.0
        while True:
            latest = None
            with av.open(str(path)) as container:
                for frame in container.decode(video=0):
                    latest = float(frame.time or 0.0)
                    planes = (
                        frame.reformat(width, height, "yuv420p").to_ndarray().astype(np.uint8, copy=False)
                    )
                    yield passed + latest, _picture(planes, width, height)
            if not latest:
                raise ValueError(f"{path.name} has no second of film")
            passed += latest


def _picture(planar: Plane, width: int, height: int) -> Picture:
    y, rest = planar[:height], planar[height:].reshape(2, height // 2, width // 2)
    return Picture(np.ascontiguousarray(y), rest[0], rest[1])
