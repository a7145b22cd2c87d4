"""Between the scene and the sensor: defocus, rain, what lies on the lens or close before it."""

import math

import cv2
import numpy as np

from tests.cameras.labelled.conditions import Conditions
from tests.cameras.labelled.scenes import Picture


def behind_the_lens(seen: Picture, conditions: Conditions, random: np.random.Generator) -> Picture:
    """Blur comes before the noise of the sensor: that is what makes it hard to see."""
    if conditions.near:
        seen = _trolley(seen, conditions.near, random)
    if conditions.rain:
        seen = _rain(seen, conditions.rain, random)
    if conditions.defocus:
        seen = _defocused(seen, conditions.defocus * seen.shape[1])
    if conditions.cover:
        seen = _covered(seen, conditions)
    return seen


def _defocused(seen: Picture, radius: float) -> Picture:
    """A disc of light for each point; its edge is smoothed, so that radii need not be whole."""
    reach = math.ceil(radius) + 1
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(down, across), 0, 1)
    return np.asarray(cv2.filter2D(seen, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT), np.float32)


def _rain(seen: Picture, drops: int, random: np.random.Generator) -> Picture:
    """Streaks, and a veil that takes contrast."""
    height, width = seen.shape[:2]
    veil = np.asarray(seen * 0.8 + 28, np.float32)
    streaks = np.zeros((height, width), np.float32)
    slant = random.uniform(-0.02, 0.02) * width
    for _ in range(drops):
        x, y = random.uniform(0, width), random.uniform(0, height)
        end = (round(x + slant), round(y + random.uniform(0.02, 0.07) * width))
        cv2.line(streaks, (round(x), round(y)), end, (float(random.uniform(15, 60)),), 1, cv2.LINE_AA)
    return np.asarray(veil + streaks[..., None], np.float32)


def _trolley(seen: Picture, share: float, random: np.random.Generator) -> Picture:
    """Something out of focus, with an edge, that passes close by."""
    height, width = seen.shape[:2]
    near = np.array(seen)
    left = 0 if random.random() < 0.5 else round(width * (1 - share))
    near[:, left : left + round(width * share)] = random.uniform(40, 200, 3)
    near[height // 3 : height // 3 + height // 12, left : left + round(width * share)] *= 0.5
    return np.asarray(cv2.GaussianBlur(near, (0, 0), width / 200), np.float32)


def _covered(seen: Picture, conditions: Conditions) -> Picture:
    """It lies still: the same place, brightness and edge at each check. Noise comes later."""
    random = np.random.default_rng(conditions.seed)
    height, width = seen.shape[:2]
    mask = _blotch(height, width, conditions, random)
    shade = cv2.resize(random.uniform(0.7, 1.3, (4, 6)).astype(np.float32), (width, height))
    colour = random.uniform(60, 190) + random.uniform(-25, 25, 3)
    if conditions.night:
        colour = np.full(3, colour[0])
    lid = shade[..., None] * colour
    if conditions.cover == "leaf":
        lid = lid + _veins(height, width, random)[..., None]
    return np.asarray(seen * (1 - mask[..., None]) + lid * mask[..., None], np.float32)


def _blotch(height: int, width: int, conditions: Conditions, random: np.random.Generator) -> Picture:
    """A hand or a leaf comes from a side; paint lies in blotches. Soft edged: it is far out of focus."""
    if conditions.cover == "paint":
        field = cv2.resize(random.normal(0, 1, (6, 9)).astype(np.float32), (width, height), interpolation=2)
    else:
        towards = random.uniform(0, 2 * math.pi)
        down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        field = across * math.cos(towards) + down * math.sin(towards) + 0.25 * np.sin(3 * down + 2 * across)
    limit = np.quantile(field, 1 - conditions.covered)
    soft = cv2.GaussianBlur((field > limit).astype(np.float32), (0, 0), width / 110)
    return np.asarray(soft, np.float32)


def _veins(height: int, width: int, random: np.random.Generator) -> Picture:
    """Texture of its own: creases of a bag, veins of a leaf."""
    veins = np.zeros((height, width), np.float32)
    for _ in range(26):
        begin, end = random.uniform(0, 1, (2, 2)) * (width, height)
        ends = [(round(point[0]), round(point[1])) for point in (begin, end)]
        cv2.line(
            veins, ends[0], ends[1], (float(random.uniform(-50, 50)),), max(2, width // 120), cv2.LINE_AA
        )
    return np.asarray(cv2.GaussianBlur(veins, (0, 0), width / 320), np.float32)
