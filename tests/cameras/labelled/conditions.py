"""What stands between a scene and the encoder: light, lens, sensor, cable. Nothing given: all is well."""

from dataclasses import dataclass
from typing import Literal

Stripe = Literal["across", "upright", "slanted", "lines"]
Cover = Literal["hand", "paint", "leaf"]
Card = Literal["blue", "bars", "grey"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Lengths are shares of the picture's width; levels are of 0 to 255.

    ``seed`` fixes what is the same at each check of a case: where a cover lies, which way a cast goes.
    """

    seed: int = 0
    night: bool = False
    exposure: float = 1.0
    gamma: float = 1.0
    lamps: float = 0.0  # -1: the lamps are off and light comes through the windows; 1: more of them
    sun: float = 0.0  # levels that a patch of sun adds; it wanders from check to check
    headlight: float = 0.0  # levels that a beam adds, elsewhere at each check
    crowd: float = 0.0  # share of the picture
    near: float = 0.0  # share that a trolley close to the lens fills
    rain: int = 0  # drops
    sway: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0  # degrees
    zoom: float = 1.0
    flipped: bool = False
    defocus: float = 0.0  # radius of the disc
    cover: Cover | None = None
    covered: float = 0.0  # share of the picture
    noise: float = 1.0  # times that of the scene
    cast: float = 0.0  # length of the shift of colours of mid grey
    stripes: Stripe | None = None
    amplitude: float = 0.0
    card: Card | None = None
    caption: str = "CAM 04 KHOA XET NGHIEM"
    caption_at_the_foot: bool = False
    clock: bool = True
    held: bool = False  # nothing moves, not even the noise: the source stands still before the encoder
