"""A camera in front of a scene: the picture that goes into its encoder, always the same for the same seed."""

import math
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.cameras.labelled.conditions import Conditions
from tests.cameras.labelled.lens import behind_the_lens
from tests.cameras.labelled.scenes import Picture, Scene, world_of

Image = NDArray[np.uint8]  # rows × columns × 3 (blue, green, red)


class Place(Protocol):
    """A generated scene or real footage."""

    @property
    def scene(self) -> Scene: ...

    def light(self, conditions: Conditions, random: np.random.Generator) -> Picture:
        """Of the scene with its people, in the view of the camera, before the lens."""
        ...


class Generated:
    """A place of ``scenes.SCENES``."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def light(self, conditions: Conditions, random: np.random.Generator) -> Picture:
        world = world_of(self.scene)
        seen = _view(world.night if conditions.night else world.day, self.scene, conditions, random)
        for _ in range(random.poisson(self.scene.people)):
            person(seen, conditions, random)
        return seen


def picture(place: Place, conditions: Conditions, check: int, seed: int) -> Image:
    """``check``: tens of seconds of the burnt-in clock; of ``seed`` and it comes all that is random."""
    moment = 0 if conditions.held else check
    random = np.random.default_rng((place.scene.seed, seed, moment))
    if conditions.card:
        return _card(place.scene, conditions)
    seen = _lit(place.light(conditions, random), conditions, random)
    levels = behind_the_lens(seen, conditions, random)
    levels = _sensed(levels, place.scene, conditions, random)
    if conditions.stripes:
        levels = levels + _stripes(levels.shape[:2], conditions, random)[..., None]
    image = np.clip(levels, 0, 255).astype(np.uint8)
    _burn_in(image, place.scene, conditions, moment)
    return image


def _view(world: Picture, scene: Scene, conditions: Conditions, random: np.random.Generator) -> Picture:
    """What of the world the camera sees: moved, turned, zoomed, flipped, swaying."""
    middle = np.array([world.shape[1] / 2, world.shape[0] / 2])
    sway = random.uniform(-1, 1, 2) * conditions.sway
    offset = (np.array(conditions.shift) + sway) * scene.width
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), conditions.angle, conditions.zoom)
    turn[:, 2] += np.array([scene.width, scene.height]) / 2 - middle - offset
    size = (scene.width, scene.height)
    seen = cv2.warpAffine(world, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.ascontiguousarray(seen[:, ::-1] if conditions.flipped else seen, np.float32)


def person(seen: Picture, conditions: Conditions, random: np.random.Generator, size: float = 1.0) -> None:
    """Somebody somewhere in the picture."""
    height, width = seen.shape[:2]
    tall = width * random.uniform(0.06, 0.2) * size
    foot = np.array([random.uniform(0, width), random.uniform(height * 0.5, height)])
    clothes, skin = random.uniform(15, 230, 3), np.array([110.0, 140.0, 200.0])
    if conditions.night:
        clothes, skin = np.repeat(clothes[:1], 3), np.full(3, 190.0)
    for share, wide, value in ((0.45, 0.16, clothes), (0.2, 0.11, clothes * 0.5), (0.86, 0.07, skin)):
        spot = (round(foot[0]), round(foot[1] - tall * share))
        axes = (max(1, round(tall * wide)), max(1, round(tall * (0.28 if share < 0.8 else 0.09))))
        cv2.ellipse(seen, spot, axes, 0, 0, 360, tuple(map(float, value)), -1, cv2.LINE_AA)


def _lit(seen: Picture, conditions: Conditions, random: np.random.Generator) -> Picture:
    """Lamps, sun, beams; then who stands there in a crowd, and what passes before the lens."""
    down, across = _grid(*seen.shape[:2])
    if conditions.lamps:
        windows = np.exp(-((across - 0.2) ** 2 + (down - 0.3) ** 2) / 0.18)
        seen = np.asarray(seen * (1 + conditions.lamps * (0.65 - 0.55 * windows))[..., None], np.float32)
    for levels, size in ((conditions.sun, 0.05), (conditions.headlight, 0.02)):
        if levels:
            x, y = random.uniform(0.1, 0.9, 2)
            beam = levels * np.exp(-((across - x) ** 2 + (down - y) ** 2) / size)
            seen = np.asarray(seen + beam[..., None], np.float32)
    seen = np.ascontiguousarray(seen, np.float32)
    for _ in range(round(conditions.crowd * 60)):
        person(seen, conditions, random, 1.3)
    return seen


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> tuple[Picture, Picture]:
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return down.astype(np.float32), across.astype(np.float32)


def _sensed(seen: Picture, scene: Scene, conditions: Conditions, random: np.random.Generator) -> Picture:
    """Exposure, tone curve, colour balance, and the noise of the sensor, more of it in the dark."""
    levels = np.clip(seen * conditions.exposure, 0, 255 if conditions.exposure < 1.2 else 2000)
    levels = levels + _noise(levels.shape[0], levels.shape[1], scene, conditions, random)
    levels = np.clip(levels, 0, 255)
    if conditions.cast:
        levels = levels * _balance(conditions)
    if conditions.gamma != 1:
        levels = 255 * (np.clip(levels, 0, 255) / 255) ** conditions.gamma
    return np.asarray(levels, np.float32)


def _noise(
    height: int, width: int, scene: Scene, conditions: Conditions, random: np.random.Generator
) -> Picture:
    spread = scene.noise * conditions.noise * (3 if conditions.night else 1)
    top, left = random.integers(0, 97, 2)
    grain = _grain(height + 97, width + 97)[top : top + height, left : left + width]
    if random.random() < 0.5:
        grain = grain[::-1]
    return np.asarray(grain * spread if not conditions.night else grain[..., :1] * spread, np.float32)


@lru_cache(maxsize=2)
def _grain(height: int, width: int) -> Picture:
    """A pool that every picture takes another part of: drawing it anew would cost more than encoding."""
    return np.random.default_rng(5).normal(0, 1, (height, width, 3)).astype(np.float32)


def _balance(conditions: Conditions) -> NDArray[np.float64]:
    """Gains of blue, green and red that move mid grey by ``cast`` in the plane of colours (BT.601)."""
    towards = np.random.default_rng(conditions.seed).uniform(0, 2 * math.pi)
    u, v = conditions.cast * math.cos(towards), conditions.cast * math.sin(towards)
    return 1 + np.array([1.772 * u, -0.344 * u - 0.714 * v, 1.402 * v]) / 128


def _stripes(shape: tuple[int, int], conditions: Conditions, random: np.random.Generator) -> Picture:
    """Hum of the mains, a broken row driver, another sender: bars that roll from check to check."""
    down, across = _grid(*shape)
    fixed = np.random.default_rng(conditions.seed)
    count, phase = fixed.uniform(7, 32), random.uniform(0, 2 * math.pi)
    if conditions.stripes == "lines":
        rows = np.where(random.random(shape[0] // 2) < 0.25, 2.2, -0.4).repeat(2)
        rows = np.resize(rows, shape[0]).astype(np.float32)
        return np.asarray(conditions.amplitude * np.repeat(rows[:, None], shape[1], axis=1), np.float32)
    along = {"across": down, "upright": across * 1.78, "slanted": down + across * 1.78}[
        conditions.stripes or "across"
    ]
    wave = np.sin(2 * math.pi * count * along + phase)
    if fixed.random() < 0.5:
        wave = np.sign(wave)
    return np.asarray(conditions.amplitude * wave, np.float32)


def _card(scene: Scene, conditions: Conditions) -> Image:
    """What a recorder shows where the line to the camera is dead."""
    image = np.zeros((scene.height, scene.width, 3), np.uint8)
    if conditions.card == "bars":
        for bar, colour in enumerate(
            ((235, 235, 235), (16, 235, 235), (235, 235, 16), (16, 235, 16), (235, 16, 235), (16, 16, 235))
        ):
            image[:, bar * scene.width // 6 : (bar + 1) * scene.width // 6] = colour
    else:
        image[:] = (200, 30, 20) if conditions.card == "blue" else (110, 110, 110)
    where = (scene.width // 3, scene.height // 2)
    cv2.putText(image, "NO SIGNAL", where, cv2.FONT_HERSHEY_SIMPLEX, scene.width / 500, (250, 250, 250), 2)
    return image


def _burn_in(image: Image, scene: Scene, conditions: Conditions, check: int) -> None:
    """Drawn by the camera after the sensor: a cover or a blur leaves it sharp."""
    if not scene.clock:
        return
    size, thick = scene.width / 1100, max(1, scene.width // 640)
    lines = [(conditions.caption, not conditions.caption_at_the_foot)]
    if conditions.clock:
        seconds = 8 * 3600 + 10 * check + 3
        told = f"2021-08-05 {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        lines.append((told, conditions.caption_at_the_foot))
    for text, at_the_foot in lines:
        row = scene.height - round(12 * size) if at_the_foot else round(30 * size)
        for ink, wide in (((0, 0, 0), thick + 2), ((255, 255, 255), thick)):
            cv2.putText(
                image, text, (round(12 * size), row), cv2.FONT_HERSHEY_SIMPLEX, size, ink, wide, cv2.LINE_AA
            )
