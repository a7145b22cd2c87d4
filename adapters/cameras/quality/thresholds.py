"""The thresholds of ``thresholds.toml``, each with its source there."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Levels are of 0 to 255, lengths are pixels of a picture of 320 × 180, shares are 0 to 1."""

    dark_level: int
    dark_share: float
    bright_level: int
    bright_share: float
    card_share: float
    card_levels_of_one_colour: int
    card_levels: int
    card_colours_apart: int


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    text = files("adapters.cameras.quality").joinpath("thresholds.toml").read_text("utf-8")
    told = tomllib.loads(text)
    return Thresholds(**{name: value for table in told.values() for name, value in table.items()})
