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
    more_bright_share: float
    most_bright_share: float
    card_share: float
    card_levels_of_one_colour: int
    card_levels: int
    card_colours_apart: int
    card_colour: float
    least_texture: float
    least_fine_texture: float
    alike: float
    firmly_alike: float
    still_shift: float
    most_sway: float
    least_response: float
    crispness: float
    crispness_in_the_dark: float
    bright_contrast: float
    dark_contrast: float
    too_dark_to_say: float
    askew: float
    doubtful_crispness: float
    covered_share: float
    lost_energy: float
    lost_gain: float
    firm_of_alike: float
    settled: float
    white_block: int
    moved_shift: float
    fits: float
    moved_alike: float
    cover_gone: float
    cover_or_same: float
    most_exposure: float
    cast: float
    pale_level: float
    dim_level: float
    fewest_blocks: int
    night_colour: float
    most_rest: float
    lines_level: float
    lines_share: float
    most_of_reference: float
    wave_level: float
    wave_share: float
    learning_checks: int
    misfits_to_begin_again: int
    hidden: float
    begins_to_fit: int
    least_agreement: float
    clean: float
    same_level: float
    same_mean: float
    same_share: float
    gap_minutes: float
    changed_level: float
    live_noise: float
    strong_level: float
    most_noise: float
    changed_noise: float
    moving_cells: int
    clock_steadiness: int
    clock_edge: float
    clock_rows: int
    clock_cells: int
    doubt: float
    known_days: float
    known_checks: float
    least_quiet_minutes: float
    suspicion: float


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    text = files("adapters.cameras.quality").joinpath("thresholds.toml").read_text("utf-8")
    told = tomllib.loads(text)
    return Thresholds(**{name: value for table in told.values() for name, value in table.items()})
