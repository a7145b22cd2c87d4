"""Generated places as a camera sees them: textured, by day and by infrared light, with people who pass.

A world is drawn once for each scene, larger than the view, so a camera that is turned sees something new.
All lengths are shares of the picture's width, so the same scene exists in every size.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]  # rows × columns × 3 (blue, green, red), 0 to 255 and beyond: light, not levels
MARGIN = 0.32  # of the view's width and height, on each side, that the world is larger


@dataclass(frozen=True, slots=True)
class Scene:
    """``clutter``: things on the walls and floor; ``people``: how many stand in a picture on the average."""

    name: str
    split: Literal["tuning", "test"]
    seed: int
    width: int = 640
    height: int = 360
    horizon: float = 0.45
    tiles: int = 14
    clutter: int = 40
    foliage: int = 0
    colourful: float = 0.5
    people: float = 1.5
    noise: float = 2.5  # levels by day
    clock: bool = True
    codec: Literal["libx264", "libx265"] = "libx264"
    bit_rate: int = (
        0  # bit/s at two frames a second, so that a keyframe has a real one's share; 0: by quality
    )
    full_range: bool = False


SCENES = (
    Scene("corridor", "tuning", 11, horizon=0.5, tiles=18, clutter=26, colourful=0.3, people=0.8),
    Scene("market", "tuning", 12, clutter=80, colourful=0.9, people=4, clock=False),
    Scene("garden", "tuning", 13, foliage=30, clutter=14, colourful=0.6, noise=3.5),
    Scene("store room", "tuning", 14, horizon=0.3, clutter=70, people=0.3, codec="libx265"),
    Scene("loading bay", "tuning", 15, 1280, 720, horizon=0.55, clutter=34, noise=4, full_range=True),
    Scene("old recorder", "tuning", 16, clutter=45, people=1, noise=5, bit_rate=80_000),
    Scene("racks", "tuning", 17, horizon=0.72, tiles=24, clutter=14, people=0.5, clock=False),
    Scene("ward", "test", 41, horizon=0.42, tiles=12, clutter=34, colourful=0.35, people=1.2),
    Scene("gate", "test", 42, foliage=16, clutter=30, colourful=0.7, people=2, noise=3),
    Scene("waiting room", "test", 43, horizon=0.38, clutter=52, people=4, clock=False),
    Scene("car park", "test", 44, horizon=0.6, tiles=8, clutter=24, foliage=8, people=0.7, noise=4),
    Scene("cold store", "test", 45, horizon=0.33, clutter=64, colourful=0.2, people=0.2, codec="libx265"),
    Scene("laboratory", "test", 46, 1280, 720, clutter=60, colourful=0.5, people=1),
    Scene("street", "test", 47, foliage=10, clutter=44, colourful=0.8, people=3, noise=3, full_range=True),
    Scene("stairs", "test", 48, horizon=0.7, tiles=22, clutter=18, people=0.6, clock=False, noise=3),
    Scene("far hospital", "test", 49, clutter=40, people=1, noise=4, bit_rate=90_000),
)


@dataclass(frozen=True, slots=True)
class World:
    """What is there, without anybody: in daylight, and as infrared light shows it (grey)."""

    day: Picture
    night: Picture


@lru_cache(maxsize=2)
def world_of(scene: Scene) -> World:
    random = np.random.default_rng(scene.seed)
    width, height = (round(side * (1 + 2 * MARGIN)) for side in (scene.width, scene.height))
    ground = np.empty((height, width, 3), np.float32)
    heat = np.empty((height, width), np.float32)
    _walls_and_floor(ground, heat, scene, random)
    for _ in range(scene.clutter):
        _thing(ground, heat, scene, random)
    for _ in range(scene.foliage):
        _bush(ground, heat, scene, random)
    rough = np.clip(0.35 + 0.5 * _clouds((height, width), random, width / 9), 0.1, 1)  # walls are smooth
    grain = 1 + rough * (
        0.08 * _clouds((height, width), random, 5) + 0.05 * _clouds((height, width), random, 2)
    )
    light = 1 + 0.25 * _clouds((height, width), random, max(height, width) / 4)
    day = np.asarray(ground * (grain * light)[..., None], np.float32)
    night = np.asarray(heat * grain * _lamp_of_the_camera(width, height), np.float32)
    return World(day, np.repeat(night[..., None], 3, axis=2))


def _walls_and_floor(ground: Picture, heat: Picture, scene: Scene, random: np.random.Generator) -> None:
    height, width = heat.shape
    line = round(height * scene.horizon)
    wall, floor = _colour(scene, random, 140, 190), _colour(scene, random, 80, 140)
    ground[:line], ground[line:] = wall, floor
    heat[:line], heat[line:] = random.uniform(110, 170), random.uniform(70, 120)
    middle = width / 2
    for step in range(-3 * scene.tiles, 3 * scene.tiles):  # joints of tiles run to one point of the horizon
        foot = (round(middle + step * 3 * width / scene.tiles), height)
        _line(ground, heat, (round(middle + step * 4), line), foot, 0.72)
    depth = 1.0
    while depth > 0.02:
        row = round(line + (height - line) * depth)
        _line(ground, heat, (0, row), (width, row), 0.72)
        depth *= 0.78
    _line(ground, heat, (0, line), (width, line), 0.4)


def _line(ground: Picture, heat: Picture, begin: tuple[int, int], end: tuple[int, int], share: float) -> None:
    thick = max(1, heat.shape[1] // 500)
    mask = np.zeros(heat.shape, np.uint8)
    cv2.line(mask, begin, end, (1,), thick, cv2.LINE_AA)
    drawn = mask > 0
    ground[drawn] *= share
    heat[drawn] *= share


def _thing(ground: Picture, heat: Picture, scene: Scene, random: np.random.Generator) -> None:
    """A cupboard, a window, a notice: a box with an edge, perhaps with letters or bars on it."""
    height, width = heat.shape
    wide, high = round(width * random.uniform(0.02, 0.14)), round(width * random.uniform(0.02, 0.13))
    left, top = int(random.integers(0, width - wide)), int(random.integers(0, height - high))
    colour, warm = _colour(scene, random, 25, 235), float(random.uniform(30, 220))
    for picture, value in ((ground, colour), (heat, (warm,))):
        cv2.rectangle(picture, (left, top), (left + wide, top + high), value, -1)
        edge = tuple(part * 0.45 for part in value)
        cv2.rectangle(picture, (left, top), (left + wide, top + high), edge, max(1, width // 450))
        _inside(picture, (left, top, wide, high), edge, np.random.default_rng(left * 7919 + top))


def _inside(
    picture: Picture, box: tuple[int, int, int, int], ink: tuple[float, ...], random: np.random.Generator
) -> None:
    left, top, wide, high = box
    kind = random.integers(0, 3)
    if kind == 0:
        for row in range(top + 4, top + high - 2, max(4, high // 6)):
            cv2.line(picture, (left + 2, row), (left + wide - 2, row), ink, 1, cv2.LINE_AA)
    elif kind == 1:
        letters = np.zeros(picture.shape[:2], np.uint8)
        where = (left + 3, top + high // 2)
        cv2.putText(letters, "KHOA XN 3", where, cv2.FONT_HERSHEY_SIMPLEX, wide / 140, (1,), 1)
        picture[letters > 0] = ink if picture.ndim == 3 else ink[0]


def _bush(ground: Picture, heat: Picture, scene: Scene, random: np.random.Generator) -> None:
    height, width = heat.shape
    where = (int(random.integers(0, width)), int(random.integers(0, height)))
    for _ in range(160):
        away = random.normal(0, width * 0.03, 2)
        spot = (round(where[0] + away[0]), round(where[1] + away[1]))
        green = float(random.uniform(30, 150))
        size = max(1, round(width * random.uniform(0.001, 0.006)))
        cv2.circle(ground, spot, size, (green * 0.5, green, green * 0.6), -1, cv2.LINE_AA)
        cv2.circle(heat, spot, size, (green * 1.4,), -1, cv2.LINE_AA)


def _colour(
    scene: Scene, random: np.random.Generator, least: float, most: float
) -> tuple[float, float, float]:
    grey = random.uniform(least, most)
    blue, green, red = np.clip(grey + random.uniform(-70, 70, 3) * scene.colourful, 8, 250)
    return float(blue), float(green), float(red)


def _clouds(shape: tuple[int, int], random: np.random.Generator, size: float) -> Picture:
    """Smooth noise of this size, of spread 1."""
    down, across = math.ceil(shape[0] / size) + 3, math.ceil(shape[1] / size) + 3
    coarse = random.normal(0, 1, (down, across)).astype(np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth / max(1e-3, float(smooth.std())), np.float32)


def _lamp_of_the_camera(width: int, height: int) -> Picture:
    """Infrared light is bright in the middle and weak at the corners."""
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(0.35 + 0.75 * np.exp(-1.4 * (across**2 + down**2)), np.float32)
