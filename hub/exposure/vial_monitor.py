"""Life that a vaccine vial monitor (VVM) of each type would have lost: k = A·exp(-B/T) of it a day.

Constants after Goldwood and Diesburg (2018), fitted to WHO PQS E006/IN05; at 37 °C they are a tenth on the
careful side. A VVM says nothing about freezing.
"""

import math
from typing import Literal, get_args

from hub.exposure.held_time import HeldTime
from hub.exposure.mean_kinetic_temperature import KELVIN

VvmType = Literal["VVM2", "VVM7", "VVM14", "VVM30"]
VVM_TYPES: tuple[VvmType, ...] = get_args(VvmType)
_DAY_MS = 86_400_000
_CONSTANTS: dict[VvmType, tuple[float, float]] = {
    "VVM2": (1.4422e17, 12429.0),
    "VVM7": (2.1532e18, 13652.0),
    "VVM14": (1.0766e18, 13652.0),
    "VVM30": (5.1131e17, 13657.0),
}


def life_lost(held: HeldTime, vvm: VvmType) -> float:
    """The share of its life, 1.0 is the end point; what nobody saw cost nothing here."""
    factor, slope = _CONSTANTS[vvm]
    lost = (
        ms * math.exp(-slope / (value / 1000 + KELVIN))
        for value, ms in held.by_value.items()
        if value / 1000 > -KELVIN
    )
    return factor * math.fsum(lost) / _DAY_MS
