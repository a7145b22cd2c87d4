"""Places that never were: textured walls and floors, people who walk, sensor noise, a clock burnt in.

Pictures are Y, U and V planes as the encoder takes them; numpy and cv2 are loaded here only.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
NOISE_SPREAD = 2.5  # of the sensor, in steps of luma: a small sensor in a lit corridor
_MARGIN = 16


@dataclass(frozen=True, slots=True)
class Picture:
    """Planes of 4:2:0: ``u`` and ``v`` have half the width and half the height of ``y``."""

    y: Plane
    u: Plane
    v: Plane

    def planar(self) -> Plane:
        """One above the other, as ``yuv420p`` is."""
        width = self.y.shape[1]
        return np.concatenate((self.y, self.u.reshape(-1, width), self.v.reshape(-1, width)))


@dataclass(frozen=True, slots=True)
class _Walker:
    """Goes to and fro, whole rounds in a loop; sizes in shares of the picture's height."""

    row: float
    height: float
    rounds: int
    phase: float
    luma: int
    u: int
    v: int


class Scene:
    """The place ``seed``; ``night``: by infra-red, which has no colour."""

    def __init__(self, seed: int, width: int, height: int, *, night: bool = False) -> None:
        rng = np.random.default_rng(seed)
        self.width, self.height, self.night = width, height, night
        self._ground = _ground(rng, width, height)
        self._colours = _colours(rng, width // 2, height // 2, night=night)
        self._walkers = _walkers(random.Random(f"walkers {seed}"))
        self._noise = _noise(rng, width, height, NOISE_SPREAD * (2 if night else 1))
        self._name = f"CAM {seed:02d}"

    def picture(self, second: float, loop_seconds: float, moment: int) -> Picture:
        """``moment`` numbers the noise: two pictures of one second differ, as a sensor's do."""
        y, u, v = self._ground.copy(), self._colours[0].copy(), self._colours[1].copy()
        for walker in self._walkers:
            _draw(walker, second / loop_seconds, y, u, v, night=self.night)
        if self.night:
            y = (y * 0.45 + 20).astype(np.uint8)
        shift = random.Random(f"noise {moment}")
        top, left = shift.randrange(_MARGIN), shift.randrange(_MARGIN)
        grain = self._noise[top : top + self.height, left : left + self.width]
        return Picture(np.clip(y.astype(np.int16) + grain, 0, 255).astype(np.uint8), u, v)

    def sign(self, picture: Picture, second: float) -> None:
        """Burn name and clock in: a camera's electronics do it, behind the lens and whatever is on it."""
        burn_in(picture.y, f"{self._name}  {int(second) // 60:02d}:{int(second) % 60:02d}")


def burn_in(y: Plane, text: str) -> None:
    """White letters on a dark ground, top left, as cameras write their names and clocks."""
    scale = y.shape[0] / 720
    thick = max(1, round(2 * scale))
    (across, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    y[: round(44 * scale), : across + round(24 * scale)] = 24
    at = (round(12 * scale), round(32 * scale))
    cv2.putText(y, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (235,), thick, cv2.LINE_AA)


def texture(rng: np.random.Generator, width: int, height: int, coarse: int, fine: int) -> NDArray[np.float32]:
    """Smooth noise of many sizes, about 0 with a spread of 1: plaster, stone, cloth."""
    total = np.zeros((height, width), np.float32)
    cells = coarse
    while cells <= fine:
        grid = rng.normal(size=(max(2, cells * height // width), cells)).astype(np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * (coarse / cells) ** 0.6
        cells *= 2
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def _ground(rng: np.random.Generator, width: int, height: int) -> Plane:
    """A wall with doors and notices above a floor of tiles; lit from one side."""
    light = np.linspace(0.85, 1.15, width, dtype=np.float32)[None, :]
    wall = np.full((height, width), rng.uniform(105, 150), np.float32)
    horizon = int(height * rng.uniform(0.4, 0.55))
    wall[horizon:] = rng.uniform(75, 100)
    tile = max(8, width // int(rng.integers(10, 16)))
    for row in _joints(horizon, height, tile):
        wall[row, :] -= 28
    wall[horizon:, ::tile] -= 20
    for _ in range(int(rng.integers(7, 12))):
        _furnish(rng, wall)
    grain = texture(rng, width, height, 8, 256) * 9
    lit: Plane = np.clip((wall + grain) * light, 16, 235).astype(np.uint8)
    return lit


def _joints(horizon: int, height: int, tile: int) -> Iterator[int]:
    """Rows of tiles, the nearer the larger: even ones would be the stripes of a broken supply."""
    row, apart = float(horizon), tile * 0.3
    while row < height:
        yield int(row)
        row += apart
        apart *= 1.35


def _furnish(rng: np.random.Generator, wall: NDArray[np.float32]) -> None:
    """A door, a window, a bed, a notice: something with edges."""
    height, width = wall.shape
    across, down = int(width * rng.uniform(0.04, 0.16)), int(height * rng.uniform(0.08, 0.4))
    left, top = int(rng.integers(0, width - across)), int(rng.integers(height // 10, height - down))
    part = wall[top : top + down, left : left + across]
    part[:] = rng.uniform(40, 220)
    part[2:-2, 3:-3:6] += rng.uniform(-30, 30)
    cv2.rectangle(wall, (left, top), (left + across, top + down), (35.0,), max(1, width // 320))


def _colours(rng: np.random.Generator, width: int, height: int, *, night: bool) -> tuple[Plane, Plane]:
    if night:
        grey = np.full((height, width), 128, np.uint8)
        return grey, grey
    u, v = (texture(rng, width, height, 3, 12) * 2.5 + 128 + rng.uniform(-5, 5) for _ in "uv")
    return np.clip(u, 16, 240).astype(np.uint8), np.clip(v, 16, 240).astype(np.uint8)


def _noise(rng: np.random.Generator, width: int, height: int, spread: float) -> NDArray[np.int16]:
    """Larger than the picture: each is given another part of it."""
    return rng.normal(0, spread, (height + _MARGIN, width + _MARGIN)).round().astype(np.int16)


def _walkers(rng: random.Random) -> tuple[_Walker, ...]:
    return tuple(
        _Walker(
            row=rng.uniform(0.55, 0.9),
            height=rng.uniform(0.22, 0.4),
            rounds=rng.choice((1, 2)),
            phase=rng.random(),
            luma=rng.choice((40, 70, 180, 210)),
            u=rng.randrange(100, 156),
            v=rng.randrange(100, 156),
        )
        for _ in range(3)
    )


def _draw(walker: _Walker, share: float, y: Plane, u: Plane, v: Plane, *, night: bool) -> None:
    """An upright figure with a head; ``share`` of the loop is over."""
    height, width = y.shape
    across = 0.5 - 0.5 * math.cos(2 * math.pi * (walker.rounds * share + walker.phase))
    at, foot = int((0.05 + 0.9 * across) * width), int(walker.row * height)
    tall = int(walker.height * height)
    body = (at, foot - tall // 2), (max(2, tall // 6), tall // 2)
    head = (at, foot - tall), max(2, tall // 9)
    cv2.ellipse(y, *body, 0, 0, 360, (walker.luma,), -1, cv2.LINE_AA)
    cv2.circle(y, *head, (165,), -1, cv2.LINE_AA)
    for plane, colour in () if night else ((u, walker.u), (v, walker.v)):
        centre, size = (at // 2, (foot - tall // 2) // 2), (max(1, tall // 12), tall // 4)
        cv2.ellipse(plane, centre, size, 0, 0, 360, (colour,), -1)
