"""What goes wrong before the encoder: each takes a picture and how bad it is (1 to 5)."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np

from simulators.cameras.scenes import Picture, Plane, burn_in, texture

Change = Callable[[Picture, int], Picture]
_LIGHT = (0.35, 0.2, 0.1, 0.05, 0.0)  # what is left of it when the lamp or the lens fails
_BLUR = (1.5, 2.5, 4.0, 7.0, 12.0)  # spread in pixels of 720 lines
_COVER = (0.3, 0.45, 0.6, 0.8, 1.0)  # share of the width
_MOVE = (0.04, 0.08, 0.15, 0.3, 0.5)  # share of the width
_CAST = (12, 20, 30, 42, 56)
_STRIPES = (14, 24, 40, 60, 90)
_BRIGHT = (60, 95, 140, 190, 240)


def _black(picture: Picture, severity: int) -> Picture:
    light = _LIGHT[severity - 1]
    y = 16 + (picture.y.astype(np.float32) - 16) * light * 0.5
    grey = np.full_like(picture.u, 128)
    return Picture(np.clip(y, 16, 235).astype(np.uint8), grey, grey)


def _over_exposed(picture: Picture, severity: int) -> Picture:
    y = cv2.add(picture.y, np.full_like(picture.y, _BRIGHT[severity - 1]))
    grey = np.full_like(picture.u, 128)
    return Picture(np.asarray(y, np.uint8), grey, grey)


def _no_signal(picture: Picture, _severity: int) -> Picture:
    """The card of an encoder whose camera is gone: one blue, and words that never change."""
    y = np.full_like(picture.y, 41)
    height, width = y.shape
    burn_in(y[height // 2 - height // 20 :, width // 3 :], "NO SIGNAL")
    return Picture(y, np.full_like(picture.u, 200), np.full_like(picture.v, 110))


def _blur(picture: Picture, severity: int) -> Picture:
    spread = _BLUR[severity - 1] * picture.y.shape[0] / 720
    y = cv2.GaussianBlur(picture.y, (0, 0), spread)
    noise = np.random.default_rng(int(picture.y[::9, ::9].sum())).normal(0, 2, y.shape)
    return replace(picture, y=np.clip(y + noise, 0, 255).astype(np.uint8))


def _covered(picture: Picture, severity: int) -> Picture:
    """A hand or a cloth, near and out of focus, from the right."""
    height, width = picture.y.shape
    left = int(width * (1 - _COVER[severity - 1]))
    cloth = texture(np.random.default_rng(7), width, height, 2, 4) * 3 + 60
    y, u, v = picture.y.copy(), picture.u.copy(), picture.v.copy()
    y[:, left:] = cloth[:, left:].astype(np.uint8)
    u[:, left // 2 :], v[:, left // 2 :] = 120, 138
    return Picture(y, u, v)


def _moved(picture: Picture, severity: int) -> Picture:
    """Somebody turned the camera: all of the place has moved aside, and something else has come in."""
    share = _MOVE[severity - 1]

    def aside(plane: Plane) -> Plane:
        height, width = plane.shape
        by = np.array([[1, 0, share * width], [0, 1, share * height / 3]], np.float32)
        turned = cv2.warpAffine(plane, by, (width, height), borderMode=cv2.BORDER_REFLECT)
        return np.asarray(turned, np.uint8)

    return Picture(aside(picture.y), aside(picture.u), aside(picture.v))


def _colour_cast(picture: Picture, severity: int) -> Picture:
    by = _CAST[severity - 1]
    v = np.clip(picture.v.astype(np.int16) + by, 16, 240).astype(np.uint8)
    u = np.clip(picture.u.astype(np.int16) - by, 16, 240).astype(np.uint8)
    return Picture(picture.y, u, v)


def _stripes(picture: Picture, severity: int) -> Picture:
    """Mains hum of a broken supply: bright and dark bars across."""
    rows = np.arange(picture.y.shape[0], dtype=np.float32)
    bars = np.sign(np.sin(rows * (2 * np.pi * 18 / len(rows)))) * _STRIPES[severity - 1]
    return replace(picture, y=np.clip(picture.y + bars[:, None], 0, 255).astype(np.uint8))


# Frozen is no change of a picture: it is given again and again, see encoding.py.
CHANGES: Mapping[str, Change] = {
    "black": _black,
    "over_exposed": _over_exposed,
    "no_signal": _no_signal,
    "blur": _blur,
    "covered": _covered,
    "moved": _moved,
    "colour_cast": _colour_cast,
    "stripes": _stripes,
}
